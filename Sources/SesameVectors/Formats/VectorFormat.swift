/// The kinds of files that hold word vectors.
public enum VectorFormat: String, Sendable, CaseIterable {
    /// word2vec's binary format: a line with the numbers of words and of values; then each word, a space, and its values
    /// as little-endian 32-bit floats, with or without a line break behind them.
    case word2vecBinary = "word2vec"
    /// word2vec's text format: the same first line, then a line a word.
    case word2vecText = "word2vec-text"
    /// GloVe's text format: word2vec's without the first line.
    case gloveText = "glove"
    /// fastText's `.bin`: words and n-grams. It is read, not written.
    case fastText = "fasttext"
    /// Our own, a safetensors file that is mapped rather than read: the tensor `vectors` `[words, width]`, the words
    /// in `words` as UTF-8, each ended by a line feed; where known `counts`, and where trained `subwords`
    /// `[buckets, width]`.
    case safetensors

    /// The format that a file's first bytes show.
    static func detected(in bytes: UnsafeRawBufferPointer) -> VectorFormat {
        if bytes.count >= 4, FastTextReader.isFastText(bytes) { return .fastText }
        if bytes.count >= 9, bytes[8] == UInt8(ascii: "{") {
            let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
            if length <= UInt64(bytes.count - 8) { return .safetensors }
        }
        guard let header = VectorHeader(bytes) else { return .gloveText }
        return header.isFollowedByText(bytes) ? .word2vecText : .word2vecBinary
    }
}

/// The first line of word2vec's formats.
struct VectorHeader {
    let count: Int
    let width: Int
    /// Where the line after it begins.
    let end: Int

    /// Longer vectors have no use, and a damaged header must not ask for all memory.
    static let widest = 65_536

    /// Nil where the first line is not two whole numbers.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var line = bytes.prefix(64)
        guard let lineEnd = line.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        end = lineEnd + 1
        line = line[..<lineEnd]
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        let fields = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        guard fields.count == 2,
            let count = Int(String(decoding: fields[0], as: UTF8.self)),
            let width = Int(String(decoding: fields[1], as: UTF8.self))
        else { return nil }
        self.count = count
        self.width = width
    }

    /// - Throws: ``VectorError`` where the numbers cannot be a file's of `size` bytes whose rows take at least
    ///   `rowBytes` for each value.
    func check(path: String, size: Int, bytesPerValue: Int) throws(VectorError) {
        guard count > 0, width > 0, width <= Self.widest else {
            throw VectorError(
                .malformed(
                    path: path, place: "line 1",
                    expected: "how many words and values a word (at most \(Self.widest))",
                    found: "\(count) words of \(width) values"))
        }
        // A word takes a byte and a space at least.
        guard count <= (size - end) / (2 + bytesPerValue * width - 1) + 1 else {
            throw VectorError(
                .malformed(
                    path: path, place: "line 1",
                    expected: "no more words than a file of \(size) bytes has room for",
                    found: "\(count) words of \(width) values"))
        }
    }

    /// Whether the line after the header looks like text: what follows its first space is printable up to the
    /// line's end, or as far as binary values would reach. A line's end before there is room for the values, or for
    /// eight characters, may be a byte of a binary value (one in 256 begins so) and decides nothing.
    func isFollowedByText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let rest = bytes[end...]
        guard let space = rest.firstIndex(where: { $0 == UInt8(ascii: " ") || $0 == 9 }) else {
            return true
        }
        let reach = max(0, min(width, Self.widest)) * 4
        let shortest = min(2 * reach / 4 - 1, 8)
        for (length, byte) in rest[space...].dropFirst().prefix(reach).enumerated() {
            if byte == UInt8(ascii: "\n") {
                if length >= shortest { return true }
                continue
            }
            let isPrintable = byte >= 0x20 && byte < 0x7F || byte == 9 || byte == 0x0D
            if !isPrintable { return false }
        }
        return true
    }
}
