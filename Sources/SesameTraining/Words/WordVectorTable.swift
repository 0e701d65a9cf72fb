import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Vectors of a vocabulary's words, read from a file of pretrained ones.
///
/// Files are word2vec's text and binary formats and GloVe's text; which of them, the file itself tells. Only the
/// vocabulary's words are kept. A word that the file lacks takes the vector of its lower case, where there is one:
/// many files are of lower-cased text.
public struct WordVectorTable: Sendable {
    /// The length of a vector.
    public let size: Int
    /// Whether each token of the vocabulary has a vector, by its id.
    public let isFound: [Bool]
    /// The tokens' vectors one after the other; zeros where none was found.
    private let scalars: [Float]

    /// How many tokens have a vector.
    public var foundCount: Int { isFound.count { $0 } }

    /// Reads the vectors of a vocabulary's words.
    ///
    /// - Throws: ``TrainingError`` with code `.file` that names the line (or, in a binary file, the word's
    ///   number) where the file is not of a known format, or where it has none of the words.
    public init(_ file: URL, for vocabulary: Vocabulary) throws {
        let data: Data
        do {
            data = try Data(contentsOf: file, options: .mappedIfSafe)
        } catch {
            throw TrainingError(
                .file(path: file.path, problem: "cannot read word vectors: \(fileReason(error))"))
        }
        var collector = VectorCollector(vocabulary)
        do {
            try data.withUnsafeBytes { bytes in
                var reader = WordVectorReader(bytes.bindMemory(to: UInt8.self))
                try reader.read(into: &collector)
            }
        } catch let problem as WordVectorReader.Problem {
            throw TrainingError(
                .file(
                    path: file.path,
                    problem: "\(problem.text); expected word vectors as word2vec (text or binary) "
                        + "or GloVe (text) write them"))
        }
        guard let size = collector.size, collector.isFound.contains(true) else {
            throw TrainingError(
                .file(
                    path: file.path,
                    problem: "none of the vocabulary's \(vocabulary.count) tokens has a vector; "
                        + "use vectors of words in this language and case"))
        }
        self.size = size
        isFound = collector.isFound
        scalars = collector.scalars
    }

    /// A table of vectors in memory, for tests.
    package init(size: Int, vectors: [[Float]?]) {
        self.size = size
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

/// Keeps the vectors of a vocabulary's words among those that a file has.
struct VectorCollector {
    private(set) var size: Int?
    private(set) var isFound: [Bool]
    private(set) var scalars: [Float] = []
    private let vocabulary: Vocabulary
    /// The tokens whose lower case is a text of its own.
    private var lowered: [String: [Int32]] = [:]
    private var isExact: [Bool]

    init(_ vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        isFound = Array(repeating: false, count: vocabulary.count)
        isExact = isFound
        for id in 0..<Int32(vocabulary.count) {
            let token = vocabulary.token(id)
            let lower = token.lowercased()
            if lower != token { lowered[lower, default: []].append(id) }
        }
    }

    mutating func begin(size: Int) {
        self.size = size
        scalars = Array(repeating: 0, count: size * isFound.count)
    }

    /// The tokens that want a word's vector.
    func wanted(_ word: UnsafeBufferPointer<UInt8>) -> [Int32] {
        var result: [Int32] = []
        if let id = vocabulary.id(of: word), !isExact[Int(id)] { result.append(id) }
        if !lowered.isEmpty, let ids = lowered[String(decoding: word, as: UTF8.self)] {
            result += ids.filter { !isFound[Int($0)] }
        }
        return result
    }

    mutating func add(_ word: UnsafeBufferPointer<UInt8>, _ ids: [Int32], _ vector: [Float]) {
        let exact = vocabulary.id(of: word)
        let size = vector.count
        for id in ids.map(Int.init) {
            scalars.replaceSubrange(id * size..<(id + 1) * size, with: vector)
            isFound[id] = true
            if exact == Int32(id) { isExact[id] = true }
        }
    }
}
