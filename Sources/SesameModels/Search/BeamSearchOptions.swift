#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a sum of log probabilities, which falls with every token, is divided by before sequences of several
/// lengths are compared.
public enum LengthPenalty: Sendable, Hashable, Codable {
    /// Nothing: the likeliest sequence wins, and short ones are favoured.
    case none
    /// lengthᵃ: with a = 1 the mean of the tokens' log probabilities.
    case average(Float)
    /// ((5 + length) / 6)ᵃ, with a from 0.6 to 0.7 as a rule.
    ///
    /// Source: Wu et al. 2016, Google's Neural Machine Translation System, eq. 14.
    case wu(Float)

    /// The divisor for a number of tokens, the end token among them.
    public func divisor(length: Int) -> Double {
        switch self {
        case .none: 1
        case .average(let exponent): pow(Double(max(1, length)), Double(exponent))
        case .wu(let exponent): pow((5 + Double(length)) / 6, Double(exponent))
        }
    }

    var exponent: Float {
        switch self {
        case .none: 0
        case .average(let exponent), .wu(let exponent): exponent
        }
    }
}

/// How a beam search goes about it. With a beam of 1 it is greedy decoding.
public struct BeamSearchOptions: Sendable, Hashable, Codable {
    /// When a search is over.
    public enum Stopping: String, Sendable, Hashable, Codable, CaseIterable {
        /// As soon as as many hypotheses have ended as the beam is wide.
        case enough
        /// Once nothing that is still growing can come before the hypotheses to be returned. Takes longer.
        case certain
    }

    /// How many hypotheses grow side by side.
    public var beamSize = 5
    /// How many hypotheses of each sequence are returned, at most.
    public var count = 1
    /// Makes hypotheses of several lengths comparable.
    public var lengthPenalty = LengthPenalty.average(1)
    /// β, the weight of β · Σ ln min(Σ weights, 1) over the positions of the source, which is added to a
    /// score; 0 for none. Source positions that attention has not come by cost.
    ///
    /// Source: Wu et al. 2016, Google's Neural Machine Translation System, eq. 14.
    public var coveragePenalty: Float = 0
    /// When a search is over.
    public var stopping = Stopping.enough
    /// The token that ends a sequence.
    public var endID: Int32
    /// Tokens that are never produced, as padding is.
    public var excludedIDs: Set<Int32> = []

    /// The defaults above.
    public init(endID: Int32) { self.endID = endID }

    /// Greedy decoding: the likeliest token at each step.
    public static func greedy(endID: Int32) -> BeamSearchOptions {
        var options = BeamSearchOptions(endID: endID)
        options.beamSize = 1
        return options
    }

    /// Checks every value.
    /// - Throws: ``ModelError`` with code `.input` that says what is out of range.
    public func validate() throws {
        func check(_ valid: Bool, _ what: String, _ expected: String, _ found: some Any) throws {
            guard !valid else { return }
            throw ModelError(.input, "\(what) is \(found), expected \(expected)")
        }
        try check((1...1024).contains(beamSize), "the beam", "from 1 to 1024", beamSize)
        try check(
            (1...beamSize).contains(count), "the number of hypotheses",
            "from 1 to the beam, \(beamSize)", count)
        try check(
            lengthPenalty.exponent >= 0 && lengthPenalty.exponent.isFinite, "the length penalty",
            "0 or more", lengthPenalty.exponent)
        try check(
            coveragePenalty >= 0 && coveragePenalty.isFinite, "the coverage penalty", "0 or more",
            coveragePenalty)
    }
}
