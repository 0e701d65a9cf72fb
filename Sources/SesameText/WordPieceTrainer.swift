import HeapModule

/// Makes a WordPiece vocabulary: characters first, then again and again the most frequent pair of
/// neighbouring pieces joined to one, until the vocabulary is full.
///
/// Of pairs that are equally frequent the one whose pieces came earlier into the vocabulary is joined.
/// Like Hugging Face's trainer, and unlike Google's own (Wu et al. 2016), it goes by the frequency of
/// the pair and not by the gain in likelihood. The count of a token in the result is how often it comes
/// up when the text is encoded with the finished vocabulary.
///
/// Source: Sennrich, Haddow and Birch 2016, "Neural machine translation of rare words with subword
/// units", algorithm 1, over words as BERT's basic tokenization finds them.
public struct WordPieceTrainer: VocabularyTrainer {
    /// The text clean-up before words are counted.
    public let normalizer: BERTNormalizer
    private let preTokenizer: any PreTokenizer
    private let maximumSize: Int
    private let minimumCount: Int
    private let maximumAlphabetSize: Int?
    private let specialTokens: SpecialTokens
    private let scanners: ResourcePool<BERTScanner>
    private var stretches = ByteCounter()

    static let continuationPrefix = "##"
    /// Longer words are unknown to the model as a whole, so nothing is learned from them.
    static let maximumWordLength = 100

    /// Counts words.
    ///
    /// - Parameters:
    ///   - maximumSize: The size of the vocabulary, special tokens included; it stays smaller where the
    ///     text has too few frequent pairs.
    ///   - lowercase: True for an uncased vocabulary: lower case, and no accents.
    ///   - minimumCount: Rarer characters are unknown, and rarer pairs are not joined.
    ///   - maximumAlphabetSize: At most so many different characters are known, the most frequent ones;
    ///     nil for as many as fit in half of the vocabulary. Each takes one entry for the start of a
    ///     word and, where it is met inside words, one for there.
    ///   - preTokenized: Whether words are what stands between white space, in text that is tokenised
    ///     already, and not what BERT makes of it.
    ///   - specialTokens: What comes first; an unknown token must be among them.
    public init(
        maximumSize: Int, lowercase: Bool, minimumCount: Int = 2, maximumAlphabetSize: Int? = nil,
        preTokenized: Bool = false, specialTokens: SpecialTokens = .bert
    ) {
        self.init(
            maximumSize: maximumSize,
            normalizer: BERTNormalizer(stripsAccents: lowercase, lowercases: lowercase),
            minimumCount: minimumCount, maximumAlphabetSize: maximumAlphabetSize,
            preTokenized: preTokenized, specialTokens: specialTokens)
    }

    /// Counts words, with the steps of the normalizer chosen one by one.
    public init(
        maximumSize: Int, normalizer: BERTNormalizer, minimumCount: Int = 2,
        maximumAlphabetSize: Int? = nil, preTokenized: Bool = false,
        specialTokens: SpecialTokens = .bert
    ) {
        preTokenizer = preTokenized ? WhiteSpacePreTokenizer() : BERTPreTokenizer()
        self.maximumSize = maximumSize
        self.normalizer = normalizer
        self.minimumCount = minimumCount
        self.maximumAlphabetSize = maximumAlphabetSize
        self.specialTokens = specialTokens
        scanners = ResourcePool { BERTScanner(normalizer) }
    }

    /// See ``VocabularyTrainer``.
    public mutating func add(utf8: UnsafeBufferPointer<UInt8>, count: Int) {
        guard preTokenizer is BERTPreTokenizer else {
            var ranges: [Range<Int>] = []
            preTokenizer.split(utf8, into: &ranges)
            for range in ranges { stretches.add(.init(rebasing: utf8[range]), count) }
            return
        }
        scanners.withResource { scanner in
            scanner.forEachStretch(utf8) { range, hash in
                stretches.add(.init(rebasing: utf8[range]), hash: hash.value, count)
            }
        }
    }

    /// See ``VocabularyTrainer``.
    public func finish() throws -> Vocabulary {
        guard let unknown = specialTokens.unknown else {
            throw TextError(
                .cannotTrain(
                    reason: "WordPiece needs an unknown token, found none among the special tokens")
            )
        }
        let words = normalizedWords()
        guard words.count > 0 else {
            throw TextError(.cannotTrain(reason: "there was no text to make it from"))
        }
        var merger = PieceMerger(
            special: specialTokens.all, prefix: Array(Self.continuationPrefix.utf8))
        try merger.addAlphabet(
            of: words, minimumCount: minimumCount, maximumAlphabetSize: maximumAlphabetSize,
            maximumSize: maximumSize)
        merger.joinPairs(minimumCount: minimumCount, maximumSize: maximumSize)
        let tokens = merger.tokens
        let counts = try Self.counts(of: tokens, words: words, unknown: unknown)
        return try Vocabulary(tokens: tokens, counts: counts)
    }

    /// See ``VocabularyTrainer``.
    public func makeTokenizer() throws -> Tokenizer {
        try .wordPiece(
            vocabulary: finish(), normalizer: normalizer,
            preTokenized: preTokenizer is WhiteSpacePreTokenizer, specialTokens: specialTokens)
    }

    /// The words that BERT's stages make of the stretches that were counted.
    private func normalizedWords() -> ByteCounter {
        var words = ByteCounter()
        stretches.forEach { stretch, count in
            var aligned = AlignedText(Array(stretch))
            normalizer.normalize(&aligned)
            aligned.bytes.withUnsafeBufferPointer { bytes in
                var ranges: [Range<Int>] = []
                preTokenizer.split(bytes, into: &ranges)
                for range in ranges {
                    let word = UnsafeBufferPointer(rebasing: bytes[range])
                    let length = word.count { $0 & 0xC0 != 0x80 }
                    if length <= Self.maximumWordLength { words.add(word, count) }
                }
            }
        }
        return words
    }

    private static func counts(
        of tokens: [String], words: ByteCounter, unknown: String
    ) throws -> [Int] {
        let model = try WordPieceModel(
            vocabulary: Vocabulary(tokens: tokens), unknownToken: unknown,
            continuationPrefix: continuationPrefix, maximumWordLength: maximumWordLength)
        var counts = [Int](repeating: 0, count: tokens.count)
        var pieces: [TokenPiece] = []
        words.forEach { word, count in
            pieces.removeAll(keepingCapacity: true)
            model.tokenize(word, into: &pieces)
            for piece in pieces { counts[Int(piece.id)] += count }
        }
        return counts
    }
}

/// The pieces of a growing vocabulary, and the words they stand in.
private struct PieceMerger {
    /// Two pieces side by side.
    struct Pair: Hashable {
        var left: Int32
        var right: Int32
    }

    /// A pair with the count it had when it was queued.
    struct Candidate: Comparable {
        var count: Int
        var pair: Pair

        /// The greatest is the most frequent, then the one with the earliest pieces.
        static func < (a: Candidate, b: Candidate) -> Bool {
            (a.count, b.pair.left, b.pair.right) < (b.count, a.pair.left, a.pair.right)
        }
    }

    private struct PairState {
        var count = 0
        /// The words in which the pair stood at some time.
        var words: [Int32] = []
    }

    private let prefix: [UInt8]
    private var pieces: [[UInt8]] = []
    private var ids: [[UInt8]: Int32] = [:]
    private var words: [(symbols: [Int32], count: Int)] = []
    private var pairs: [Pair: PairState] = [:]

    init(special: [String], prefix: [UInt8]) {
        self.prefix = prefix
        for token in special { _ = id(of: Array(token.utf8)) }
    }

    var tokens: [String] { pieces.map { String(decoding: $0, as: UTF8.self) } }

    private mutating func id(of piece: [UInt8]) -> Int32 {
        if let id = ids[piece] { return id }
        let id = Int32(pieces.count)
        pieces.append(piece)
        ids[piece] = id
        return id
    }

    /// Puts the characters into the vocabulary in the order of their bytes, those that start words
    /// first, and spells out the words whose characters are all known.
    mutating func addAlphabet(
        of counter: ByteCounter, minimumCount: Int, maximumAlphabetSize: Int?, maximumSize: Int
    ) throws {
        var characters = ByteCounter()
        var inside = Set<[UInt8]>()
        counter.forEach { word, count in
            var isFirst = true
            forEachCharacter(word) {
                characters.add($0, count)
                if !isFirst { inside.insert(Array($0)) }
                isFirst = false
            }
        }
        var known = Set<[UInt8]>()
        var entries = 0
        for (bytes, count) in characters.sorted() where count >= minimumCount {
            entries += inside.contains(bytes) ? 2 : 1
            let isFull =
                maximumAlphabetSize.map { known.count >= $0 }
                ?? (entries * 2 > maximumSize - pieces.count)
            if isFull { break }
            known.insert(bytes)
        }
        guard !known.isEmpty else {
            throw TextError(
                .cannotTrain(
                    reason:
                        "no character was seen \(minimumCount) times, or none fits in a size of "
                        + "\(maximumSize); lower the minimum count or ask for a larger size"))
        }
        func isBefore(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.lexicographicallyPrecedes(b) }
        for character in known.sorted(by: isBefore) { _ = id(of: character) }
        for character in inside.intersection(known).sorted(by: isBefore) {
            _ = id(of: prefix + character)
        }
        guard pieces.count <= maximumSize else {
            throw TextError(
                .cannotTrain(
                    reason: "special tokens and characters take \(pieces.count) entries, more than "
                        + "the size of \(maximumSize); ask for more, or limit the alphabet"))
        }
        counter.forEach { word, count in
            var symbols: [Int32] = []
            forEachCharacter(word) { character in
                let piece = (symbols.isEmpty ? [] : prefix) + Array(character)
                if let id = ids[piece], known.contains(Array(character)) {
                    symbols.append(id)
                } else {
                    symbols.append(-1)
                }
            }
            if !symbols.contains(-1) { words.append((symbols, count)) }
        }
    }

    private func forEachCharacter(
        _ word: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        guard let base = word.baseAddress else { return }
        var index = 0
        while index < word.count {
            let start = index
            _ = UTF8Decoding.next(base, at: &index, count: word.count)
            body(UnsafeBufferPointer(rebasing: word[start..<index]))
        }
    }

    /// Joins the most frequent pair until the vocabulary is full or no pair is frequent enough.
    mutating func joinPairs(minimumCount: Int, maximumSize: Int) {
        for word in words.indices { count(word, sign: 1) { _ in true } }
        var queue = Heap(pairs.map { Candidate(count: $1.count, pair: $0) })
        while pieces.count < maximumSize, let best = queue.popMax() {
            let count = pairs[best.pair]?.count ?? 0
            if count != best.count {
                // Joins since then used some of its places up.
                if count > 0 { queue.insert(Candidate(count: count, pair: best.pair)) }
                continue
            }
            if count < max(1, minimumCount) { break }
            let affected = pairs[best.pair]?.words ?? []
            let right = pieces[Int(best.pair.right)]
            let joined = id(of: pieces[Int(best.pair.left)] + right.dropFirst(prefix.count))
            var grown = Set<Pair>()
            for word in affected {
                let index = Int(word)
                guard contains(best.pair, index) else { continue }
                self.count(index, sign: -1) { _ in false }
                join(best.pair, joined, index)
                self.count(index, sign: 1) { pair in
                    let isNew = pair.left == joined || pair.right == joined
                    if isNew { grown.insert(pair) }
                    return isNew
                }
            }
            pairs[best.pair] = nil
            for pair in grown {
                queue.insert(Candidate(count: pairs[pair]?.count ?? 0, pair: pair))
            }
        }
    }

    private func contains(_ pair: Pair, _ word: Int) -> Bool {
        let symbols = words[word].symbols
        return zip(symbols, symbols.dropFirst()).contains { $0 == pair.left && $1 == pair.right }
    }

    /// Adds the word's pairs to the counts, or takes them off; `notes` says for which pairs the word is
    /// to be remembered.
    private mutating func count(_ word: Int, sign: Int, notes: (Pair) -> Bool) {
        let (symbols, count) = words[word]
        guard symbols.count > 1 else { return }
        for i in 1..<symbols.count {
            let pair = Pair(left: symbols[i - 1], right: symbols[i])
            let isNoted = notes(pair)
            withState(of: pair) { state in
                state.count += sign * count
                if isNoted && state.words.last != Int32(word) { state.words.append(Int32(word)) }
            }
        }
    }

    private mutating func withState(of pair: Pair, _ body: (inout PairState) -> Void) {
        body(&pairs[pair, default: PairState()])
    }

    private mutating func join(_ pair: Pair, _ joined: Int32, _ word: Int) {
        let symbols = words[word].symbols
        var result: [Int32] = []
        result.reserveCapacity(symbols.count - 1)
        var i = 0
        while i < symbols.count {
            if i + 1 < symbols.count && symbols[i] == pair.left && symbols[i + 1] == pair.right {
                result.append(joined)
                i += 2
            } else {
                result.append(symbols[i])
                i += 1
            }
        }
        words[word].symbols = result
    }
}
