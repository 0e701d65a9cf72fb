#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file mapped into memory: opening it costs nothing, and what is read of it is what is touched.
///
/// - Note: `@unchecked Sendable`, because both fields are constants, the mapping is private and read-only, and it goes
///   in `deinit`, when nobody holds the object.
package final class MappedFile: @unchecked Sendable {
    package let path: String
    /// The file's content; valid as long as this object lives.
    package let bytes: UnsafeRawBufferPointer

    /// Maps a file.
    ///
    /// - Throws: ``TensorError`` with code `.file`.
    package init(_ path: String) throws {
        self.path = path
        bytes = try Self.map(path)
    }

    deinit {
        if let base = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
        }
    }

    private static func map(_ path: String) throws -> UnsafeRawBufferPointer {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw TensorError(.file(path: path, operation: "open", reason: systemError()))
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else {
            throw TensorError(.file(path: path, operation: "read", reason: systemError()))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TensorError(.file(path: path, operation: "read", reason: "it is not a file"))
        }
        let size = Int(status.st_size)
        guard size > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), address != MAP_FAILED
        else {
            throw TensorError(.file(path: path, operation: "map", reason: systemError()))
        }
        return UnsafeRawBufferPointer(start: address, count: size)
    }
}
