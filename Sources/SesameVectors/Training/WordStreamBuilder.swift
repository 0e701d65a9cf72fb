import CSesameKernels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes a ``WordStream`` out of sentences that come one after the other.
///
///     var builder = WordStreamBuilder()
///     for line in lines { builder.add(words: line.split(separator: " ")) }
///     let stream = try builder.finish(minimumCount: 5)
public struct WordStreamBuilder: Sendable {
    private var counter = ByteCounter()
    /// Ids in the order of first sight, a sentence's last word with its upper bit set.
    private var ids: [UInt32] = []

    /// An empty text.
    public init() {}

    /// How many words have been added.
    public var wordCount: Int { ids.count }

    /// Adds a sentence.
    public mutating func add(words: some Sequence<some StringProtocol>) {
        for word in words {
            var word = String(word)
            if word.isEmpty { continue }
            word.withUTF8 { append($0) }
        }
        endSentence()
    }

    /// Adds a text: words stand between white space (spaces, tabs, carriage returns), and a line is a sentence.
    ///
    /// - Parameter utf8: Whole lines; the last may lack its end.
    public mutating func add(utf8: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for place in 0..<utf8.count {
            let byte = utf8[place]
            guard byte == 0x20 || byte >= 0x09 && byte <= 0x0D else { continue }
            if place > start { append(UnsafeBufferPointer(rebasing: utf8[start..<place])) }
            start = place + 1
            if byte == 0x0A { endSentence() }
        }
        if start < utf8.count { append(UnsafeBufferPointer(rebasing: utf8[start...])) }
        endSentence()
    }

    private mutating func append(_ word: UnsafeBufferPointer<UInt8>) {
        ids.append(UInt32(counter.add(word)))
    }

    private mutating func endSentence() {
        guard let last = ids.indices.last else { return }
        ids[last] |= SESAME_SENTENCE_END
    }

    /// The stream, its words ordered by falling count, and by their bytes where counts are equal.
    ///
    /// - Parameters:
    ///   - minimumCount: Rarer words are left out.
    ///   - maximumSize: How many words to keep at most, the most frequent; nil for no limit.
    ///   - vocabulary: Words that keep their ids, whatever their count here, with counts that are added to; new words
    ///     come after them.
    /// - Throws: ``VectorError`` with code `.badWords` where no word is left, the text is not in UTF-8, or the vocabulary has
    ///   counts that no text has.
    public consuming func finish(
        minimumCount: Int = 5, maximumSize: Int? = nil, extending vocabulary: Vocabulary? = nil
    ) throws -> WordStream {
        var tokens = vocabulary?.tokens ?? []
        var counts = vocabulary.map { $0.counts ?? [Int](repeating: 0, count: $0.count) } ?? []
        guard TrainedText.areCounts(counts) else {
            throw VectorError(
                .badWords(
                    expected: "a vocabulary with counts from 0 on", found: "one with others"))
        }
        var newIDs = [UInt32](repeating: .max, count: counter.count)
        var found: [(index: Int, count: Int, bytes: [UInt8])] = []
        var index = 0
        counter.forEach { bytes, count in
            defer { index += 1 }
            if let id = vocabulary?.id(of: bytes) {
                counts[Int(id)] += count
                newIDs[index] = UInt32(id)
            } else if count >= minimumCount {
                found.append((index, count, Array(bytes)))
            }
        }
        found.sort { a, b in
            a.count != b.count ? a.count > b.count : a.bytes.lexicographicallyPrecedes(b.bytes)
        }
        if let maximumSize { found = Array(found.prefix(max(0, maximumSize - tokens.count))) }
        for (index, count, bytes) in found {
            guard UTF8Repair.firstInvalidOffset(in: Data(bytes)) == nil else {
                throw VectorError(
                    .badWords(
                        expected: "text in UTF-8", found: "a word of \(bytes.count) other bytes"))
            }
            newIDs[index] = UInt32(tokens.count)
            tokens.append(String(decoding: bytes, as: UTF8.self))
            counts.append(count)
        }
        guard !tokens.isEmpty else {
            throw VectorError(
                .badWords(
                    expected: "a word that comes at least \(minimumCount) times",
                    found: "none among \(ids.count) words"))
        }
        let total = ids.count
        // In place, as the stream may be most of what there is memory for.
        var kept = 0
        for place in 0..<total {
            let (old, end) = (ids[place] & ~SESAME_SENTENCE_END, ids[place] & SESAME_SENTENCE_END)
            let id = newIDs[Int(old)]
            if id != .max {
                ids[kept] = id | end
                kept += 1
            } else if end != 0, kept > 0 {
                ids[kept - 1] |= end
            }
        }
        ids.removeLast(total - kept)
        return WordStream(
            vocabulary: try Vocabulary(tokens: tokens, counts: counts), ids: ids,
            textWordCount: total)
    }
}

extension WordStream {
    /// Reads a text whose words are separated by white space, a sentence a line.
    ///
    /// - Throws: ``VectorError`` with code `.file`, or `.badWords` where no word is frequent enough.
    public init(contentsOf url: URL, minimumCount: Int = 5, maximumSize: Int? = nil) throws {
        let file: MappedFile
        do {
            file = try MappedFile(url.path)
        } catch let error as TensorError {
            throw VectorError(.below(error))
        }
        var builder = WordStreamBuilder()
        defer { withExtendedLifetime(file) {} }
        file.bytes.withMemoryRebound(to: UInt8.self) { builder.add(utf8: $0) }
        self = try builder.finish(minimumCount: minimumCount, maximumSize: maximumSize)
    }
}
