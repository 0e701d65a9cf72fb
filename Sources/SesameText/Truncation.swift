/// How to cut an encoding that is too long.
public struct Truncation: Sendable, Equatable, Codable {
    /// Which text of a pair gives way.
    public enum Strategy: String, Codable, Sendable, CaseIterable {
        /// The longer one, then both evenly.
        case longestFirst
        /// Only the first.
        case onlyFirst
        /// Only the second; for a single text, nothing.
        case onlySecond
    }

    /// The most tokens an encoding may have, added special tokens included.
    public var maxLength: Int
    /// Which text of a pair gives way.
    public var strategy: Strategy
    /// How many tokens successive windows share. Nil throws away what is cut off; a number keeps it
    /// in ``Encoding/overflow``. Where `longestFirst` cuts both texts of a pair nothing is kept.
    public var stride: Int?

    /// Cuts to at most `maxLength` tokens.
    ///
    /// Where the strategy cannot shorten enough (`onlyFirst` with a second text that alone is too long)
    /// the first text ends up empty and the encoding stays longer. Where the special tokens leave no room
    /// at all, no text is kept.
    public init(maxLength: Int, strategy: Strategy = .longestFirst, stride: Int? = nil) {
        precondition(maxLength > 0, "maxLength \(maxLength) is not positive")
        precondition(stride ?? 0 >= 0, "stride \(stride ?? 0) is negative")
        self.maxLength = maxLength
        self.strategy = strategy
        self.stride = stride
    }

    /// How many tokens to keep of each text.
    ///
    /// - Parameter budget: What is left for text once the special tokens have their place.
    package func kept(first: Int, second: Int?, budget: Int) -> (first: Int, second: Int) {
        guard budget > 0 else { return (0, 0) }
        guard let second else {
            return (strategy == .onlySecond ? first : min(first, budget), 0)
        }
        guard first + second > budget else { return (first, second) }
        switch strategy {
        case .onlyFirst: return (max(0, budget - second), second)
        case .onlySecond: return (first, max(0, budget - first))
        case .longestFirst:
            // As Hugging Face's tokenizers: the shorter text is kept whole if it fits in half.
            let shorter = min(first, second)
            var keptShorter = shorter
            var keptLonger = shorter > budget ? shorter : max(shorter, budget - shorter)
            if keptShorter + keptLonger > budget {
                keptShorter = budget / 2
                keptLonger = keptShorter + budget % 2
            }
            return first <= second ? (keptShorter, keptLonger) : (keptLonger, keptShorter)
        }
    }
}

/// How to fill up encodings.
public struct Padding: Sendable, Equatable, Codable {
    /// To which length.
    public enum Length: Codable, Sendable, Equatable {
        /// To the longest of the batch; a single encoding stays as it is.
        case longest
        /// To a fixed number of tokens; longer encodings stay as they are.
        case fixed(Int)
    }

    /// At which end.
    public enum Side: String, Codable, Sendable, CaseIterable {
        /// Behind the text, as BERT is trained.
        case right
        /// Before the text, for generation in batches.
        case left
    }

    /// To which length.
    public var length: Length
    /// At which end.
    public var side: Side

    /// Fills up with the tokenizer's padding token, or with id 0 where it has none: attention mask 0,
    /// special token mask 1, type 0, offsets 0..<0.
    public init(_ length: Length, side: Side = .right) {
        self.length = length
        self.side = side
    }
}

extension Encoding {
    /// Fills up to `length` tokens.
    mutating func pad(to length: Int, side: Padding.Side, id: Int32) {
        for i in overflow.indices { overflow[i].pad(to: length, side: side, id: id) }
        let missing = length - count
        guard missing > 0 else { return }
        func padded<Element>(_ array: [Element], _ filler: Element) -> [Element] {
            let fill = repeatElement(filler, count: missing)
            return side == .right ? array + fill : fill + array
        }
        ids = padded(ids, id)
        typeIDs = padded(typeIDs, 0)
        attentionMask = padded(attentionMask, 0)
        specialTokensMask = padded(specialTokensMask, 1)
        offsets = padded(offsets, 0..<0)
        if side == .left {
            sequenceRanges = sequenceRanges.map {
                $0.lowerBound + missing..<$0.upperBound + missing
            }
        }
    }
}
