/// How GloVe is trained. The defaults are those of Pennington et al. 2014 and of the authors' program, but for
/// ``learningRate``.
public struct GloVeOptions: Sendable, Hashable, Codable {
    /// Which of a word's two vectors, as a row and as a column of the matrix, its vector is.
    public enum Output: String, Sendable, Codable, CaseIterable {
        /// The sum of both, as the paper has it.
        case sum
        /// The row's alone.
        case words
    }

    /// How many values a vector has.
    public var width = 100
    /// Passes over the matrix.
    public var iterationCount = 15
    /// AdaGrad's step. The authors' program has 0.05; with 0.09, 15 passes over a text of 8 million words end at a lower
    /// cost, with vectors nearer to people's judgements of similarity and a little farther from analogies.
    public var learningRate = 0.09
    /// Counts from here on weigh alike (x_max): 100 for billions of words, 10 for millions.
    public var maximum = 100.0
    /// Smaller counts weigh (x / ``maximum``) to this power (α).
    public var power = 0.75
    /// Which vector is a word's.
    public var output = Output.sum
    /// Where random numbers begin.
    public var seed: UInt64 = 1

    /// The defaults.
    public init() {}

    /// - Throws: ``VectorError`` with code `.invalidOption` for what is out of range.
    public func validate() throws(VectorError) {
        try VectorError.require((1...4096).contains(width), "width", "1 to 4096", width)
        try VectorError.require(
            (1...100_000).contains(iterationCount), "iterationCount", "1 to 100,000",
            iterationCount)
        try VectorError.require(
            learningRate > 0 && learningRate <= 1, "learningRate", "above 0, at most 1",
            learningRate)
        try VectorError.require(maximum > 0 && maximum.isFinite, "maximum", "above 0", maximum)
        try VectorError.require((0...10).contains(power), "power", "0 to 10", power)
    }
}
