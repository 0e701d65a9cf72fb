/// Text to token ids and back: normalizer, pre-tokenizer, token model, post-processor and decoder,
/// one after the other.
///
/// ```swift
/// let tokenizer = try Tokenizer.load(URL(filePath: "vocab.txt"), lowercase: true)
/// let encoding = tokenizer.encode("Hello, world!")
/// encoding.ids      // [101, 7592, 1010, 2088, 999, 102]
/// encoding.tokens   // ["[CLS]", "hello", ",", "world", "!", "[SEP]"]
/// encoding.offsets  // [0..<0, 0..<5, 5..<6, 7..<12, 12..<13, 0..<0]
/// tokenizer.decode(encoding.ids)   // "hello, world!"
/// ```
///
/// A tokenizer is an immutable value: copies share storage, and any number of threads may use it. The
/// same text gives the same ids on every machine with the same version of ICU.
public struct Tokenizer: Sendable {
    /// The families of tokenizer.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// One token a character.
        case character
        /// One token a word.
        case word
        /// Words in pieces, as BERT has them.
        case wordpiece
        /// Pairs of bytes merged, as GPT-2 has them.
        case byteLevelBPE = "bytelevel-bpe"
    }

    /// The family it belongs to.
    public let kind: Kind
    /// Rewrites the text first, where there is one.
    public let normalizer: (any Normalizer)?
    /// Splits the text.
    public let preTokenizer: any PreTokenizer
    /// Finds tokens for each stretch.
    public let model: any TokenModel
    /// Puts special tokens around, where there is one.
    public let postProcessor: (any PostProcessor)?
    /// Puts tokens back together.
    public let decoder: any TokenDecoder
    /// The tokens with a part of their own; all are in the vocabulary.
    public let specialTokens: SpecialTokens
    /// The tokens that are taken for themselves where they are written out in a text, such as "[MASK]".
    public let addedTokens: [AddedToken]
    /// How the file that it came from would have texts cut. Nothing is cut unless this is passed to
    /// ``encode(_:pair:addSpecialTokens:truncation:padding:)``.
    public var truncation: Truncation?
    /// How the file that it came from would have encodings filled up; nothing is unless this is passed.
    public var padding: Padding?

    private let matcher: AddedTokenMatcher
    /// The fast way where the stages are BERT's or GPT-2's.
    private let fastEncoder: (any StretchEncoder)?
    private let addsPrefixSpace: Bool
    private let specialIDs: [Int32]
    private let singleTemplate: [ResolvedPiece]
    private let pairTemplate: [ResolvedPiece]

    /// A template piece with its id looked up.
    private enum ResolvedPiece: Sendable {
        case text(Int, typeID: Int32)
        case special(Int32, typeID: Int32)
    }

    /// A tokenizer of these stages.
    ///
    /// - Throws: ``TextError`` with code `missingSpecialToken` if one of the special or added tokens, or
    ///   one that the post-processor uses, is not in the model's vocabulary.
    public init(
        kind: Kind, normalizer: (any Normalizer)?, preTokenizer: any PreTokenizer,
        model: any TokenModel, postProcessor: (any PostProcessor)?, decoder: any TokenDecoder,
        specialTokens: SpecialTokens, addedTokens: [AddedToken]
    ) throws {
        self.kind = kind
        self.normalizer = normalizer
        self.preTokenizer = preTokenizer
        self.model = model
        self.postProcessor = postProcessor
        self.decoder = decoder
        self.specialTokens = specialTokens
        self.addedTokens = addedTokens
        let byteLevel = preTokenizer as? ByteLevelPreTokenizer
        addsPrefixSpace = byteLevel?.addsPrefixSpace ?? false
        if let normalizer = normalizer as? BERTNormalizer, preTokenizer is BERTPreTokenizer {
            fastEncoder = BERTEncoder(normalizer: normalizer, model: model)
        } else if normalizer == nil, byteLevel != nil, let model = model as? ByteLevelBPEModel {
            fastEncoder = ByteLevelEncoder(addsPrefixSpace: addsPrefixSpace, model: model)
        } else {
            fastEncoder = nil
        }
        let vocabulary = model.vocabulary
        let added = try addedTokens.map {
            (token: $0, id: try vocabulary.requiredID(of: $0.content))
        }
        let parts = try specialTokens.all.map { try vocabulary.requiredID(of: $0) }
        specialIDs = Array(Set(parts + added.filter(\.token.isSpecial).map(\.id))).sorted()
        matcher = AddedTokenMatcher(added)
        func resolved(isPair: Bool) throws -> [ResolvedPiece] {
            let plain: [TemplatePiece] =
                isPair ? [.first(typeID: 0), .second(typeID: 1)] : [.first(typeID: 0)]
            return try (postProcessor?.template(isPair: isPair) ?? plain).map { piece in
                switch piece {
                case .first(let typeID): .text(0, typeID: typeID)
                case .second(let typeID): .text(1, typeID: typeID)
                case .special(let token, let typeID):
                    .special(try vocabulary.requiredID(of: token), typeID: typeID)
                }
            }
        }
        singleTemplate = try resolved(isPair: false)
        pairTemplate = try resolved(isPair: true)
    }

    /// The vocabulary.
    public var vocabulary: Vocabulary { model.vocabulary }

    /// The id of a token, special or not; nil where the vocabulary lacks it.
    public func id(of token: String) -> Int32? { vocabulary.id(of: token) }

    /// The id of a special token by its part, such as `\.mask`; nil where there is none.
    public func id(of part: KeyPath<SpecialTokens, String?>) -> Int32? {
        specialTokens[keyPath: part].flatMap { vocabulary.id(of: $0) }
    }

    /// Whether an id is that of a special token.
    public func isSpecial(_ id: Int32) -> Bool { specialIDs.contains(id) }

    /// Whether a token continues the word that the token before it belongs to, for whole-word masking.
    public func isContinuation(_ id: Int32) -> Bool { model.isContinuation(id) }

    // MARK: Encoding

    /// Encodes a text, or a pair of texts.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - pair: The second text, for tasks over pairs.
    ///   - addSpecialTokens: Whether the post-processor puts its tokens around.
    ///   - truncation: How to cut what is too long; nil cuts nothing.
    ///   - padding: How to fill up; nil adds nothing.
    public func encode(
        _ text: String, pair: String? = nil, addSpecialTokens: Bool = true,
        truncation: Truncation? = nil, padding: Padding? = nil
    ) -> Encoding {
        let first = tokens(of: text, wantsOffsets: true)
        let second = pair.map { tokens(of: $0, wantsOffsets: true) }
        let template = template(isPair: pair != nil, addSpecialTokens: addSpecialTokens)
        var encoding = assembled(first, second, template, truncation)
        if case .fixed(let length) = padding?.length, let padding {
            encoding.pad(to: length, side: padding.side, id: id(of: \.pad) ?? 0)
        }
        return encoding
    }

    /// The ids of a text: the fast path, without offsets, truncation or padding.
    public func encodeIDs(_ text: String, addSpecialTokens: Bool = false) -> [Int32] {
        withUTF8Bytes(of: text) { encodeIDs(utf8: $0, addSpecialTokens: addSpecialTokens) }
    }

    /// The ids of a text given as UTF-8; ill-formed sequences count as U+FFFD.
    public func encodeIDs(
        utf8: UnsafeBufferPointer<UInt8>, addSpecialTokens: Bool = false
    ) -> [Int32] {
        if UTF8Repair.firstInvalidOffset(utf8) != nil {
            return encodeIDs(UTF8Repair.repair(utf8).text, addSpecialTokens: addSpecialTokens)
        }
        var buffer = TokenBuffer(wantsOffsets: false, expectedTextLength: utf8.count)
        if !addSpecialTokens {
            tokenize(utf8, into: &buffer)
        } else {
            for piece in singleTemplate {
                switch piece {
                case .text: tokenize(utf8, into: &buffer)
                case .special(let id, _): buffer.ids.append(id)
                }
            }
        }
        return buffer.ids
    }

    private func tokens(of text: String, wantsOffsets: Bool) -> TokenBuffer {
        withUTF8Bytes(of: text) { bytes in
            var buffer = TokenBuffer(wantsOffsets: wantsOffsets, expectedTextLength: bytes.count)
            tokenize(bytes, into: &buffer)
            if let processor = postProcessor as? ByteLevelPostProcessor {
                processor.trim(&buffer, vocabulary)
            }
            return buffer
        }
    }

    /// Appends the tokens of a text, added tokens written out in it included.
    private func tokenize(_ text: UnsafeBufferPointer<UInt8>, into buffer: inout TokenBuffer) {
        var start = 0
        while let match = matcher.next(in: text, from: start) {
            tokenizeStretch(text, start..<match.range.lowerBound, into: &buffer)
            buffer.append(match.id, match.range.lowerBound, match.range.upperBound)
            start = match.range.upperBound
        }
        tokenizeStretch(text, start..<text.count, into: &buffer)
    }

    private func tokenizeStretch(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into buffer: inout TokenBuffer
    ) {
        guard !range.isEmpty else { return }
        let stretch = UnsafeBufferPointer(rebasing: text[range])
        if let fastEncoder {
            fastEncoder.encode(stretch, at: range.lowerBound, into: &buffer)
        } else {
            tokenizeByStages(stretch, base: range.lowerBound, into: &buffer)
        }
    }

    /// Runs the stages one after the other over a stretch without special tokens.
    func tokenizeByStages(
        _ text: UnsafeBufferPointer<UInt8>, base: Int, into buffer: inout TokenBuffer
    ) {
        let needsSpace = addsPrefixSpace && text.first != 0x20
        if normalizer != nil || needsSpace {
            var aligned = AlignedText(Array(text))
            normalizer?.normalize(&aligned)
            if addsPrefixSpace { aligned.prependSpace() }
            aligned.bytes.withUnsafeBufferPointer { bytes in
                split(bytes) { id, range in
                    let origin = aligned.originalRange(range)
                    buffer.append(id, base + origin.lowerBound, base + origin.upperBound)
                }
            }
        } else {
            split(text) { id, range in
                buffer.append(id, base + range.lowerBound, base + range.upperBound)
            }
        }
    }

    /// What the stages alone make of a text, for comparison with the fast way. Special tokens in the
    /// text are not looked for.
    package func tokensByStages(of text: String) -> (ids: [Int32], offsets: [Range<Int>]) {
        withUTF8Bytes(of: text) { bytes in
            var buffer = TokenBuffer(wantsOffsets: true, expectedTextLength: bytes.count)
            tokenizeByStages(bytes, base: 0, into: &buffer)
            return (buffer.ids, buffer.offsets)
        }
    }

    private func split(
        _ text: UnsafeBufferPointer<UInt8>, _ body: (_ id: Int32, _ range: Range<Int>) -> Void
    ) {
        var words: [Range<Int>] = []
        preTokenizer.split(text, into: &words)
        var pieces: [TokenPiece] = []
        for word in words {
            pieces.removeAll(keepingCapacity: true)
            model.tokenize(UnsafeBufferPointer(rebasing: text[word]), into: &pieces)
            for piece in pieces {
                body(piece.id, word.lowerBound + piece.start..<word.lowerBound + piece.end)
            }
        }
    }

    // MARK: Putting an encoding together

    private func template(isPair: Bool, addSpecialTokens: Bool) -> [ResolvedPiece] {
        let template = isPair ? pairTemplate : singleTemplate
        if addSpecialTokens { return template }
        return template.filter { if case .special = $0 { false } else { true } }
    }

    private func assembled(
        _ first: TokenBuffer, _ second: TokenBuffer?, _ template: [ResolvedPiece],
        _ truncation: Truncation?
    ) -> Encoding {
        let counts = (first: first.ids.count, second: second?.ids.count)
        guard let truncation else {
            return assembled(
                [first, second], [0..<counts.first, 0..<(counts.second ?? 0)], template)
        }
        let special = template.count { if case .special = $0 { true } else { false } }
        let budget = max(0, truncation.maxLength - special)
        let kept = truncation.kept(first: counts.first, second: counts.second, budget: budget)
        var encoding = assembled(
            [first, second], [0..<kept.first, 0..<kept.second], template)
        let cutsFirst = kept.first < counts.first
        let cutsSecond = kept.second < (counts.second ?? 0)
        if let stride = truncation.stride, cutsFirst != cutsSecond {
            let window = cutsFirst ? kept.first : kept.second
            let total = cutsFirst ? counts.first : counts.second ?? 0
            // A stride as long as the window would never move on.
            let step = max(1, window - stride)
            var start = step
            while window > 0 && start + stride < total {
                let range = start..<min(total, start + window)
                encoding.overflow.append(
                    assembled(
                        [first, second],
                        cutsFirst ? [range, 0..<kept.second] : [0..<kept.first, range], template))
                if range.upperBound == total { break }
                start += step
            }
        }
        return encoding
    }

    private func assembled(
        _ texts: [TokenBuffer?], _ ranges: [Range<Int>], _ template: [ResolvedPiece]
    ) -> Encoding {
        var encoding = Encoding(vocabulary: vocabulary)
        for piece in template {
            switch piece {
            case .special(let id, let typeID):
                encoding.append(id: id, typeID: typeID, special: true, offset: 0..<0)
            case .text(let which, let typeID):
                guard let tokens = texts[which] else { continue }
                let start = encoding.count
                encoding.append(tokens, ranges[which], typeID: typeID)
                encoding.sequenceRanges.append(start..<encoding.count)
            }
        }
        return encoding
    }

    // MARK: Decoding

    /// The text of `ids`.
    ///
    /// Character tokenizers give back the very text they were given; others by their decoder's rule.
    /// - Parameters:
    ///   - ids: Token ids; one that the vocabulary lacks becomes U+FFFD.
    ///   - skipSpecialTokens: Whether special tokens are left out.
    ///   - cleansUpSpaces: Whether spaces before . ? ! , and in contractions are taken out of the whole, as
    ///     Hugging Face's transformers do by an option of that name. WordPiece's decoder does so by
    ///     itself.
    public func decode(
        _ ids: [Int32], skipSpecialTokens: Bool = true, cleansUpSpaces: Bool = false
    ) -> String {
        var tokens: [String] = []
        tokens.reserveCapacity(ids.count)
        for id in ids where !(skipSpecialTokens && isSpecial(id)) {
            tokens.append(vocabulary.contains(id: id) ? vocabulary.token(id) : "\u{FFFD}")
        }
        let text = decoder.decode(tokens)
        return cleansUpSpaces ? SpaceCleanup.applied(to: text) : text
    }
}

extension Encoding {
    mutating func append(_ tokens: TokenBuffer, _ range: Range<Int>, typeID: Int32) {
        ids.append(contentsOf: tokens.ids[range])
        offsets.append(contentsOf: tokens.offsets[range])
        typeIDs.append(contentsOf: repeatElement(typeID, count: range.count))
        attentionMask.append(contentsOf: repeatElement(1, count: range.count))
        specialTokensMask.append(contentsOf: repeatElement(0, count: range.count))
    }
}
