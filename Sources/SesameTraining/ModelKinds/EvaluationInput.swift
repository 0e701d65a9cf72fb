import SesameModels
import SesameStore
import SesameTensor
import SesameText

/// A model's folder and the data to measure it on.
struct EvaluationInput {
    let folder: TrainedModelFolder
    let workspace: Workspace
    let corpus: String
    let split: Split
    let precision: Precision
    let reader: CorpusReader
    /// How wide the search of a translation model is; nil for its default.
    var beamSize: Int?

    /// The split's documents as one stream of tokens.
    /// - Throws: ``TrainingError`` with code `.notEnoughData` where there is nothing to predict.
    func tokens() throws -> PackedTokens {
        let stream = try reader.stream(split)
        guard stream.count > 1 else { throw empty("two tokens or more") }
        return stream
    }

    /// The error for a split that holds nothing to measure on.
    func empty(_ needed: String) -> TrainingError {
        TrainingError(
            .notEnoughData(
                what: "evaluation", needed: needed,
                found: "none in the \(split.rawValue) split of \(corpus)",
                remedy: "choose another split, or split the corpus"))
    }
}
