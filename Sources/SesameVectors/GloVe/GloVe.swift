import CSesameKernels
import SesameTensor
import SesameText

/// Word vectors by GloVe (Pennington, Socher & Manning 2014, "GloVe: Global vectors for word representation").
///
///     let counts = try Cooccurrences(counting: stream)
///     var model = try GloVe(vocabulary: counts.vocabulary, options: GloVeOptions())
///     try model.train(on: counts)
///     try model.table.save(to: url)
///
/// For words i and j that meet X_ij times, with f(x) = min(1, (x / x_max)^α), the cost is
///
///     f(X_ij) (w_i · c_j + b_i + d_j - ln X_ij)² / 2
///
/// (equation 8; half the weighted square, as the authors' program reports it), brought down by AdaGrad.
///
/// There is one mode, and it gives the same bits from any number of threads: words fall into 16 classes, the
/// matrix into 16 × 16 blocks, and 16 blocks that share no row and no column are trained at once (Gemulla et al. 2011,
/// "Large-scale matrix factorization with distributed stochastic gradient descent"). No two threads ever touch the
/// same vector. Entries are in random order within a block, and blocks in a new one in each pass.
public struct GloVe: Sendable {
    /// How it is trained.
    public let options: GloVeOptions
    /// The words, with their counts.
    public private(set) var vocabulary: Vocabulary
    /// `[words, 2 · stride]`: vector, bias and 1, padding, then AdaGrad's sums.
    package internal(set) var words: Tensor
    /// `[words, 2 · stride]`: vector, 1 and bias, padding, then AdaGrad's sums.
    package internal(set) var contexts: Tensor
    /// Passes made, and rounds of the pass under way.
    public internal(set) var position = GloVePosition()

    /// A model, not trained yet: vectors and biases uniform in ±0.5/width.
    ///
    /// - Throws: ``VectorError`` with code `.invalidOption`.
    public init(vocabulary: Vocabulary, options: GloVeOptions) throws(VectorError) {
        try options.validate()
        self.options = options
        self.vocabulary = vocabulary
        words = Self.freshWords(options, 0..<vocabulary.count)
        contexts = Self.freshContexts(options, 0..<vocabulary.count)
    }

    init(
        options: GloVeOptions, vocabulary: Vocabulary, words: Tensor, contexts: Tensor,
        position: GloVePosition
    ) {
        self.options = options
        self.vocabulary = vocabulary
        self.words = words
        self.contexts = contexts
        self.position = position
    }

    static func stride(_ width: Int) -> Int { (width + 2 + 15) / 16 * 16 }

    var stride: Int { Self.stride(options.width) }

    private static func freshWords(_ options: GloVeOptions, _ rows: Range<Int>) -> Tensor {
        start(options, rows, stream: 0, one: options.width + 1)
    }

    private static func freshContexts(_ options: GloVeOptions, _ rows: Range<Int>) -> Tensor {
        start(options, rows, stream: 1, one: options.width)
    }

    /// Rows from their own part of a stream, so that row r begins alike however many there are.
    private static func start(
        _ options: GloVeOptions, _ rows: Range<Int>, stream: UInt64, one: Int
    ) -> Tensor {
        let (width, stride) = (options.width, stride(options.width))
        let limit = 0.5 / Float(width)
        var result = Tensor(repeating: 1, shape: [rows.count, 2 * stride])
        result.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            for row in rows {
                let start = base + (row - rows.lowerBound) * 2 * stride
                sesame_random_uniform(
                    width + 2, sesame_key(seed: options.seed, stream: stream),
                    UInt64(row * (width + 2)), -limit, limit, start)
                start[one] = 1
                for place in width + 2..<stride { start[place] = 0 }
            }
        }
        return result
    }

    // MARK: Growing

    /// Takes in the words of further counts, and begins training anew on these with what the model has learnt.
    ///
    /// Words that the model has keep their ids, vectors, biases and AdaGrad's sums, so that they take short steps from
    /// where they are; new ones come after them, with random vectors and sums of 1. The next ``train(on:progress:)``
    /// makes all its passes over the counts given.
    ///
    ///     var builder = WordStreamBuilder()  // … more text
    ///     let more = try builder.finish(minimumCount: 5, extending: model.vocabulary)
    ///     let counts = try old.adding(Cooccurrences(counting: more))
    ///     try model.extend(to: counts)
    ///     try model.train(on: counts)
    ///
    /// A count is what its pair of words is fitted to, not a number of steps. So whoever has the old counts adds them, as
    /// above, and gets the vectors of both texts. Trained on the new text's counts alone, pairs that come in both texts
    /// move to their counts in the new one; pairs of the old text alone stay as their words let them.
    /// - Throws: ``VectorError`` with code `.badWords` where the counts' vocabulary does not begin with the model's.
    public mutating func extend(to counts: Cooccurrences) throws(VectorError) {
        try TrainedText.checkGrowth(of: vocabulary, to: counts.vocabulary)
        let added = vocabulary.count..<counts.vocabulary.count
        if !added.isEmpty {
            words = concatenated([words, Self.freshWords(options, added)], axis: 0)
            contexts = concatenated([contexts, Self.freshContexts(options, added)], axis: 0)
        }
        vocabulary = counts.vocabulary
        position = GloVePosition(
            firstIteration: position.firstIteration + options.iterationCount)
    }

    // MARK: Use

    /// The words and their vectors.
    public var table: VectorTable {
        let (width, row) = (options.width, 2 * stride)
        let values = words.withUnsafeBufferPointer { words in
            contexts.withUnsafeBufferPointer { contexts in
                Tensor(unsafeUninitializedShape: [vocabulary.count, width]) { target in
                    for word in 0..<vocabulary.count {
                        for place in 0..<width {
                            let value = words[word * row + place]
                            target[word * width + place] =
                                options.output == .sum
                                ? value + contexts[word * row + place] : value
                        }
                    }
                }
            }
        }
        return VectorTable(vocabulary: vocabulary, values: values)
    }

    /// The model's cost of one entry, without training.
    ///
    /// - Precondition: The words are the vocabulary's.
    public func cost(of entry: Cooccurrences.Entry) -> Double {
        let row = 2 * stride
        let score = words.withUnsafeBufferPointer { words in
            contexts.withUnsafeBufferPointer { contexts in
                (0..<options.width + 2).reduce(0.0) {
                    $0 + Double(words[entry.row * row + $1])
                        * Double(contexts[entry.column * row + $1])
                }
            }
        }
        let error = score - logarithm(Double(entry.count))
        let share = power(Double(entry.count) / options.maximum, options.power)
        return 0.5 * min(1, share) * error * error
    }
}

/// How far the training of a ``GloVe`` has come.
public struct GloVePosition: Sendable, Hashable, Codable {
    /// Passes over earlier counts; random numbers go on from there.
    public internal(set) var firstIteration = 0
    /// Passes completed.
    public internal(set) var iteration = 0
    /// Rounds of the pass under way.
    public internal(set) var round = 0
    /// The cost added up in the pass under way.
    var cost = 0.0
    /// Entries trained in the pass under way.
    var count = 0
    /// The mean cost of an entry in each completed pass.
    public internal(set) var costs: [Double] = []
    /// Tells the counts that are trained on from others; 0 before the first step.
    var fingerprint: UInt64 = 0

    init(firstIteration: Int = 0) { self.firstIteration = firstIteration }

    /// Reads a position; one that was written before vocabularies grew has no first pass.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        firstIteration = try values.decodeIfPresent(Int.self, forKey: .firstIteration) ?? 0
        iteration = try values.decode(Int.self, forKey: .iteration)
        round = try values.decode(Int.self, forKey: .round)
        cost = try values.decode(Double.self, forKey: .cost)
        count = try values.decode(Int.self, forKey: .count)
        costs = try values.decode([Double].self, forKey: .costs)
        fingerprint = try values.decode(UInt64.self, forKey: .fingerprint)
    }
}

extension GloVePosition: VectorPosition {
    var flaw: VectorPositionFlaw? {
        guard round < GloVeBlocks.classes else {
            return VectorPositionFlaw(
                place: "round", expected: "below \(GloVeBlocks.classes)", found: "\(round)")
        }
        return .first(
            counts: [
                ("firstIteration", firstIteration), ("iteration", iteration), ("round", round),
                ("count", count),
            ], sums: [("cost", cost)] + costs.map { ("costs", $0) })
    }
}

/// What is reported while a ``GloVe`` trains.
public struct GloVeProgress: VectorProgress, Hashable {
    /// The pass under way, from 1.
    public let pass: Int
    /// How many passes there will be.
    public let passCount: Int
    /// Entries gone through in this pass.
    public let entryCount: Int
    /// Entries of the matrix.
    public let totalEntryCount: Int
    /// The mean cost of the pass's entries so far, each before its step. Summed in 64-bit floats.
    public let loss: Double
    /// Entries a second since training began or went on.
    public let entriesPerSecond: Double

    /// How much of the pass is done.
    public var passShare: Double {
        totalEntryCount == 0 ? 1 : Double(entryCount) / Double(totalEntryCount)
    }
}
