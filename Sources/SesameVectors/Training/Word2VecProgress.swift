/// How far the training of a ``Word2Vec`` has come.
public struct Word2VecPosition: Sendable, Hashable, Codable {
    /// Passes made over earlier texts; random numbers go on from there.
    public internal(set) var firstPass = 0
    /// Passes completed.
    public internal(set) var epoch = 0
    /// Chunks gone through in the pass under way.
    public internal(set) var chunk = 0
    /// What the pass under way has added up.
    var sums = Word2VecSums()
    /// The mean loss of each completed pass.
    public internal(set) var losses: [Double] = []
    /// Tells the stream that is trained on from another; 0 before the first step.
    var fingerprint: UInt64 = 0
    /// What the hierarchical softmax's tree is made of where the vocabulary has grown: the counts of the words of each
    /// growth, as they were when these came; nil for the vocabulary's counts.
    var treeCounts: [[Int]]?

    init(firstPass: Int = 0) { self.firstPass = firstPass }
}

extension Word2VecPosition: VectorPosition {
    var flaw: VectorPositionFlaw? {
        .first(
            counts: [
                ("firstPass", firstPass), ("epoch", epoch), ("chunk", chunk),
                ("sums.pairs", Int(clamping: sums.pairs)),
                ("sums.words", Int(clamping: sums.words)),
            ], sums: [("sums.loss", sums.loss)] + losses.map { ("losses", $0) })
    }
}

struct Word2VecSums: Sendable, Hashable, Codable {
    var loss = 0.0
    var pairs: UInt64 = 0
    var words: UInt64 = 0
}

/// What is reported while a ``Word2Vec`` trains, a few times a second.
public struct Word2VecProgress: VectorProgress, Hashable {
    /// The pass under way, from 1.
    public let pass: Int
    /// How many passes there will be.
    public let passCount: Int
    /// Words of the stream gone through in this pass, those left out by subsampling included.
    public let wordCount: Int
    /// Words of the stream.
    public let totalWordCount: Int
    /// The mean loss of all pairs of this pass so far: of a word and one of its window in skip-gram, of a word and its
    /// window's mean in CBOW. Summed in 64-bit floats.
    public let loss: Double
    /// How many pairs.
    public let pairCount: Int
    /// The learning rate of the last chunk.
    public let learningRate: Double
    /// Words of the stream a second since training began or went on.
    public let wordsPerSecond: Double

    /// How much of the pass is done.
    public var passShare: Double {
        totalWordCount == 0 ? 1 : Double(wordCount) / Double(totalWordCount)
    }
}
