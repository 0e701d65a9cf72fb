import HeapModule

/// Byte-level byte-pair encoding: a pre-token starts as its bytes, and of all neighbours the pair that was
/// learnt first is merged, the leftmost where it comes more than once, until no pair is known.
///
/// The vocabulary spells bytes as GPT-2 does (a space is Ġ); with all 256 of them in it no text is
/// unknown.
///
/// Source: Sennrich et al. 2016, "Neural machine translation of rare words with subword units"; Radford
/// et al. 2019, encoder.py.
public struct ByteLevelBPEModel: TokenModel {
    /// See ``TokenModel``.
    public let vocabulary: Vocabulary
    /// The token for bytes that the vocabulary lacks; nil leaves them out.
    public let unknownToken: String?
    /// Whether unknown bytes in a row are one unknown token.
    public let fusesUnknown: Bool
    /// Whether a pre-token that is a token as a whole is taken as it is, whatever the merges say.
    public let ignoresMerges: Bool

    let table: MergeTable
    /// The token of each byte; -1 where there is none.
    let byteIDs: [Int32]
    private let unknownID: Int32?

    /// The pairs of token ids that are merged, the first learnt first.
    public var merges: [(left: Int32, right: Int32)] { table.pairs }

    /// A model over `vocabulary`.
    ///
    /// - Parameters:
    ///   - vocabulary: The tokens, in GPT-2's spelling of bytes.
    ///   - merges: Pairs of tokens, the first learnt first.
    ///   - unknownToken: For bytes that the vocabulary lacks; nil leaves them out.
    ///   - fusesUnknown: Whether unknown bytes in a row are one token.
    ///   - ignoresMerges: Whether a pre-token that is a token is taken as it is.
    /// - Throws: ``TextError`` with code `invalidMerge` if a part of a merge, or what it gives, is not in
    ///   the vocabulary; `missingSpecialToken` if `unknownToken` is not.
    public init(
        vocabulary: Vocabulary, merges: [(String, String)], unknownToken: String? = nil,
        fusesUnknown: Bool = false, ignoresMerges: Bool = false
    ) throws {
        var resolver = MergeResolver(vocabulary: vocabulary, path: nil, firstLine: 1)
        resolver.reserveCapacity(merges.count)
        for (left, right) in merges {
            try withUTF8Bytes(of: left) { left in
                try withUTF8Bytes(of: right) { try resolver.add(left, $0) }
            }
        }
        try self.init(
            vocabulary: vocabulary, table: resolver.table, unknownToken: unknownToken,
            fusesUnknown: fusesUnknown, ignoresMerges: ignoresMerges)
    }

    init(
        vocabulary: Vocabulary, table: MergeTable, unknownToken: String?, fusesUnknown: Bool,
        ignoresMerges: Bool
    ) throws {
        self.vocabulary = vocabulary
        self.table = table
        self.unknownToken = unknownToken
        self.fusesUnknown = fusesUnknown
        self.ignoresMerges = ignoresMerges
        unknownID = try unknownToken.map { try vocabulary.requiredID(of: $0) }
        byteIDs = (UInt8(0)...0xFF).map { byte in
            ByteAlphabet.spelling(of: byte).withUnsafeBufferPointer {
                vocabulary.id(of: $0) ?? -1
            }
        }
    }

    /// Whether every text has tokens, and they cover it without gaps.
    var coversAllBytes: Bool { !byteIDs.contains(-1) }

    /// See ``TokenModel``. A token's range takes in the whole of each character that it is a part of, as
    /// Hugging Face's offsets do.
    public func tokenize(_ word: UnsafeBufferPointer<UInt8>, into pieces: inout [TokenPiece]) {
        forEachToken(of: word) { id, start, end in
            let range = Self.wholeCharacters(start, end, in: word)
            pieces.append(TokenPiece(id: id, start: range.lowerBound, end: range.upperBound))
        }
    }

    /// The range of bytes, out to the ends of the characters at both its ends.
    @inline(__always)
    static func wholeCharacters(
        _ start: Int, _ end: Int, in text: UnsafeBufferPointer<UInt8>
    ) -> Range<Int> {
        var start = start
        var end = end
        while start > 0 && text[start] & 0xC0 == 0x80 { start -= 1 }
        while end < text.count && text[end] & 0xC0 == 0x80 { end += 1 }
        return start..<end
    }

    /// Reports the tokens of a pre-token with the bytes that each stands for.
    func forEachToken(
        of word: UnsafeBufferPointer<UInt8>, _ body: (_ id: Int32, _ start: Int, _ end: Int) -> Void
    ) {
        guard !word.isEmpty else { return }
        if ignoresMerges, let id = wholeID(of: word) { return body(id, 0, word.count) }
        withUnsafeTemporaryAllocation(of: Symbol.self, capacity: word.count) { symbols in
            var count = spell(word, into: symbols)
            if count <= Self.longestScan {
                count = mergeByScan(symbols, count)
                for symbol in symbols[..<count] {
                    body(symbol.id, Int(symbol.start), Int(symbol.end))
                }
            } else {
                mergeByHeap(symbols, count)
                for symbol in symbols[..<count] where symbol.end > symbol.start {
                    body(symbol.id, Int(symbol.start), Int(symbol.end))
                }
            }
        }
    }

    private func wholeID(of word: UnsafeBufferPointer<UInt8>) -> Int32? {
        var spelling: [UInt8] = []
        for byte in word {
            UTF8Decoding.append(ByteAlphabet.scalars[Int(byte)], to: &spelling)
        }
        return spelling.withUnsafeBufferPointer { vocabulary.id(of: $0) }
    }

    // MARK: Merging

    /// A token of the word as far as it has been merged, and what its merge with the next would be.
    private struct Symbol {
        var id: Int32
        var start: UInt32
        var end: UInt32
        var rank: UInt32
        var result: Int32
    }

    /// The rank of a pair that is not merged.
    private static let noRank = UInt32.max
    /// Up to so many symbols looking at all of them for each merge is faster than a heap.
    private static let longestScan = 48

    /// Fills in the tokens of the bytes.
    private func spell(
        _ word: UnsafeBufferPointer<UInt8>, into symbols: UnsafeMutableBufferPointer<Symbol>
    ) -> Int {
        var count = 0
        for (index, byte) in word.enumerated() {
            var id = byteIDs[Int(byte)]
            if id < 0 {
                guard let unknownID else { continue }
                if fusesUnknown, count > 0, symbols[count - 1].id == unknownID {
                    symbols[count - 1].end = UInt32(index + 1)
                    continue
                }
                id = unknownID
            }
            symbols[count] = Symbol(
                id: id, start: UInt32(index), end: UInt32(index + 1), rank: Self.noRank, result: 0)
            count += 1
        }
        for index in 0..<max(0, count - 1) {
            rank(&symbols[index], before: symbols[index + 1])
        }
        return count
    }

    @inline(__always)
    private func rank(_ symbol: inout Symbol, before next: Symbol) {
        if let merge = table.merge(symbol.id, next.id) {
            symbol.rank = merge.rank
            symbol.result = merge.result
        } else {
            symbol.rank = Self.noRank
        }
    }

    /// Merges in place and returns how many symbols are left.
    private func mergeByScan(
        _ symbols: UnsafeMutableBufferPointer<Symbol>, _ initialCount: Int
    ) -> Int {
        var count = initialCount
        while count > 1 {
            var best = Self.noRank
            var place = 0
            for index in 0..<count - 1 where symbols[index].rank < best {
                best = symbols[index].rank
                place = index
            }
            guard best != Self.noRank else { break }
            symbols[place].id = symbols[place].result
            symbols[place].end = symbols[place + 1].end
            count -= 1
            for index in place + 1..<max(place + 1, count) { symbols[index] = symbols[index + 1] }
            if place + 1 < count {
                rank(&symbols[place], before: symbols[place + 1])
            } else {
                symbols[place].rank = Self.noRank
            }
            if place > 0 { rank(&symbols[place - 1], before: symbols[place]) }
        }
        return count
    }

    /// Merges in place; a symbol that has gone into the one before it has no bytes left.
    ///
    /// The pairs wait in a heap by rank and then place, which takes time n log n for a word of n bytes.
    private func mergeByHeap(_ symbols: UnsafeMutableBufferPointer<Symbol>, _ count: Int) {
        var next = (0..<Int32(count)).map { $0 + 1 }
        var previous = (0..<Int32(count)).map { $0 - 1 }
        func entry(_ index: Int) -> UInt64 { UInt64(symbols[index].rank) << 32 | UInt64(index) }
        var waiting = Heap(
            (0..<count).lazy.filter { symbols[$0].rank != Self.noRank }.map(entry))
        while let first = waiting.popMin() {
            let place = Int(first & 0xFFFF_FFFF)
            // What waits is out of date where the pair at this place has changed since; the rank says,
            // for each belongs to one pair.
            guard symbols[place].end > symbols[place].start,
                symbols[place].rank == UInt32(first >> 32)
            else { continue }
            let gone = Int(next[place])
            symbols[place].id = symbols[place].result
            symbols[place].end = symbols[gone].end
            symbols[gone].end = symbols[gone].start
            symbols[gone].rank = Self.noRank
            next[place] = next[gone]
            if Int(next[place]) < count {
                previous[Int(next[place])] = Int32(place)
                rank(&symbols[place], before: symbols[Int(next[place])])
            } else {
                symbols[place].rank = Self.noRank
            }
            if symbols[place].rank != Self.noRank { waiting.insert(entry(place)) }
            let before = Int(previous[place])
            if before >= 0 {
                rank(&symbols[before], before: symbols[place])
                if symbols[before].rank != Self.noRank { waiting.insert(entry(before)) }
            }
        }
    }

    /// See ``TokenModel``: a token goes on with a word unless it starts with white space or with ASCII
    /// punctuation. The first word of a text, which has no space, counts as going on.
    public func isContinuation(_ id: Int32) -> Bool {
        guard vocabulary.contains(id: id) else { return false }
        return vocabulary.withBytes(of: id) { token in
            var bytes: [UInt8] = []
            guard ByteAlphabet.append(bytesOf: token, to: &bytes), let first = bytes.first else {
                return false
            }
            return first >= 0x80 || [.letter, .number].contains(ByteLevelScanner.ascii[Int(first)])
        }
    }

    /// See ``TokenizerStage``; without vocabulary and merges.
    public var configuration: StageConfiguration {
        .init(
            "BPE",
            [
                "dropout": .null, "unk_token": unknownToken.map { .text($0) } ?? .null,
                "continuing_subword_prefix": .text(""), "end_of_word_suffix": .text(""),
                "fuse_unk": .flag(fusesUnknown), "byte_fallback": .flag(false),
                "ignore_merges": .flag(ignoresMerges),
            ])
    }
}

/// Looks up the parts of merges and what they give, and says which line is wrong.
struct MergeResolver {
    let vocabulary: Vocabulary
    let path: String?
    /// The line of the first merge, for messages.
    let firstLine: Int
    private var pairs: [(left: Int32, right: Int32)] = []
    private var results: [Int32] = []
    private var joined: [UInt8] = []

    init(vocabulary: Vocabulary, path: String?, firstLine: Int) {
        self.vocabulary = vocabulary
        self.path = path
        self.firstLine = firstLine
    }

    mutating func reserveCapacity(_ count: Int) {
        pairs.reserveCapacity(count)
        results.reserveCapacity(count)
    }

    mutating func add(
        _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
    ) throws {
        joined.removeAll(keepingCapacity: true)
        joined.append(contentsOf: left)
        joined.append(contentsOf: right)
        let leftID = try id(of: left)
        let rightID = try id(of: right)
        let result = try joined.withUnsafeBufferPointer { try id(of: $0) }
        pairs.append((leftID, rightID))
        results.append(result)
    }

    /// What is wrong with a merge that is not two tokens.
    func malformed() -> TextError {
        TextError(
            .invalidMerge(
                line: firstLine + pairs.count, reason: "there are not two parts", path: path))
    }

    private func id(of token: UnsafeBufferPointer<UInt8>) throws -> Int32 {
        guard let id = vocabulary.id(of: token) else {
            throw TextError(
                .invalidMerge(
                    line: firstLine + pairs.count,
                    reason: token.isEmpty
                        ? "one part is empty"
                        : "\"\(String(decoding: token, as: UTF8.self))\" is not in the vocabulary",
                    path: path))
        }
        return id
    }

    var table: MergeTable { MergeTable(pairs, results: results) }
}
