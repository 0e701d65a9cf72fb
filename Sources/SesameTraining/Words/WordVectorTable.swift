import SesameTensor
import SesameText
import SesameVectors

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Vectors of a vocabulary's words, read from a file of pretrained ones.
///
/// Files are all that `VectorTable` reads: word2vec's text and binary formats, GloVe's text, fastText's `.bin`, and
/// safetensors; which of them, the file itself tells. Only the vocabulary's words are kept. A word that the file lacks
/// takes the vector of its lower case, where there is one (many files are of lower-cased text), or that of its
/// n-grams, where the file has them.
public struct WordVectorTable: Sendable {
    /// The length of a vector.
    public let size: Int
    /// Whether each token of the vocabulary has a vector, by its id.
    public let isFound: [Bool]
    /// Rows of the file that were left out, an earlier row having their word; those of the vocabulary's words alone.
    public let repeatedRowCount: Int
    /// The tokens' vectors one after the other; zeros where none was found.
    private let scalars: [Float]

    /// How many tokens have a vector.
    public var foundCount: Int { isFound.count { $0 } }

    /// Reads the vectors of a vocabulary's tokens, each of which is a word.
    ///
    /// - Throws: ``TrainingError`` with code `.file` that names the row where the file is malformed, or where
    ///   it has none of the words.
    public init(_ file: URL, for vocabulary: Vocabulary) throws {
        try self.init(file, words: vocabulary.tokens.map(TokenWord.word))
    }

    /// Reads the vectors of the words that a tokenizer's tokens stand for.
    ///
    /// Of tokenizers that cut words, only pieces that may be a whole word have a vector: WordPiece's pieces without
    /// `##`, byte-level BPE's with a space in front, and punctuation. What continues a word has none, since its meaning
    /// depends on what it continues; and special tokens only under their own name.
    /// - Throws: ``TrainingError`` with code `.file` that names the row where the file is malformed, or where
    ///   it has none of the words.
    public init(_ file: URL, for tokenizer: Tokenizer) throws {
        try self.init(file, words: TokenWord.words(of: tokenizer))
    }

    private init(_ file: URL, words: [TokenWord]) throws {
        let wanted = Set(words.flatMap(\.spellings).map { Array($0.utf8) })
        let table: VectorTable
        do {
            table = try VectorTable.load(file) {
                wanted.contains(Array($0))
            }
        } catch  where error.code == .unknownWord {
            throw TrainingError(
                .file(
                    path: file.path,
                    problem: "none of the vocabulary's \(words.count) tokens has a vector; "
                        + "use vectors of words in this language and case"))
        } catch {
            throw TrainingError(.vectors(error))
        }
        self.init(
            size: table.width,
            vectors: words.map { token in
                let row = token.spellings.lazy.compactMap { table.row(of: $0) }.first
                if let row { return table[row] }
                guard case .word(let word) = token else { return nil }
                return table.subwords?.vector(of: word)
            }, repeatedRowCount: table.repeatedRowCount)
    }

    /// A table of vectors in memory.
    package init(size: Int, vectors: [[Float]?], repeatedRowCount: Int = 0) {
        self.size = size
        self.repeatedRowCount = repeatedRowCount
        isFound = vectors.map { $0 != nil }
        scalars = vectors.flatMap { $0 ?? [Float](repeating: 0, count: size) }
    }

    /// The vectors as an embedding's first weights, `[vocabulary, size]`.
    ///
    /// Words without a vector are drawn uniformly, with the variance of those that have one (Kim 2014, section 3.1).
    /// - Parameter key: Where they are drawn from.
    public func embedding(key: RandomKey) -> Tensor {
        var sum = 0.0
        for value in scalars { sum += Double(value) * Double(value) }
        let variance = sum / Double(max(1, foundCount * size))
        let bound = Float((3 * variance).squareRoot())
        var result = Tensor.uniform(
            [isFound.count, size], in: -bound..<max(bound, .leastNormalMagnitude), key: key)
        result.withUnsafeMutableBufferPointer { table in
            for id in isFound.indices where isFound[id] {
                for place in id * size..<(id + 1) * size { table[place] = scalars[place] }
            }
        }
        return result
    }

    /// The tokens whose vectors lie nearest to each token's, by cosine, nearest first.
    ///
    /// - Parameters:
    ///   - count: Most neighbours of a token.
    ///   - minimumSimilarity: Of a neighbour.
    ///   - isExcluded: Tokens that neither have nor are neighbours.
    public func neighbours(
        count: Int, minimumSimilarity: Float, excluding isExcluded: (Int32) -> Bool
    ) -> [[Int32]] {
        let ids = isFound.indices.filter { isFound[$0] && !isExcluded(Int32($0)) }
        var unit = Tensor(zeros: [ids.count, size])
        unit.withUnsafeMutableBufferPointer { rows in
            for (row, id) in ids.enumerated() {
                let vector = scalars[id * size..<(id + 1) * size]
                let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
                guard length > 0 else { continue }
                for (place, value) in vector.enumerated() {
                    rows[row * size + place] = value / length
                }
            }
        }
        var result = [[Int32]](repeating: [], count: isFound.count)
        // In blocks, so that all similarities never exist at once.
        for start in stride(from: 0, to: ids.count, by: 256) {
            let rows = start..<min(start + 256, ids.count)
            let similarities = matmul(
                unit.sliced(axis: 0, rows), unit, transposeB: true)
            similarities.withUnsafeBufferPointer { values in
                for row in rows {
                    var best: [(similarity: Float, place: Int)] = []
                    let first = (row - rows.lowerBound) * ids.count
                    for place in ids.indices where place != row {
                        let value = values[first + place]
                        guard value >= minimumSimilarity,
                            best.count < count || value > best[best.count - 1].similarity
                        else { continue }
                        let index = best.firstIndex { $0.similarity < value } ?? best.count
                        best.insert((value, place), at: index)
                        if best.count > count { best.removeLast() }
                    }
                    result[ids[row]] = best.map { Int32(ids[$0.place]) }
                }
            }
        }
        return result
    }
}
