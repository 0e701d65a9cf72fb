/// Makes a vocabulary from text that streams by. (Other libraries call this stage trainer; here that
/// word belongs to models.)
///
/// ```swift
/// var trainer = WordPieceTrainer(maximumSize: 8000, lowercase: true)
/// for line in lines { trainer.add(line) }
/// let tokenizer = try trainer.makeTokenizer()
/// ```
///
/// The result depends on the text alone, not on the order in which it comes nor on the machine. Among
/// characters and words seen equally often the one whose bytes come first goes first; among pairs that
/// WordPiece may join, the one whose pieces were in the vocabulary first.
public protocol VocabularyTrainer: Sendable {
    /// Counts a text, as if it came `count` times.
    ///
    /// Texts are independent: no token spans two. Ill-formed sequences count as U+FFFD.
    mutating func add(utf8: UnsafeBufferPointer<UInt8>, count: Int)

    /// The vocabulary of all that was added: special tokens first, with counts.
    ///
    /// - Throws: ``TextError`` with code `cannotTrain`.
    func finish() throws -> Vocabulary

    /// The tokenizer that goes with the vocabulary.
    ///
    /// - Throws: ``TextError`` with code `cannotTrain`.
    func makeTokenizer() throws -> Tokenizer
}

extension VocabularyTrainer {
    /// Counts a text, as if it came `count` times.
    public mutating func add(_ text: String, count: Int = 1) {
        withUTF8Bytes(of: text) { add(utf8: $0, count: count) }
    }
}

/// Counts whole pre-tokens: what the character and word trainers have in common.
struct WholeTokenCounter: Sendable {
    let normalizer: (any Normalizer)?
    let preTokenizer: any PreTokenizer
    var counter = ByteCounter()

    mutating func add(_ text: UnsafeBufferPointer<UInt8>, count: Int) {
        if UTF8Repair.firstInvalidOffset(text) != nil {
            // Different broken bytes would be different keys for the same U+FFFD.
            withUTF8Bytes(of: UTF8Repair.repair(text).text) { add($0, count: count) }
            return
        }
        var ranges: [Range<Int>] = []
        if let normalizer {
            var aligned = AlignedText(Array(text))
            normalizer.normalize(&aligned)
            aligned.bytes.withUnsafeBufferPointer { bytes in
                preTokenizer.split(bytes, into: &ranges)
                for range in ranges { counter.add(.init(rebasing: bytes[range]), count) }
            }
        } else {
            preTokenizer.split(text, into: &ranges)
            for range in ranges { counter.add(.init(rebasing: text[range]), count) }
        }
    }

    /// Special tokens, then the most frequent tokens.
    func vocabulary(
        special: SpecialTokens, minimumCount: Int, maximumSize: Int?
    ) throws -> Vocabulary {
        var tokens = special.all
        var counts = [Int](repeating: 0, count: tokens.count)
        if let maximumSize, maximumSize <= tokens.count {
            throw TextError(
                .cannotTrain(
                    reason: "a size of \(maximumSize) leaves no room beside \(tokens.count) "
                        + "special tokens; ask for more"))
        }
        for (bytes, count) in counter.sorted() {
            if count < minimumCount || tokens.count == maximumSize { break }
            let token = String(decoding: bytes, as: UTF8.self)
            if let place = special.all.firstIndex(where: { $0.utf8.elementsEqual(token.utf8) }) {
                counts[place] += count
                continue
            }
            tokens.append(token)
            counts.append(count)
        }
        guard tokens.count > special.all.count else {
            throw TextError(
                .cannotTrain(
                    reason: counter.count == 0
                        ? "there was no text to make it from"
                        : "no token was seen \(minimumCount) times; lower the minimum count"))
        }
        return try Vocabulary(tokens: tokens, counts: counts)
    }
}
