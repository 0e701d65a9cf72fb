import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A trained tagger, ready to tag sentences.
///
///     let tagger = try TextTagger(modelFolder: folder)
///     let tags = try tagger.tags(of: [["Ada", "Lovelace", "lived", "in", "London", "."]])
public struct TextTagger: Sendable {
    /// The model.
    public let model: Tagger
    /// Knows the words.
    public let tokenizer: Tokenizer

    let encoder: TaggerEncoder
    let decoder: TagDecoder

    /// Loads a folder that ``finetuneTagger(workspace:corpus:options:output:onEvent:shouldStop:)`` wrote.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another task.
    public init(modelFolder: URL) throws {
        let folder = try TrainedModelFolder(modelFolder)
        try folder.require(.tagging, for: "tagging")
        model = try folder.load(Tagger.self)
        tokenizer = folder.tokenizer
        let context =
            model.configuration.contextLayerCount > 0
            ? try WordVectorSource.contextVectors(
                inModel: modelFolder, layerCount: model.configuration.contextLayerCount,
                size: model.configuration.contextSize) : nil
        encoder = TaggerEncoder(
            configuration: model.configuration, tokenizer: tokenizer, context: context)
        decoder = TagDecoder(model.configuration)
    }

    /// The tags of sentences, in their order: one a word, entities as BIO.
    ///
    /// - Parameters:
    ///   - sentences: The words of each.
    ///   - batchSize: Sentences a forward pass; it does not change the result beyond rounding.
    ///   - precision: Of matrix products.
    public func tags(
        of sentences: [[String]], batchSize: Int = 32, precision: Precision = .float32
    ) throws -> [[String]] {
        let examples = try encoder.encode(sentences.map { TaggedSentence($0) })
        let tags = decoder.tags(model, of: examples, batchSize: batchSize, precision: precision)
        return decoder.hasEntities ? tags.map(TaggingScheme.bio.converted) : tags
    }

    /// How the tags of sentences compare with those they have.
    ///
    /// Entities are compared as such: the sentences' tags may be of any scheme.
    /// - Throws: ``TrainingError`` with code `.badLabel` for sentences without tags.
    public func scores(
        on sentences: [TaggedSentence], precision: Precision = .float32
    ) throws -> EntityScores {
        let predicted = try tags(of: sentences.map(\.words), precision: precision)
        var scores = EntityScores()
        for (sentence, found) in zip(sentences, predicted) {
            guard let tags = sentence.tags else {
                throw TrainingError(
                    .badLabel(
                        problem: "\(sentence.place ?? "a sentence") has no tags",
                        remedy: "evaluate on tagged sentences only"))
            }
            scores.add(
                actual: decoder.hasEntities ? TaggingScheme.bio.converted(tags) : tags,
                predicted: found)
        }
        return scores
    }
}
