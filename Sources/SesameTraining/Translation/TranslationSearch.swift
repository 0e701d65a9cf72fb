import SesameModels
import SesameTensor

/// How translations are looked for; see `BeamSearchOptions`.
public struct TranslationSearch: Sendable, Hashable, Codable {
    /// How many hypotheses grow side by side; 1 is greedy.
    public var beamSize = 5
    /// How many translations of a sentence are wanted.
    public var count = 1
    /// Makes translations of several lengths comparable.
    public var lengthPenalty = LengthPenalty.average(1)
    /// What it costs to leave parts of the source unread; 0 for nothing. Needs attention.
    public var coveragePenalty: Float = 0
    /// The most tokens of a translation for each token of its source; ten more are always allowed.
    public var lengthRatio = 2.0
    /// Whether to keep the attention weights.
    public var keepsAttention = false

    /// The defaults above.
    public init() {}

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        do {
            try options(endID: 0, excludedIDs: []).validate()
        } catch {
            throw TrainingError(
                .invalidOption(
                    name: "search", expected: "within range", found: "not so: \(error)"))
        }
        try OptionCheck.require(
            lengthRatio > 0 && lengthRatio <= 100, "tokens for each token of the source",
            "above 0, at most 100", lengthRatio)
    }

    private func options(endID: Int32, excludedIDs: Set<Int32>) -> BeamSearchOptions {
        var options = BeamSearchOptions(endID: endID)
        options.beamSize = beamSize
        options.count = count
        options.lengthPenalty = lengthPenalty
        options.coveragePenalty = coveragePenalty
        options.excludedIDs = excludedIDs
        return options
    }

    /// Rows that are decoded side by side: enough for the kernels, and little enough memory.
    private static let rowCount = 320

    /// The hypotheses for each source, the best first.
    func run(
        _ model: some Seq2SeqModel, sources: [[Int32]], excludedIDs: Set<Int32>,
        precision: Precision
    ) -> [[Hypothesis]] {
        let vocabularies = model.vocabularies
        let options = options(endID: Int32(vocabularies.endID), excludedIDs: excludedIDs)
        let decoder = model.decoder(precision: precision)
        // Sentences of like length together: little padding, and few rows that wait for others.
        let order = sources.indices.sorted { (sources[$0].count, $0) < (sources[$1].count, $1) }
        var results = [[Hypothesis]](repeating: [], count: sources.count)
        let step = max(1, Self.rowCount / beamSize)
        for start in stride(from: 0, to: order.count, by: step) {
            let indices = order[start..<min(start + step, order.count)]
            let lengths = indices.map { sources[$0].count }
            let width = lengths.max() ?? 1
            let ids = indices.flatMap { index in
                sources[index] + [Int32](repeating: 0, count: width - sources[index].count)
            }
            let found = beamSearch(
                with: decoder,
                state: model.encoded(
                    IDTensor(ids, shape: [indices.count, width]), lengths: lengths,
                    precision: precision),
                startID: Int32(vocabularies.beginningID),
                maximumLengths: lengths.map { Int(Double($0) * lengthRatio) + 10 },
                options: options, sourceLengths: lengths, keepsAttention: keepsAttention)
            for (index, hypotheses) in zip(indices, found) {
                // Padding of shorter sources among the batch is not theirs.
                results[index] = hypotheses.map { hypothesis in
                    var hypothesis = hypothesis
                    hypothesis.attention = hypothesis.attention.map {
                        Array($0.prefix(sources[index].count))
                    }
                    return hypothesis
                }
            }
        }
        return results
    }
}
