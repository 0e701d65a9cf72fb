import SesameTensor
import SesameTestSupport
import Testing

/// The same checks with each instruction set, and the same bits with each number of threads.
///
/// The instruction set belongs to the process, so each has a process of its own.
@Suite struct VariantTests {
    @Test(
        "Every gradient check passes with each instruction set", arguments: InstructionSet.allCases)
    func gradientChecks(_ instructionSet: InstructionSet) async {
        guard instructionSet.isAvailable else {
            #expect(throws: TensorError.self) { try InstructionSet.use(instructionSet) }
            return
        }
        await #expect(processExitsWith: .success) { [name = instructionSet.rawValue as String] in
            try use(name)
            for operatorCase in OperatorCase.all {
                #expect(operatorCase.gradientMismatch() == nil, "\(operatorCase), \(name)")
            }
            for operatorCase in OperatorCase.large {
                #expect(operatorCase.directionalMismatch() == nil, "\(operatorCase), \(name)")
            }
        }
    }

    @Test("1, 2, 3 and 8 threads give the same bits", arguments: InstructionSet.allCases)
    func threadCounts(_ instructionSet: InstructionSet) async {
        guard instructionSet.isAvailable else { return }
        await #expect(processExitsWith: .success) { [name = instructionSet.rawValue as String] in
            try use(name)
            for operatorCase in OperatorCase.large + OperatorCase.all {
                let inputs = operatorCase.inputs()
                let weights = operatorCase.weights(for: inputs)
                Threads.count = 1
                let reference = operatorCase.run(inputs, weights: weights)
                for threads in [2, 3, 8] {
                    Threads.count = threads
                    let result = operatorCase.run(inputs, weights: weights)
                    #expect(
                        bitDifference(
                            (result.outputs + result.gradients).flatMap(\.scalars),
                            from: (reference.outputs + reference.gradients).flatMap(\.scalars))
                            == nil,
                        "\(operatorCase), \(threads) threads, \(name)")
                }
            }
        }
    }
}

/// Chooses an instruction set by name, in a process of its own.
private func use(_ name: String) throws {
    try InstructionSet.use(#require(InstructionSet(rawValue: name)))
    #expect(InstructionSet.current.rawValue == name)
}
