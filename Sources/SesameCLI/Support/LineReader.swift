#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads lines from a file or from standard input, in constant memory.
///
/// A line ends at a line feed; a carriage return before it goes too. Nothing else ends a line: text may
/// hold U+2028 and the like. Bytes that are not UTF-8 become U+FFFD.
struct LineReader: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private let owned: Bool
    private var buffer: [UInt8]
    private var start = 0
    private var end = 0
    private var isAtEnd = false

    /// Opens `path`, where "-" is standard input.
    init(path: String) throws {
        self.path = path
        buffer = [UInt8](repeating: 0, count: 1 << 18)
        if path == "-" {
            descriptor = STDIN_FILENO
            owned = false
            return
        }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        owned = true
        guard descriptor >= 0 else {
            throw CommandError("cannot read \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        if owned && descriptor >= 0 { close(descriptor) }
    }

    /// True where the next line is already here, so that reading it would not wait.
    var hasBufferedLine: Bool { lineFeed(from: start) != nil }

    /// The next line without its end, or nil after the last.
    mutating func next() throws -> String? {
        var searched = start
        while true {
            if let feed = lineFeed(from: searched) {
                defer { start = feed + 1 }
                return line(start..<feed)
            }
            searched = end
            if isAtEnd {
                guard start < end else { return nil }
                defer { start = end }
                return line(start..<end)
            }
            searched -= makeRoom()
            try fill()
        }
    }

    private func lineFeed(from position: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard position < end, let base = bytes.baseAddress,
                let found = memchr(base + position, 0x0A, end - position)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private func line(_ range: Range<Int>) -> String {
        var range = range
        if !range.isEmpty, buffer[range.upperBound - 1] == UInt8(ascii: "\r") {
            range = range.lowerBound..<(range.upperBound - 1)
        }
        return String(decoding: buffer[range], as: UTF8.self)
    }

    /// Moves the unread bytes to the front, and doubles the buffer where one line fills it; says how far they
    /// moved.
    private mutating func makeRoom() -> Int {
        let moved = start
        if start > 0 {
            buffer.withUnsafeMutableBytes { bytes in
                let unread = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                bytes.copyMemory(from: unread)
            }
            end -= start
            start = 0
        }
        if end == buffer.count {
            buffer.append(contentsOf: repeatElement(0, count: buffer.count))
        }
        return moved
    }

    private mutating func fill() throws {
        while true {
            let count = buffer.withUnsafeMutableBytes { bytes in
                read(descriptor, bytes.baseAddress.map { $0 + end }, bytes.count - end)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw CommandError("cannot read \(path): \(String(cString: strerror(errno)))")
            }
            isAtEnd = count == 0
            end += count
            return
        }
    }
}
