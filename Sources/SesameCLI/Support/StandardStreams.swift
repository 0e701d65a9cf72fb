import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Writes every byte to a file descriptor, however many calls that takes.
///
/// - Returns: 0, or the number of the system's error.
private func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    var rest = bytes
    while !rest.isEmpty {
        let written = write(descriptor, rest.baseAddress, rest.count)
        if written < 0 {
            if errno == EINTR { continue }
            return errno
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
    return 0
}

/// Where progress and errors go.
enum StandardError {
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// The terminal's width in columns; 80 where there is no terminal to ask.
    static var columnCount: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    static func write(_ text: String) {
        var text = text
        // Where errors cannot be shown there is nowhere left to say so.
        _ = text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
    }

    /// Prints the one line that a failed command leaves.
    ///
    /// Names from files may hold line feeds and the like, which could also fool a terminal.
    static func failure(_ message: String) {
        var line = "sesame: "
        for scalar in message.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator:
                line += "\\u{\(String(scalar.value, radix: 16))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
        write(line + "\n")
    }
}

/// Where results go.
///
/// A result that cannot be written ends the process: a command that seems to have worked and leaves
/// half a file is worse than one that stops.
enum StandardOutput {
    /// Set while one command runs others for their effects alone.
    static let isMuted = Atomic<Bool>(false)

    /// Prints one line, at once.
    static func line(_ text: String = "") {
        write(text + "\n")
    }

    static func write(_ text: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    static func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { write($0) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer) {
        guard !isMuted.load(ordering: .relaxed) else { return }
        let failure = writeAll(bytes, to: STDOUT_FILENO)
        guard failure != 0 else { return }
        // The reader has gone, as `head` does once it has enough: what a shell reports for SIGPIPE.
        if failure == EPIPE { exit(128 + SIGPIPE) }
        StandardError.failure(
            "cannot write standard output: \(String(cString: strerror(failure))); "
                + "what was printed is not complete")
        exit(1)
    }
}

/// Collects output and passes it on in large pieces, for commands that print a line per line they read.
struct BufferedOutput: ~Copyable {
    private var bytes: [UInt8] = []
    private let capacity = 1 << 16

    init() { bytes.reserveCapacity(capacity + (1 << 12)) }

    /// Lets `body` append to the buffer.
    mutating func append(_ body: (inout [UInt8]) -> Void) {
        body(&bytes)
        if bytes.count >= capacity { flush() }
    }

    mutating func line(_ text: String) {
        append {
            $0.append(contentsOf: text.utf8)
            $0.append(UInt8(ascii: "\n"))
        }
    }

    mutating func flush() {
        StandardOutput.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    deinit { StandardOutput.write(bytes) }
}
