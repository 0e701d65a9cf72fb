import Foundation
import SesameTensor

extension FuzzTarget {
    /// A safetensors file: every tensor is read.
    ///
    /// The input is tried as a whole file, and as a header (up to the last line feed) followed by
    /// data, to which the right length is added: few mutations keep the length right by themselves.
    static let safetensors = FuzzTarget(name: "safetensors") { input in
        readTensors(Array(input))
        let headerEnd = input.lastIndex(of: 0x0A) ?? input.endIndex
        let length = withUnsafeBytes(of: UInt64(headerEnd).littleEndian) { Array($0) }
        readTensors(length + input[..<headerEnd] + input[headerEnd...].dropFirst())
    }

    private static func readTensors(_ bytes: [UInt8]) {
        let url = Scratch.write(bytes, to: "model.safetensors")
        guard let file = refusing(with: TensorError.self, { try SafeTensorsFile(url) }) else {
            return
        }
        for name in file.names {
            precondition(file.sizes(of: name) != nil, "\(name) has no sizes")
            if file.isFloat(name) {
                refusing(with: TensorError.self) { try file.tensor(named: name) }
            } else {
                refusing(with: TensorError.self) { try file.ids(named: name) }
            }
        }
        guard let tensors = refusing(with: TensorError.self, { try SafeTensors.read(url) }) else {
            return
        }
        // What was read can be written, and is then read again with the same shapes.
        let copy = Scratch.folder.appendingPathComponent("copy.safetensors")
        let list = tensors.sorted { $0.key < $1.key }.map { (name: $0.key, tensor: $0.value) }
        guard
            refusing(
                with: TensorError.self,
                {
                    try SafeTensors.write(list, metadata: file.metadata, to: copy)
                }) != nil
        else { preconditionFailure("tensors that were read cannot be written") }
        guard let again = refusing(with: TensorError.self, { try SafeTensors.read(copy) }) else {
            preconditionFailure("tensors that were written cannot be read")
        }
        precondition(again.mapValues(\.shape) == tensors.mapValues(\.shape), "shapes differ")
    }
}
