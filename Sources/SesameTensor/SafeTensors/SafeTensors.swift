import CSesameKernels
import Synchronization

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

/// Files of named tensors in the safetensors format (https://huggingface.co/docs/safetensors).
public enum SafeTensors {
    /// How elements are stored in a file.
    public enum Storage: String, Codable, Sendable, CaseIterable {
        /// 32 bits, exactly.
        case float32 = "F32"
        /// 16 bits, rounded to 8 bits of mantissa.
        case bfloat16 = "BF16"
        /// 16 bits, rounded to 11 bits of mantissa; beyond 65504 infinite.
        case float16 = "F16"
    }

    /// Reads every floating-point tensor of a file as Float32. Integer tensors are left out; see
    /// ``SafeTensorsFile/ids(named:)``.
    ///
    /// - Throws: ``TensorError``.
    public static func read(_ url: URL) throws -> [String: Tensor] {
        let file = try SafeTensorsFile(url)
        var tensors: [String: Tensor] = [:]
        for name in file.names where file.isFloat(name) {
            tensors[name] = try file.tensor(named: name)
        }
        return tensors
    }

    /// Writes tensors to a file, in the order given.
    ///
    /// The file appears complete or not at all: it is written under another name in the same folder,
    /// synced, and renamed. The same tensors give the same bytes.
    /// - Parameters:
    ///   - tensors: names and tensors; names are unique and not `__metadata__`.
    ///   - metadata: text values that the file carries along.
    ///   - url: the file, which is replaced where it exists.
    ///   - storage: how elements are stored.
    /// - Throws: ``TensorError``.
    public static func write(
        _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to url: URL,
        storage: Storage = .float32
    ) throws {
        try checkNames(tensors.map(\.name), path: url.path)
        let size = storage == .float32 ? 4 : 2
        let header = header(
            tensors.map {
                Column(
                    name: $0.name, type: storage.rawValue, sizes: Array($0.tensor.shape),
                    bytes: size)
            }, metadata: metadata)
        try replaceFile(url.path) { file in
            try file.write(header)
            for (_, tensor) in tensors { try write(tensor, to: file, storage: storage) }
        }
    }

    /// Writes lists of whole numbers to a file, of type I32 and one axis each, in the order given; see
    /// ``SafeTensorsFile/ids(named:)``.
    ///
    /// - Throws: ``TensorError``.
    package static func write(ids lists: [(name: String, ids: [Int32])], to url: URL) throws {
        try checkNames(lists.map(\.name), path: url.path)
        let header = header(
            lists.map { Column(name: $0.name, type: "I32", sizes: [$0.ids.count], bytes: 4) },
            metadata: [:])
        try replaceFile(url.path) { file in
            try file.write(header)
            for (_, ids) in lists { try ids.withUnsafeBytes { try file.write($0) } }
        }
    }

    /// A tensor as it lies in memory: elements of a type that the format names, little-endian.
    package struct RawTensor {
        let column: Column
        let write: (OutputFile) throws -> Void

        /// A tensor of 32-bit floats, whole numbers of 32 or 64 bits, or bytes.
        ///
        /// - Parameter body: Calls its argument with the elements, all of them.
        package init<Element: BitwiseCopyable>(
            _ name: String, of _: Element.Type, sizes: [Int],
            _ body: @escaping ((UnsafeBufferPointer<Element>) throws -> Void) throws -> Void
        ) {
            let type =
                switch Element.self {
                case is Float.Type: StoredType.float32
                case is Int32.Type: StoredType.int32
                case is Int64.Type: StoredType.int64
                case is UInt8.Type: StoredType.uint8
                default: invariantBroken("RawTensor: elements of type \(Element.self)")
                }
            let count = sizes.reduce(1, *)
            column = Column(name: name, type: type.rawValue, sizes: sizes, bytes: type.size)
            write = { file in
                try body { elements in
                    require(
                        elements.count == count,
                        "RawTensor: \(elements.count) elements of shape \(sizes)")
                    try file.write(UnsafeRawBufferPointer(elements))
                }
            }
        }
    }

    /// Writes tensors of several types to a file, in the order given.
    ///
    /// - Throws: ``TensorError``.
    package static func write(
        raw tensors: [RawTensor], metadata: [String: String], to url: URL
    ) throws {
        try checkNames(tensors.map(\.column.name), path: url.path)
        let header = header(tensors.map(\.column), metadata: metadata)
        try replaceFile(url.path) { file in
            try file.write(header)
            for tensor in tensors { try tensor.write(file) }
        }
    }

    private static func checkNames(_ names: [String], path: String) throws {
        var known = Set<String>()
        for name in names where name == "__metadata__" || !known.insert(name).inserted {
            throw TensorError(
                .malformedFile(
                    path: path, tensor: name, expected: "unique names other than __metadata__",
                    found: "this one", advice: "give each tensor its own name"))
        }
    }

    /// What the header says of a tensor.
    struct Column {
        let name: String
        let type: String
        let sizes: [Int]
        /// Of an element.
        let bytes: Int
    }

    private static func header(
        _ columns: [Column], metadata: [String: String]
    ) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let values = metadata.sorted { $0.key < $1.key }.map { name, value in
                HeaderJSON.quoted(name) + ":" + HeaderJSON.quoted(value)
            }
            members.append("\"__metadata__\":{" + values.joined(separator: ",") + "}")
        }
        var offset = 0
        for column in columns {
            let end = offset + column.sizes.reduce(column.bytes, *)
            let sizes = column.sizes.map(String.init).joined(separator: ",")
            members.append(
                HeaderJSON.quoted(column.name)
                    + ":{\"dtype\":\"\(column.type)\",\"shape\":[\(sizes)],"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var json = Array(("{" + members.joined(separator: ",") + "}").utf8)
        // Spaces bring the data to a multiple of eight bytes, as the format recommends.
        json += [UInt8](repeating: 0x20, count: (8 - json.count % 8) % 8)
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }

    private static func write(_ tensor: Tensor, to file: OutputFile, storage: Storage) throws {
        try tensor.withUnsafeBufferPointer { scalars in
            guard storage != .float32 else {
                return try file.write(UnsafeRawBufferPointer(scalars))
            }
            try withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 32768) { chunk in
                for start in stride(from: 0, to: scalars.count, by: chunk.count) {
                    let size = min(chunk.count, scalars.count - start)
                    let source = UnsafeBufferPointer(rebasing: scalars[start..<start + size])
                    if storage == .bfloat16 {
                        sesame_float32_to_bfloat16(size, source.baseAddress, chunk.baseAddress)
                    } else {
                        sesame_float32_to_float16(size, source.baseAddress, chunk.baseAddress)
                    }
                    try file.write(
                        UnsafeRawBufferPointer(
                            UnsafeMutableBufferPointer(rebasing: chunk[..<size])))
                }
            }
        }
    }

    private static let fileNumber = Atomic<Int>(0)

    /// Writes a file under another name, syncs it and gives it its name.
    package static func replaceFile(
        _ path: String, _ body: (OutputFile) throws -> Void
    ) throws {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let number = fileNumber.add(1, ordering: .relaxed).newValue
        let name = path.dropFirst(folder.count)
        let temporary = "\(folder).\(name).\(getpid())-\(number).partial"
        let file = try OutputFile(creating: temporary, for: path)
        do {
            try body(file)
            try file.finish()
            guard rename(temporary, path) == 0 else {
                throw TensorError(.file(path: path, operation: "replace", reason: systemError()))
            }
        } catch {
            unlink(temporary)
            throw error
        }
        // The new name itself is safe on disk only once the folder is. Where the system does not sync
        // folders there is nothing more to do.
        let directory = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }
}

/// A file that is being written.
package final class OutputFile {
    private let path: String
    private var descriptor: Int32

    fileprivate init(creating temporary: String, for path: String) throws {
        self.path = path
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw TensorError(.file(path: path, operation: "write", reason: systemError()))
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    package func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard let base = bytes.baseAddress else { return }
        var offset = 0
        while offset < bytes.count {
            #if canImport(Glibc)
                let written = Glibc.write(descriptor, base + offset, bytes.count - offset)
            #elseif canImport(Musl)
                let written = Musl.write(descriptor, base + offset, bytes.count - offset)
            #elseif canImport(Darwin)
                let written = Darwin.write(descriptor, base + offset, bytes.count - offset)
            #endif
            if written < 0 {
                if errno == EINTR { continue }
                throw TensorError(.file(path: path, operation: "write", reason: systemError()))
            }
            offset += written
        }
    }

    /// Brings everything to the disk.
    fileprivate func finish() throws {
        let synced = fsync(descriptor) == 0
        let reason = systemError()
        let closed = close(descriptor) == 0
        descriptor = -1
        guard synced, closed else {
            throw TensorError(
                .file(path: path, operation: "write", reason: synced ? systemError() : reason))
        }
    }
}
