import Foundation
import SesameTensor

/// A file of PyTorch goldens, made by the make_goldens.py beside it.
package struct Golden {
    private let tensors: [String: Tensor]

    /// What is wrong with a file of goldens.
    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }

    /// Reads `Goldens/NAME.safetensors` of a test bundle.
    package init(_ name: String, in bundle: Bundle) throws {
        guard
            let url = bundle.url(
                forResource: name, withExtension: "safetensors", subdirectory: "Goldens")
        else {
            throw Missing(description: "no Goldens/\(name).safetensors in \(bundle.bundlePath)")
        }
        tensors = try SafeTensors.read(url)
    }

    package func callAsFunction(_ name: String) throws -> Tensor {
        guard let tensor = tensors[name] else {
            throw Missing(description: "no golden named \(name)")
        }
        return tensor
    }

    /// Whole numbers are stored as floats.
    package func ids(_ name: String) throws -> IDTensor {
        let tensor = try self(name)
        return IDTensor(tensor.scalars.map { Int32($0) }, shape: tensor.shape)
    }

    package func mask(_ name: String) throws -> AttentionMask {
        let tensor = try self(name)
        return AttentionMask(
            tensor.scalars.map { UInt8($0) }, batchSize: tensor.shape[0], keyCount: tensor.shape[1])
    }

    /// The tensors whose names begin with `prefix`, without it.
    package func group(_ prefix: String) -> [String: Tensor] {
        var group: [String: Tensor] = [:]
        for (name, tensor) in tensors where name.hasPrefix(prefix) {
            group[String(name.dropFirst(prefix.count))] = tensor
        }
        return group
    }
}

/// Compares elementwise: |found − expected| ≤ tolerance · (1 + |expected|).
///
/// - Returns: nil where all fit, else what does not: the shapes, or the worst element.
package func difference(_ found: Tensor, from expected: Tensor, tolerance: Float) -> String? {
    guard found.shape == expected.shape else {
        return "shape \(found.shape), expected \(expected.shape)"
    }
    var worst: (excess: Float, index: Int) = (0, -1)
    let (a, b) = (found.scalars, expected.scalars)
    for i in a.indices {
        let excess = abs(a[i] - b[i]) / (1 + abs(b[i]))
        if !(excess <= worst.excess) { worst = (excess, i) }
    }
    guard worst.index >= 0, !(worst.excess <= tolerance) else { return nil }
    return "element \(worst.index) is \(a[worst.index]), expected \(b[worst.index])"
}

// The instruction set and the thread count belong to the process, so tests that choose one run in a
// process of their own.

extension InstructionSet {
    /// Those that this machine has.
    package static let available = allCases.filter(\.isAvailable)

    /// Chooses one by its name.
    package static func use(named name: String) throws {
        guard let set = InstructionSet(rawValue: name) else {
            throw Golden.Missing(description: "no instruction set named \(name)")
        }
        try use(set)
    }
}
