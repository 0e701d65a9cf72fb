#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads a file, or standard input, line by line in constant memory.
///
/// A line ends at LF; a CR before it is part of the ending. A byte order mark at the start of the
/// file is left out. No other byte is touched.
package final class LineReader {
    /// A line's place: its first byte's offset in the file, and its number from 1.
    package struct Position {
        package let byteOffset: Int
        package let number: Int
    }

    /// The path, as messages show it.
    package let path: String
    /// How many bytes the system has handed over so far.
    package private(set) var bytesRead = 0
    /// Whether the latest line ended with a line feed, and not with the file.
    package private(set) var endedWithLineFeed = false
    /// The number of the latest line, 0 before the first.
    package private(set) var lineNumber = 0

    private let descriptor: Int32
    private let closesDescriptor: Bool
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var atEnd = false
    /// The file offset of `buffer[start]`.
    private var offset = 0

    /// Opens a file; `-` is standard input.
    package init(path: String, bufferByteCount: Int = 1 << 20) throws {
        precondition(bufferByteCount >= 4, "a buffer of \(bufferByteCount) bytes is too small")
        if path == "-" {
            self.path = "standard input"
            descriptor = 0
            closesDescriptor = false
        } else {
            self.path = path
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw StoreError(.unreadable(path: path, reason: Platform.lastError))
            }
            closesDescriptor = true
        }
        buffer = .allocate(byteCount: bufferByteCount, alignment: 64)
        try skipByteOrderMark()
    }

    deinit {
        if closesDescriptor { _ = close(descriptor) }
        buffer.deallocate()
    }

    /// Appends the next line, without its ending, to `line`.
    ///
    /// - Parameter limit: The most bytes that `line` may come to hold.
    /// - Returns: Where the line begins; nil at the end of the file.
    package func next(appendingTo line: inout [UInt8], limit: Int = .max) throws -> Position? {
        endedWithLineFeed = false
        if start == end { try fill() }
        guard start < end else { return nil }
        let position = Position(byteOffset: offset, number: lineNumber + 1)
        lineNumber += 1
        let lineStart = line.count
        while true {
            let available = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
            let found = memchr(available.baseAddress!, 0x0A, available.count)
            let taken = found.map { UnsafeRawPointer($0) - available.baseAddress! }
            line.append(contentsOf: available[..<(taken ?? available.count)])
            let consumed = taken.map { $0 + 1 } ?? available.count
            start += consumed
            offset += consumed
            guard line.count <= limit else {
                throw StoreError(
                    .documentTooLarge(path: path, line: position.number, limit: limit))
            }
            if taken != nil {
                endedWithLineFeed = true
                if line.count > lineStart, line[line.count - 1] == 0x0D { line.removeLast() }
                return position
            }
            try fill()
            if start == end { return position }
        }
    }

    /// Reads the next piece of the file once the last one is used up.
    private func fill() throws {
        guard start == end, !atEnd else { return }
        start = 0
        end = 0
        try readMore()
    }

    private func readMore() throws {
        while true {
            let count = read(descriptor, buffer.baseAddress! + end, buffer.count - end)
            if count > 0 {
                end += count
                bytesRead += count
            } else if count == 0 {
                atEnd = true
            } else if errno == EINTR {
                continue
            } else {
                throw StoreError(.unreadable(path: path, reason: Platform.lastError))
            }
            return
        }
    }

    private func skipByteOrderMark() throws {
        // A pipe may hand over fewer bytes than were asked for.
        while end < 3, !atEnd { try readMore() }
        let head = Array(buffer[..<min(3, end)])
        if head == [0xEF, 0xBB, 0xBF] {
            start = 3
            offset = 3
        } else if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
            throw StoreError(
                .unreadable(
                    path: path,
                    reason: "it is UTF-16; convert it to UTF-8, as with iconv -f UTF-16 -t UTF-8"))
        } else if head.starts(with: [0x1F, 0x8B]) {
            throw StoreError(
                .unreadable(path: path, reason: "it is compressed; unpack it first, as with gunzip")
            )
        }
    }
}
