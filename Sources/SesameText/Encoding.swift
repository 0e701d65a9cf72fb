/// What a tokenizer made of a text or a pair of texts: one entry a token in each array.
public struct Encoding: Sendable {
    /// The token ids.
    public internal(set) var ids: [Int32]
    /// 0 for the first text and what belongs to it, 1 for the second (BERT's segment ids).
    public internal(set) var typeIDs: [Int32]
    /// 1 for tokens, 0 for padding.
    public internal(set) var attentionMask: [UInt8]
    /// 1 for tokens that the tokenizer added (`[CLS]`, `[SEP]`, padding), 0 for tokens of the text.
    public internal(set) var specialTokensMask: [UInt8]
    /// Where each token comes from: half-open byte ranges of the UTF-8 of the original text, before
    /// any normalization. Those of a second text are relative to it. Added tokens have 0..<0.
    public internal(set) var offsets: [Range<Int>]
    /// Which tokens come from the first text, and which from the second where there is one: ranges of
    /// token positions, added tokens left out.
    public internal(set) var sequenceRanges: [Range<Int>]
    /// What truncation with a stride cut off, in windows of the same length, each complete with its own
    /// special tokens; empty otherwise.
    public internal(set) var overflow: [Encoding] = []

    let vocabulary: Vocabulary

    init(vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        ids = []
        typeIDs = []
        attentionMask = []
        specialTokensMask = []
        offsets = []
        sequenceRanges = []
    }

    /// The number of tokens, padding included.
    public var count: Int { ids.count }

    /// The tokens as text, such as "##ing". They are made on each call; the ids are what is stored.
    public var tokens: [String] { ids.map { vocabulary.token($0) } }

    /// ``offsets`` in UTF-16 units, as `NSString`, JavaScript and Java count.
    ///
    /// - Parameters:
    ///   - text: The text that was encoded.
    ///   - pair: The second text, where there was one.
    public func utf16Offsets(in text: String, pair: String? = nil) -> [Range<Int>] {
        var result = [Range<Int>](repeating: 0..<0, count: count)
        for (range, source) in zip(sequenceRanges, [text, pair ?? ""]) {
            let units = utf16OffsetOfEachByte(source)
            for position in range {
                let offset = offsets[position]
                precondition(
                    offset.upperBound < units.count,
                    "offset \(offset) outside a text of \(units.count - 1) bytes")
                result[position] = Int(units[offset.lowerBound])..<Int(units[offset.upperBound])
            }
        }
        return result
    }

    /// ``offsets`` as ranges of string indices, with which the text can be sliced. Added tokens have an
    /// empty range at the start.
    ///
    /// - Parameters:
    ///   - text: The text that was encoded.
    ///   - pair: The second text, where there was one; its ranges are of its own indices.
    public func ranges(in text: String, pair: String? = nil) -> [Range<String.Index>] {
        var result = [Range<String.Index>](
            repeating: text.startIndex..<text.startIndex, count: count)
        for (range, source) in zip(sequenceRanges, [text, pair ?? ""]) {
            let utf8 = source.utf8
            for position in range {
                let offset = offsets[position]
                let start = utf8.index(utf8.startIndex, offsetBy: offset.lowerBound)
                result[position] = start..<utf8.index(start, offsetBy: offset.count)
            }
        }
        return result
    }

    private func utf16OffsetOfEachByte(_ text: String) -> [Int32] {
        var units: [Int32] = []
        units.reserveCapacity(text.utf8.count + 1)
        var unit: Int32 = 0
        for byte in text.utf8 {
            units.append(unit)
            // The last byte of a scalar is not known from itself, so the lead counts: what follows it
            // has the offset behind the scalar.
            if byte & 0xC0 != 0x80 { unit += byte >= 0xF0 ? 2 : 1 }
        }
        units.append(unit)
        return units
    }

    mutating func append(
        id: Int32, typeID: Int32, special: Bool, offset: Range<Int>, attended: Bool = true
    ) {
        ids.append(id)
        typeIDs.append(typeID)
        attentionMask.append(attended ? 1 : 0)
        specialTokensMask.append(special ? 1 : 0)
        offsets.append(offset)
    }
}

extension Encoding: Equatable {
    /// Equal in every array; the vocabularies are not compared.
    public static func == (a: Encoding, b: Encoding) -> Bool {
        a.ids == b.ids && a.typeIDs == b.typeIDs && a.attentionMask == b.attentionMask
            && a.specialTokensMask == b.specialTokensMask && a.offsets == b.offsets
            && a.sequenceRanges == b.sequenceRanges && a.overflow == b.overflow
    }
}
