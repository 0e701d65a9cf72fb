/// How word2vec is trained. The defaults are those of gensim and word2vec.c, but for ``mode``.
public struct Word2VecOptions: Sendable, Hashable, Codable {
    /// What is predicted from what (Mikolov et al. 2013a, "Efficient estimation of word representations in vector
    /// space").
    public enum Architecture: String, Sendable, Codable, CaseIterable {
        /// A word from each word of its window, one at a time.
        case skipGram = "skip-gram"
        /// A word from the mean of its window.
        case cbow
    }

    /// What stands in for the softmax over all words.
    public enum Objective: String, Sendable, Codable, CaseIterable {
        /// The word is told from words drawn by chance (Mikolov et al. 2013b, equation 4).
        case negativeSampling = "negative-sampling"
        /// The word's path through a Huffman tree (Morin & Bengio 2005; Mikolov et al. 2013b, equation 3).
        case hierarchicalSoftmax = "hierarchical-softmax"
    }

    /// What threads may do at once.
    public enum Mode: String, Sendable, Codable, CaseIterable {
        /// The same bits from any number of threads. Up to 128 centres are computed together, in blocks of 16: a vector that
        /// one block alone touches is trained at once, one that several touch stands still until their updates are
        /// added in the order of the text. On two idle cores 55 to 65 % of the speed of ``fastest``; less where other
        /// programs keep one of the threads waiting.
        case deterministic
        /// Threads write vectors without waiting for each other (Hogwild, Recht et al. 2011): no two runs on
        /// several threads give the same vectors. On one thread they do.
        case fastest
    }

    /// What is predicted from what.
    public var architecture = Architecture.skipGram
    /// What stands in for the softmax.
    public var objective = Objective.negativeSampling
    /// How many values a vector has.
    public var width = 100
    /// How many words on either side a window has at most; a centre's is drawn from 1 to this, so that nearer words
    /// count for more.
    public var window = 5
    /// Negatives a centre, with ``Objective/negativeSampling``; 5 to 20 for small texts. They are shared by
    /// the words of its window (Ji et al. 2016).
    public var negativeCount = 5
    /// Negatives are drawn in proportion to count to this power.
    public var noisePower = 0.75
    /// Frequent words are left out with the probability 1 - (√(f/t) + 1) · t/f, f being the word's share of the text and
    /// t this threshold, anew in each pass; 0 leaves out none.
    public var subsampling = 1e-3
    /// Passes over the text.
    public var epochCount = 5
    /// The learning rate at the start, which falls linearly with the words gone through; nil for 0.025 in skip-gram
    /// and 0.05 in CBOW, as word2vec.c has it.
    public var learningRate: Double?
    /// What it falls to.
    public var finalLearningRate = 1e-4
    /// The n-grams that words are made of besides themselves (Bojanowski et al. 2017), or nil for whole words. A word's
    /// input vector is then the mean of its own row and its n-grams'.
    public var subwords: SubwordGrams?
    /// Where random numbers begin.
    public var seed: UInt64 = 1
    /// What threads may do at once.
    public var mode = Mode.deterministic

    /// The defaults.
    public init() {}

    /// - Throws: ``VectorError`` with code `.invalidOption` for what is out of range.
    public func validate() throws(VectorError) {
        try VectorError.require((1...4096).contains(width), "width", "1 to 4096", width)
        try VectorError.require((1...100).contains(window), "window", "1 to 100", window)
        if objective == .negativeSampling {
            try VectorError.require(
                (1...100).contains(negativeCount), "negativeCount", "1 to 100", negativeCount)
            try VectorError.require(
                (-10...10).contains(noisePower), "noisePower", "-10 to 10", noisePower)
        }
        try VectorError.require((0...1).contains(subsampling), "subsampling", "0 to 1", subsampling)
        try VectorError.require(
            (1...100_000).contains(epochCount), "epochCount", "1 to 100,000", epochCount)
        try VectorError.require(
            startingRate > 0 && startingRate <= 1, "learningRate", "above 0, at most 1",
            startingRate)
        try VectorError.require(
            finalLearningRate >= 0 && finalLearningRate <= startingRate, "finalLearningRate",
            "0 to the learning rate, \(startingRate)", finalLearningRate)
    }

    /// ``learningRate``, or the architecture's own.
    var startingRate: Double { learningRate ?? (architecture == .cbow ? 0.05 : 0.025) }
}
