import SesameTensor

/// Sentences as an ``ELMo`` reads them: each distinct word's bytes once, and which word stands where.
///
/// A word is its UTF-8 bytes between two marks; a sentence stands between two words of its own, its beginning and
/// its end. A word's vector depends on its bytes alone, so that it is computed once for all its places.
public struct WordBatch: Sendable {
    /// The ids of the distinct words' bytes and marks, `[distinct, longest]`: 0 fills up, byte b is b + 1.
    public let characters: IDTensor
    /// How many ids each distinct word has.
    public let characterCounts: [Int]
    /// Where the tokens lie, boundaries included.
    public let layout: TimeMajorLayout
    /// Which distinct word each token is, in the layout's order; 0 is a sentence's beginning, 1 its end.
    public let words: IDTensor
    /// The given number of each distinct word, from word 2 on.
    public let numbers: [Int]
    /// Where the words without boundaries lie, of equal order.
    public let wordLayout: TimeMajorLayout

    /// How many ids there are of bytes and marks.
    public static let characterCount = 261
    private static let wordBegin: Int32 = 257
    private static let wordEnd: Int32 = 258
    private static let sentenceBegin: Int32 = 259
    private static let sentenceEnd: Int32 = 260

    /// A batch of sentences.
    ///
    /// - Parameters:
    ///   - sentences: The words, by numbers.
    ///   - maxWordBytes: Bytes of a word that are looked at.
    ///   - bytes: The UTF-8 bytes of a word, by its number.
    public init(sentences: [[Int]], maxWordBytes: Int, bytes: (Int) -> [UInt8]) {
        var places: [Int: Int32] = [:]
        var numbers: [Int] = []
        var spelled: [[Int32]] = [
            [Self.wordBegin, Self.sentenceBegin, Self.wordEnd],
            [Self.wordBegin, Self.sentenceEnd, Self.wordEnd],
        ]
        for number in sentences.joined() where places[number] == nil {
            places[number] = Int32(spelled.count)
            numbers.append(number)
            spelled.append(
                [Self.wordBegin] + bytes(number).prefix(maxWordBytes).map { Int32($0) + 1 }
                    + [Self.wordEnd])
        }
        self.numbers = numbers
        let longest = sentences.map(\.count).max() ?? 0
        layout = TimeMajorLayout(lengths: sentences.map { $0.count + 2 }, timeCount: longest + 2)
        wordLayout = TimeMajorLayout(lengths: sentences.map(\.count), timeCount: longest)
        words = IDTensor(
            layout.places.scalars.map { place in
                let sentence = sentences[Int(place) / (longest + 2)]
                let time = Int(place) % (longest + 2)
                guard time > 0 else { return 0 }
                return time > sentence.count ? 1 : places[sentence[time - 1]] ?? 0
            }, shape: [layout.tokenCount])
        let width = spelled.map(\.count).max() ?? 0
        characters = IDTensor(
            spelled.flatMap { $0 + [Int32](repeating: 0, count: width - $0.count) },
            shape: [spelled.count, width])
        characterCounts = spelled.map(\.count)
    }

    /// A batch of sentences of words.
    public init(sentences: [[String]], maxWordBytes: Int) {
        // By bytes: a String equals others that are spelled with other bytes.
        var numbers: [[UInt8]: Int] = [:]
        var spelled: [[UInt8]] = []
        let numbered = sentences.map { sentence in
            sentence.map { word -> Int in
                let bytes = Array(word.utf8)
                if let known = numbers[bytes] { return known }
                numbers[bytes] = spelled.count
                spelled.append(bytes)
                return spelled.count - 1
            }
        }
        self.init(sentences: numbered, maxWordBytes: maxWordBytes) { spelled[$0] }
    }
}
