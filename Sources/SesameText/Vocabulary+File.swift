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

extension Vocabulary {
    /// Reads a vocab.txt: UTF-8, one token a line, the id being the line number less one.
    ///
    /// Lines end with LF and nothing else: U+2028, for one, is a token of the Chinese BERT's vocabulary.
    /// Where every line ends with CR LF, as in a file saved on Windows, CR is taken as part of the line
    /// ending; where only some do, it is part of the token. A byte order mark is skipped.
    /// - Throws: ``TextError`` with code `unreadableFile`, `invalidUTF8`, `emptyVocabulary`,
    ///   `emptyToken` or `duplicateToken`, naming the line.
    public static func load(_ url: URL) throws -> Vocabulary {
        try Vocabulary(vocabularyText: readFile(url), path: url.path)
    }

    /// Reads the content of a vocab.txt.
    init(vocabularyText data: Data, path: String?) throws {
        self = try data.withUnsafeBytes { raw in
            try Vocabulary.parse(raw.bindMemory(to: UInt8.self), path: path)
        }
    }

    private static func parse(
        _ buffer: UnsafeBufferPointer<UInt8>, path: String?
    ) throws -> Vocabulary {
        var content = buffer[...]
        if content.starts(with: [0xEF, 0xBB, 0xBF]) && content.count > 3 && content[3] != 0x0A {
            content = content.dropFirst(3)
        }
        if let offset = UTF8Repair.firstInvalidOffset(UnsafeBufferPointer(rebasing: content)) {
            let line = content.prefix(offset).count { $0 == 0x0A } + 1
            throw TextError(.invalidUTF8Line(line: line, path: path))
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.count)
        var offsets: [UInt32] = [0]
        let lineFeeds = content.count { $0 == 0x0A }
        offsets.reserveCapacity(lineFeeds + 2)
        let dropsCarriageReturns = everyLineEndsWithCRLF(content)
        var start = content.startIndex
        while start < content.endIndex {
            var end = start
            while end < content.endIndex && content[end] != 0x0A { end += 1 }
            var line = content[start..<end]
            if dropsCarriageReturns && line.last == 0x0D { line = line.dropLast() }
            bytes.append(contentsOf: line)
            offsets.append(UInt32(bytes.count))
            start = end + 1
        }
        return try Vocabulary(bytes: bytes, offsets: offsets, counts: nil, path: path)
    }

    private static func everyLineEndsWithCRLF(_ content: Slice<UnsafeBufferPointer<UInt8>>) -> Bool
    {
        var previous: UInt8 = 0
        var found = false
        for byte in content {
            if byte == 0x0A {
                if previous != 0x0D { return false }
                found = true
            }
            previous = byte
        }
        return found
    }

    /// Writes a vocab.txt, one token a line, each ended by LF, under a temporary name first.
    ///
    /// - Throws: ``TextError`` with code `unwritableToken` where a token holds a line feed or ends in a
    ///   carriage return (save a `tokenizer.json` instead), or `unwritableFile`.
    public func write(to url: URL) throws {
        var content = Data(capacity: storage.bytes.count + count)
        for id in 0..<Int32(count) {
            try withBytes(of: id) { token in
                if token.contains(0x0A) || token.last == 0x0D {
                    throw TextError(.unwritableToken(id: Int(id)))
                }
                content.append(contentsOf: token)
            }
            content.append(0x0A)
        }
        try writeFile(content, to: url)
    }
}

/// The content of a file, or a ``TextError`` that names it.
func readFile(_ url: URL) throws -> Data {
    do {
        return try Data(contentsOf: url, options: .mappedIfSafe)
    } catch {
        throw TextError(.unreadableFile(path: url.path, reason: shortReason(error)))
    }
}

/// Replaces a file by way of a temporary one, or throws a ``TextError`` that names it.
func writeFile(_ content: Data, to url: URL) throws {
    do {
        try content.write(to: url, options: .atomic)
    } catch {
        throw TextError(.unwritableFile(path: url.path, reason: shortReason(error)))
    }
}

private func shortReason(_ error: any Error) -> String {
    guard let cocoa = error as? CocoaError else { return "\(error)" }
    if let system = cocoa.underlying as? POSIXError {
        return String(cString: strerror(system.code.rawValue))
    }
    return switch cocoa.code {
    case .fileReadNoSuchFile, .fileNoSuchFile: "no such file"
    case .fileReadNoPermission, .fileWriteNoPermission: "permission denied"
    case .fileWriteOutOfSpace: "no space left"
    default: "error \(cocoa.code.rawValue)"
    }
}
