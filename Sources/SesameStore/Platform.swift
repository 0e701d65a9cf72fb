#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The few operating-system calls that the store needs.
enum Platform {
    static var processID: Int32 { getpid() }

    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether a process of that id runs on this machine, whoever owns it.
    static func isRunning(_ processID: Int32) -> Bool {
        guard kill(processID, 0) == 0 || errno == EPERM else { return false }
        // In a container nobody may collect the dead: they keep their id, in state Z.
        guard let file = fopen("/proc/\(processID)/stat", "r") else { return true }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        // "id (name) state …", and the name may hold parentheses itself.
        guard let nameEnd = bytes.lastIndex(of: UInt8(ascii: ")")), nameEnd + 2 < bytes.count
        else { return true }
        return bytes[nameEnd + 2] != UInt8(ascii: "Z")
    }

    /// The system's words for the last error.
    static var lastError: String { String(cString: strerror(errno)) }

    static func pause(milliseconds: UInt32) { _ = usleep(milliseconds * 1000) }

    enum FileKind { case regular(bytes: Int), folder, other, missing }

    /// What lies at a path; links are followed.
    static func kind(of path: String) -> FileKind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .missing }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .regular(bytes: Int(status.st_size))
        case S_IFDIR: return .folder
        default: return .other
        }
    }

    /// Whether the path itself is a symbolic link.
    static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }
}
