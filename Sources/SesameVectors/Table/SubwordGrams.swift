/// Which character n-grams a word is made of, and in which bucket each lies, as fastText has it.
///
/// A word is put between `<` and `>`, and its n-grams are all stretches of `minimumLength...maximumLength`
/// characters (Unicode scalars), but for the two angle brackets alone. An n-gram's bucket is its hash, FNV-1a over
/// bytes taken as signed, modulo the number of buckets: n-grams share them.
///
/// Source: Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", section 3.2; the hash
/// and its bytes' sign are fastText's.
public struct SubwordGrams: Sendable, Hashable, Codable {
    /// The least length of an n-gram, in characters, angle brackets included.
    public let minimumLength: Int
    /// The greatest length of an n-gram; 0 for none at all.
    public let maximumLength: Int
    /// How many buckets n-grams are spread over.
    public let bucketCount: Int

    /// fastText's defaults: 3 to 6 characters, 2 million buckets.
    ///
    /// - Throws: ``VectorError`` with code `.invalidOption`.
    public init(
        minimumLength: Int = 3, maximumLength: Int = 6, bucketCount: Int = 2_000_000
    ) throws(VectorError) {
        guard minimumLength >= 1, maximumLength >= minimumLength, maximumLength <= 64 else {
            throw VectorError(
                .invalidOption(
                    name: "n-gram lengths", expected: "1...64, the least first",
                    found: "\(minimumLength) to \(maximumLength)"))
        }
        guard bucketCount >= 1, bucketCount <= Int(Int32.max) else {
            throw VectorError(
                .invalidOption(
                    name: "n-gram buckets", expected: "1 to \(Int32.max)", found: "\(bucketCount)"))
        }
        self.minimumLength = minimumLength
        self.maximumLength = maximumLength
        self.bucketCount = bucketCount
    }

    /// Reads n-grams' lengths and buckets.
    ///
    /// - Throws: ``VectorError`` with code `.invalidOption` for what is out of range.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            minimumLength: values.decode(Int.self, forKey: .minimumLength),
            maximumLength: values.decode(Int.self, forKey: .maximumLength),
            bucketCount: values.decode(Int.self, forKey: .bucketCount))
    }

    /// The sentence's end, which fastText gives no n-grams.
    package static let endOfSentence = "</s>"

    /// The buckets of a word's n-grams, in the order of their first characters, shortest first.
    public func buckets(of word: String) -> [Int32] {
        var word = word
        return word.withUTF8 { buckets(of: $0) }
    }

    /// The buckets of the n-grams of a word given as UTF-8.
    public func buckets(of word: UnsafeBufferPointer<UInt8>) -> [Int32] {
        guard !word.elementsEqual(Self.endOfSentence.utf8) else { return [] }
        var result: [Int32] = []
        let count = word.count + 2
        func byte(_ index: Int) -> UInt8 {
            index == 0
                ? UInt8(ascii: "<") : index == count - 1 ? UInt8(ascii: ">") : word[index - 1]
        }
        func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
        for start in 0..<count where !isContinuation(byte(start)) {
            var hash: UInt32 = 2_166_136_261
            var (end, length) = (start, 1)
            while end < count, length <= maximumLength {
                repeat {
                    hash ^= UInt32(bitPattern: Int32(Int8(bitPattern: byte(end))))
                    hash &*= 16_777_619
                    end += 1
                } while end < count && isContinuation(byte(end))
                let isBracket = length == 1 && (start == 0 || end == count)
                if length >= minimumLength, !isBracket {
                    result.append(Int32(hash % UInt32(bucketCount)))
                }
                length += 1
            }
        }
        return result
    }
}
