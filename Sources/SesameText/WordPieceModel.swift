/// WordPiece: the longest token that starts the word, then the longest that continues it, and so on.
///
/// A word that cannot be covered, or that is too long, is one unknown token as a whole.
///
/// Source: Wu et al. 2016, "Google's neural machine translation system", and BERT's tokenization.py.
public struct WordPieceModel: TokenModel {
    /// See ``TokenModel``.
    public let vocabulary: Vocabulary
    /// The token for words that cannot be covered.
    public let unknownToken: String
    /// What marks tokens that continue a word.
    public let continuationPrefix: String
    /// The most characters a word may have before it counts as unknown.
    public let maximumWordLength: Int

    let unknownID: Int32
    private let prefixBytes: [UInt8]
    /// The hash of the prefix, from which those of all continuing pieces go on.
    private let prefixHash: ByteHash

    /// A model over `vocabulary`.
    ///
    /// - Throws: ``TextError`` with code `missingSpecialToken` if the vocabulary lacks `unknownToken`.
    public init(
        vocabulary: Vocabulary, unknownToken: String = "[UNK]", continuationPrefix: String = "##",
        maximumWordLength: Int = 100
    ) throws {
        self.vocabulary = vocabulary
        self.unknownToken = unknownToken
        self.continuationPrefix = continuationPrefix
        self.maximumWordLength = maximumWordLength
        unknownID = try vocabulary.requiredID(of: unknownToken)
        prefixBytes = Array(continuationPrefix.utf8)
        prefixHash = ByteHash(prefixBytes)
    }

    /// See ``TokenModel``.
    public func tokenize(_ word: UnsafeBufferPointer<UInt8>, into pieces: inout [TokenPiece]) {
        guard let base = word.baseAddress, !word.isEmpty else { return }
        let before = pieces.count
        if !isTooLong(word) && cover(base, word.count, into: &pieces) { return }
        pieces.removeSubrange(before...)
        pieces.append(TokenPiece(id: unknownID, start: 0, end: word.count))
    }

    private func isTooLong(_ word: UnsafeBufferPointer<UInt8>) -> Bool {
        guard word.count > maximumWordLength else { return false }
        return word.count { $0 & 0xC0 != 0x80 } > maximumWordLength
    }

    private func cover(
        _ base: UnsafePointer<UInt8>, _ count: Int, into pieces: inout [TokenPiece]
    ) -> Bool {
        let longest = vocabulary.longestTokenLength
        return prefixBytes.withUnsafeBufferPointer { prefix in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: min(count, longest) + 1) {
                hashes in
                var start = 0
                while start < count {
                    let prefixLength = start == 0 ? 0 : prefix.count
                    let limit = min(count - start, longest - prefixLength)
                    guard limit > 0 else { return false }
                    // The hashes of all prefixes of what is left, in one pass.
                    var hash = start == 0 ? ByteHash() : prefixHash
                    for i in 0..<limit {
                        hash.combine(base[start + i])
                        hashes[i + 1] = hash.value
                    }
                    var length = limit
                    var found: Int32?
                    while length > 0 {
                        let end = start + length
                        // Only between characters.
                        if end == count || base[end] & 0xC0 != 0x80 {
                            found = vocabulary.id(
                                hash: hashes[length], prefix: prefixLength, base + start, length,
                                prefixBytes: prefix.baseAddress)
                            if found != nil { break }
                        }
                        length -= 1
                    }
                    guard let id = found else { return false }
                    pieces.append(TokenPiece(id: id, start: start, end: start + length))
                    start += length
                }
                return true
            }
        }
    }

    /// See ``TokenModel``: whether the token starts with the continuation prefix.
    public func isContinuation(_ id: Int32) -> Bool {
        guard vocabulary.contains(id: id) else { return false }
        return vocabulary.withBytes(of: id) {
            $0.count > prefixBytes.count && $0.starts(with: prefixBytes)
        }
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        .init(
            "WordPiece",
            [
                "unk_token": .text(unknownToken),
                "continuing_subword_prefix": .text(continuationPrefix),
                "max_input_chars_per_word": .number(maximumWordLength),
            ])
    }
}
