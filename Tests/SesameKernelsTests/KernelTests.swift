import CSesameKernels
import Testing

/// Every suite of this target, one after the other: they change the thread count of the process.
@Suite(.serialized) enum KernelTests {}

/// The instruction sets this machine can run.
let availableISAs = [
    SESAME_ISA_PORTABLE, SESAME_ISA_AVX2, SESAME_ISA_AVX512, SESAME_ISA_AVX512_BF16,
    SESAME_ISA_NEON,
].filter { sesame_isa_available($0) }

/// Runs `body` once in each instruction set.
///
/// The choice is this thread's alone: were it the process's, tests of other targets that run at the same
/// time and compare bits would see another rounding.
func withEachISA(_ body: (sesame_isa) throws -> Void) rethrows {
    defer { sesame_isa_follow_process() }
    for isa in availableISAs {
        #expect(sesame_isa_use_on_thread(isa))
        try body(isa)
    }
}

/// Expects the same values, bit for bit, from 1, 2, 3 and 8 threads, in every instruction set.
func expectSameBits(
    _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () -> [Float]
) {
    let before = sesame_thread_count()
    defer { sesame_set_thread_count(before) }
    withEachISA { isa in
        var first: [UInt32]?
        for threads in [1, 2, 3, 8] {
            sesame_set_thread_count(threads)
            let bits = body().map(\.bitPattern)
            if let first {
                let differing = zip(first, bits).filter { $0 != $1 }.count
                #expect(
                    differing == 0 && first.count == bits.count,
                    "\(label) \(isaName(isa)), \(threads) threads: \(differing) values differ",
                    sourceLocation: sourceLocation)
            }
            first = first ?? bits
        }
    }
}

func isaName(_ isa: sesame_isa) -> String { String(cString: sesame_isa_name(isa)) }

/// Seeded values for tests (SplitMix64).
struct TestRandom {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
        (0..<count).map { _ in
            range.lowerBound + (range.upperBound - range.lowerBound)
                * (Float(next() >> 40) * 0x1p-24)
        }
    }

    mutating func ids(_ count: Int, below limit: Int) -> [Int32] {
        (0..<count).map { _ in Int32(next() % UInt64(limit)) }
    }
}

/// Expects each value within `absolute` + `relative` · |reference| of its reference.
func expectClose(
    _ values: [Float], _ reference: [Double], absolute: Double, relative: Double = 0,
    _ label: @autoclosure () -> String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
    guard values.count == reference.count else {
        Issue.record(
            "\(label()): \(values.count) values for \(reference.count) references",
            sourceLocation: sourceLocation)
        return
    }
    for (index, (value, expected)) in zip(values, reference).enumerated() {
        let error = abs(Double(value) - expected)
        if !(error <= absolute + relative * abs(expected)) {
            Issue.record(
                "\(label()) [\(index)]: \(value), expected \(expected), off by \(error)",
                sourceLocation: sourceLocation)
            return
        }
    }
}

/// The rounding unit of Float32.
let epsilon = 0x1p-24

extension Float {
    /// The nearest bfloat16, ties to even.
    var roundedToBFloat16: Float {
        Float(bitPattern: (bitPattern &+ 0x7FFF &+ ((bitPattern >> 16) & 1)) & 0xFFFF_0000)
    }
}
