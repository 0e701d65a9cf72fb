import SesameText

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Finds words that stand together more often than chance has it, and joins them.
///
/// First every sentence is counted; then ``joined(_:)`` puts phrases together. Phrases of more than two words come from
/// counting again over joined sentences, with a detector of its own. Counts, scores and phrases are those of gensim's
/// `Phrases`.
///
/// Source: Mikolov et al. 2013b, "Distributed Representations of Words and Phrases and their Compositionality", section 4.
public struct PhraseDetector: Sendable {
    /// What counts as a phrase.
    public let options: PhraseOptions
    /// How many words were counted.
    public private(set) var wordCount = 0
    /// Of words and of pairs, joined.
    private var counter = ByteCounter()
    private let connectors: Set<[UInt8]>
    private let joiner: [UInt8]

    /// A detector that has seen nothing.
    ///
    /// - Throws: ``VectorError`` with code `.invalidOption`.
    public init(options: PhraseOptions = PhraseOptions()) throws(VectorError) {
        try options.validate()
        self.options = options
        connectors = Set(options.connectors.map { Array($0.utf8) })
        joiner = Array(options.joiner.utf8)
    }

    /// How many different words and pairs were seen.
    public var entryCount: Int { counter.count }

    /// Counts a sentence's words and pairs. A pair is two words that are no connectors, with nothing but connectors
    /// between them.
    public mutating func count(_ sentence: [String]) {
        var pair: [UInt8] = []
        for word in sentence {
            wordCount += 1
            let bytes = Array(word.utf8)
            guard !connectors.contains(bytes) else {
                if !pair.isEmpty { pair += joiner + bytes }
                continue
            }
            bytes.withUnsafeBufferPointer { _ = counter.add($0) }
            if !pair.isEmpty {
                pair += joiner + bytes
                pair.withUnsafeBufferPointer { _ = counter.add($0) }
            }
            pair = bytes
        }
    }

    /// A sentence with its phrases joined.
    public func joined(_ sentence: [String]) -> [String] {
        var result: [String] = []
        result.reserveCapacity(sentence.count)
        walk(sentence) { word, _ in result.append(word) }
        return result
    }

    /// Adds the phrases that a sentence holds, each with its score.
    public func findPhrases(in sentence: [String], into phrases: inout [String: Double]) {
        walk(sentence) { word, score in
            if let score { phrases[word] = score }
        }
    }

    /// Calls `body` with each word, or phrase and its score, from left to right: a phrase takes its words, so that none
    /// is part of two.
    private func walk(_ sentence: [String], _ body: (String, Double?) -> Void) {
        var first: String?
        var between: [String] = []
        func giveUp() {
            if let first { body(first, nil) }
            for word in between { body(word, nil) }
            between = []
        }
        for word in sentence {
            if !connectors.isEmpty, connectors.contains(Array(word.utf8)) {
                if first == nil { body(word, nil) } else { between.append(word) }
                continue
            }
            if let start = first, let score = score(start, between, word) {
                let phrase = ([start] + between + [word]).joined(separator: options.joiner)
                body(phrase, score)
                (first, between) = (nil, [])
            } else {
                giveUp()
                first = word
            }
        }
        giveUp()
    }

    /// The score of a phrase, or nil where it is none.
    private func score(_ first: String, _ between: [String], _ last: String) -> Double? {
        let (a, b) = (count(of: Array(first.utf8)), count(of: Array(last.utf8)))
        guard a > 0, b > 0 else { return nil }
        var pair = Array(first.utf8)
        for word in between + [last] { pair += joiner + word.utf8 }
        let both = count(of: pair)
        guard both > 0 else { return nil }
        let score: Double
        switch options.score {
        case .mikolov:
            score =
                Double(both - options.minimumCount) / (Double(a) * Double(b))
                * Double(counter.count)
        case .npmi:
            guard both >= options.minimumCount else { return nil }
            let words = Double(wordCount)
            let chance = Double(both) / words
            score = log(chance / (Double(a) / words * (Double(b) / words))) / -log(chance)
        }
        return score > options.threshold ? score : nil
    }

    private func count(of key: [UInt8]) -> Int {
        key.withUnsafeBufferPointer { counter.count(of: $0) }
    }
}
