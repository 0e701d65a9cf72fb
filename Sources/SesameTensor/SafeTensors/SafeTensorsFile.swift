import CSesameKernels

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An opened safetensors file: its list of tensors, and each tensor on demand.
///
/// The file is mapped into memory rather than read, so that opening costs the header alone. The header is
/// checked as a whole when the file is opened.
public final class SafeTensorsFile {
    /// The file's text values, by name.
    public let metadata: [String: String]

    /// The names of all tensors, in the file's order.
    public let names: [String]

    /// The file itself, for those who read tensors in place.
    package let file: MappedFile
    private let path: String
    private var bytes: UnsafeRawBufferPointer { file.bytes }
    private let dataStart: Int
    private let entries: [String: SafeTensorsHeader.Entry]

    /// Opens a file.
    ///
    /// - Throws: ``TensorError`` with code `.file` or `.malformedFile`.
    public init(_ url: URL) throws {
        path = url.path
        file = try MappedFile(path)
        let header = try SafeTensorsHeader(file.bytes, path: path)
        metadata = header.metadata
        names = header.entries.map(\.name)
        entries = Dictionary(
            header.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        dataStart = header.dataStart
    }

    /// The sizes of a tensor's axes, or nil where the file has no such tensor.
    public func sizes(of name: String) -> [Int]? { entries[name]?.sizes }

    /// The type of a tensor's elements as the format names it, for example F32 or BF16; nil where the file has no
    /// such tensor.
    public func typeName(of name: String) -> String? { entries[name]?.type.rawValue }

    /// The size of the whole file.
    public var byteCount: Int { bytes.count }

    /// Whether a tensor's elements are floating-point numbers.
    public func isFloat(_ name: String) -> Bool { entries[name]?.type.isFloat == true }

    /// A tensor of type F32, F16, BF16 or F64, as Float32.
    ///
    /// - Throws: ``TensorError`` with code `.missingTensor` or `.unsupportedType`.
    public func tensor(named name: String) throws -> Tensor {
        let entry = try entry(name)
        guard entry.type.isFloat else {
            throw TensorError(
                .unsupportedType(
                    path: path, tensor: name, found: entry.type.rawValue,
                    expected: "F32, F16, BF16 or F64"))
        }
        let count = entry.elementCount
        let source = data(of: entry)
        return Tensor(shape: try shape(of: entry)) { out in
            guard let base = source.baseAddress, count > 0 else { return }
            switch entry.type {
            case .float16, .bfloat16:
                // Through a buffer, because the file need not keep 16-bit elements at even addresses.
                withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 4096) { buffer in
                    guard let chunk = buffer.baseAddress else { return }
                    for start in stride(from: 0, to: count, by: buffer.count) {
                        let size = min(buffer.count, count - start)
                        memcpy(chunk, base + 2 * start, 2 * size)
                        if entry.type == .float16 {
                            sesame_float16_to_float32(size, chunk, out + start)
                        } else {
                            sesame_bfloat16_to_float32(size, chunk, out + start)
                        }
                    }
                }
            case .float64:
                for index in 0..<count {
                    out[index] = Float(
                        source.loadUnaligned(fromByteOffset: 8 * index, as: Double.self))
                }
            default: memcpy(out, base, 4 * count)
            }
        }
    }

    /// A tensor of type I32 or I64, as ids.
    ///
    /// - Throws: ``TensorError`` with code `.missingTensor`, `.unsupportedType`, or `.malformedFile` for
    ///   a number that does not fit 32 bits.
    public func ids(named name: String) throws -> IDTensor {
        let entry = try entry(name)
        guard entry.type.isID else {
            throw TensorError(
                .unsupportedType(
                    path: path, tensor: name, found: entry.type.rawValue, expected: "I32 or I64"))
        }
        let source = data(of: entry)
        let ids = try (0..<entry.elementCount).map { index in
            guard entry.type == .int64 else {
                return source.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)
            }
            let value = source.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self)
            guard let id = Int32(exactly: value) else {
                throw TensorError(
                    .malformedFile(
                        path: path, tensor: name, expected: "ids of 32 bits",
                        found: "\(value) at position \(index)", advice: "check what wrote the file")
                )
            }
            return id
        }
        return IDTensor(ids, shape: try shape(of: entry))
    }

    /// Where a tensor's bytes lie in ``file``, or nil where the file has no such tensor.
    package func byteRange(of name: String) -> Range<Int>? {
        guard let range = entries[name]?.range else { return nil }
        return dataStart + range.lowerBound..<dataStart + range.upperBound
    }

    private func entry(_ name: String) throws -> SafeTensorsHeader.Entry {
        guard let entry = entries[name] else {
            throw TensorError(.missingTensor(path: path, tensor: name, present: names))
        }
        return entry
    }

    private func shape(of entry: SafeTensorsHeader.Entry) throws -> Shape {
        guard entry.sizes.count <= Shape.maximumRank else {
            throw TensorError(
                .malformedFile(
                    path: path, tensor: entry.name, expected: "at most \(Shape.maximumRank) axes",
                    found: "shape \(entry.sizes)", advice: "reshape the tensor before writing it"))
        }
        return Shape(entry.sizes)
    }

    private func data(of entry: SafeTensorsHeader.Entry) -> UnsafeRawBufferPointer {
        let range = entry.range
        return UnsafeRawBufferPointer(
            rebasing: bytes[dataStart + range.lowerBound..<dataStart + range.upperBound])
    }
}

/// The system's words for the error of the last call.
func systemError() -> String { String(cString: strerror(errno)) }
