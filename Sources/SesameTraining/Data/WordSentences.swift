import SesameText

/// Sentences of words as they are spelled, for models that read words' bytes.
///
/// Each distinct spelling is kept once, with the id that the vocabulary has for it; a sentence is a range of
/// ``tokens``, which name spellings.
public struct WordSentences: Sendable {
    /// The UTF-8 bytes of each distinct spelling.
    public internal(set) var spellings: [[UInt8]] = []
    /// The vocabulary's id of each.
    public internal(set) var ids: [Int32] = []
    /// Numbers of spellings, sentence after sentence.
    public internal(set) var tokens: [Int32] = []
    /// Where each sentence begins, and one more element: the end of the last.
    public internal(set) var starts: [Int] = [0]

    private var numbers: [[UInt8]: Int32] = [:]

    /// No sentences.
    public init() {}

    /// Number of sentences.
    public var sentenceCount: Int { starts.count - 1 }

    /// Number of words.
    public var tokenCount: Int { tokens.count }

    /// Appends a sentence, in pieces of at most `maxLength` words; one without words is left out.
    ///
    /// - Parameters:
    ///   - text: The sentence.
    ///   - encoding: Its tokens, without special ones.
    ///   - maxLength: The most words of a piece.
    public mutating func append(_ text: String, _ encoding: Encoding, maxLength: Int) {
        var text = text
        text.withUTF8 { bytes in
            for (index, range) in encoding.offsets.enumerated() where !range.isEmpty {
                if tokens.count - starts[starts.count - 1] == maxLength {
                    starts.append(tokens.count)
                }
                tokens.append(number(of: Array(bytes[range]), id: encoding.ids[index]))
            }
        }
        if tokens.count > starts[starts.count - 1] { starts.append(tokens.count) }
    }

    private mutating func number(of spelling: [UInt8], id: Int32) -> Int32 {
        if let known = numbers[spelling] { return known }
        let number = Int32(spellings.count)
        numbers[spelling] = number
        spellings.append(spelling)
        ids.append(id)
        return number
    }

    /// The words of a sentence, as numbers of spellings.
    public subscript(sentence: Int) -> [Int] {
        tokens[starts[sentence]..<starts[sentence + 1]].map(Int.init)
    }

    /// How many words each sentence has.
    public var lengths: [Int] { zip(starts, starts.dropFirst()).map { $1 - $0 } }

    /// These sentences cut in two before sentence `index`; both parts know all spellings.
    public func split(at index: Int) -> (head: WordSentences, tail: WordSentences) {
        func part(_ range: ClosedRange<Int>) -> WordSentences {
            var part = self
            let first = starts[range.lowerBound]
            part.tokens = Array(tokens[first..<starts[range.upperBound]])
            part.starts = starts[range].map { $0 - first }
            return part
        }
        return (part(0...index), part(index...sentenceCount))
    }

    /// How often each class below `count` is among the words.
    func counts(of count: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: count)
        for token in tokens { counts[Int(ids[Int(token)])] += 1 }
        return counts
    }
}
