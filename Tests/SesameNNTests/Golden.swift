import Foundation
import SesameTensor
import Testing

/// A file of PyTorch goldens; see Tests/SesameModelsTests/Goldens/make_goldens.py.
struct Golden {
    private let tensors: [String: Tensor]

    init(_ name: String) throws {
        let url = try #require(
            Bundle.module.url(
                forResource: name, withExtension: "safetensors", subdirectory: "Goldens"))
        tensors = try SafeTensors.read(url)
    }

    func callAsFunction(_ name: String) throws -> Tensor {
        try #require(tensors[name], "no golden named \(name)")
    }

    /// Whole numbers are stored as floats.
    func ids(_ name: String) throws -> IDTensor {
        let tensor = try self(name)
        return IDTensor(tensor.scalars.map { Int32($0) }, shape: tensor.shape)
    }

    func mask(_ name: String) throws -> AttentionMask {
        let tensor = try self(name)
        return AttentionMask(
            tensor.scalars.map { UInt8($0) }, batchSize: tensor.shape[0], keyCount: tensor.shape[1])
    }

    /// The tensors whose names begin with `prefix`, without it.
    func group(_ prefix: String) -> [String: Tensor] {
        var group: [String: Tensor] = [:]
        for (name, tensor) in tensors where name.hasPrefix(prefix) {
            group[String(name.dropFirst(prefix.count))] = tensor
        }
        return group
    }
}

/// Compares elementwise: |found − expected| ≤ tolerance · (1 + |expected|).
func expectClose(
    _ found: Tensor, _ expected: Tensor, _ what: @autoclosure () -> String,
    tolerance: Float = 1e-5, sourceLocation: SourceLocation = #_sourceLocation
) {
    guard found.shape == expected.shape else {
        Issue.record(
            "\(what()): shape \(found.shape), expected \(expected.shape)",
            sourceLocation: sourceLocation)
        return
    }
    var worst: (excess: Float, index: Int) = (0, -1)
    let (a, b) = (found.scalars, expected.scalars)
    for i in a.indices {
        let excess = abs(a[i] - b[i]) / (1 + abs(b[i]))
        if !(excess <= worst.excess) { worst = (excess, i) }
    }
    guard worst.index >= 0, !(worst.excess <= tolerance) else { return }
    Issue.record(
        "\(what()): element \(worst.index) is \(a[worst.index]), expected \(b[worst.index])",
        sourceLocation: sourceLocation)
}

// The instruction set and the thread count belong to the process, so tests that choose one run in a
// process of their own.

extension InstructionSet {
    /// Those that this machine has.
    static let available = allCases.filter(\.isAvailable)

    /// Chooses one by its name.
    static func use(named name: String) throws {
        try use(#require(InstructionSet(rawValue: name)))
    }
}
