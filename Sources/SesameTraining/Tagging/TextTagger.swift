import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A trained tagger, ready to tag sentences: a `Tagger`, or a BERT with tags, ours or published.
///
///     let tagger = try TextTagger(modelFolder: folder)
///     let tags = try tagger.tags(of: [["Ada", "Lovelace", "lived", "in", "London", "."]])
public struct TextTagger: Sendable {
    /// The model, where it is a network over word vectors.
    public let tagger: Tagger?
    /// The model, where it is an encoder.
    public let encoder: TokenClassifier?
    /// Knows the words, or the pieces.
    public let tokenizer: Tokenizer

    private let hasEntities: Bool
    private let tell:
        @Sendable (_ sentences: [TaggedSentence], _ batchSize: Int, Precision) throws -> [[String]]

    /// Loads a folder that ``finetuneTagger(workspace:corpus:options:output:onEvent:shouldStop:)`` or
    /// ``finetuneTagger(workspace:corpus:from:options:output:onEvent:shouldStop:)`` wrote, or a published
    /// `BertForTokenClassification`.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another task.
    public init(modelFolder: URL) throws {
        let folder = try TrainedModelFolder(modelFolder)
        try folder.require(.tagging, for: "tagging")
        tokenizer = folder.tokenizer
        guard try ModelFolder.summary(of: modelFolder).modelType == TaggerConfig.modelType else {
            let model = try folder.load(TokenClassifier.self)
            let configuration = model.configuration
            let decoder = TagDecoder(tags: configuration.tags, scheme: configuration.scheme)
            let pieces = try PieceEncoder(
                tokenizer: folder.tokenizer, tags: configuration.tags,
                maxLength: min(
                    folder.record.maxLength, configuration.backbone.maxSequenceLength))
            (tagger, encoder, hasEntities) = (nil, model, decoder.hasEntities)
            tell = { sentences, batchSize, precision in
                decoder.tags(
                    model, of: try pieces.encode(sentences), batchSize: batchSize,
                    precision: precision)
            }
            return
        }
        let model = try folder.load(Tagger.self)
        let configuration = model.configuration
        let context =
            configuration.contextLayerCount > 0
            ? try WordVectorSource.contextVectors(
                inModel: modelFolder, layerCount: configuration.contextLayerCount,
                size: configuration.contextSize) : nil
        let words = TaggerEncoder(
            configuration: configuration, tokenizer: tokenizer, context: context)
        let decoder = TagDecoder(tags: configuration.tags, scheme: configuration.scheme)
        (tagger, encoder, hasEntities) = (model, nil, decoder.hasEntities)
        tell = { sentences, batchSize, precision in
            decoder.tags(
                model, of: try words.encode(sentences), batchSize: batchSize, precision: precision)
        }
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
        let tags = try tell(sentences.map { TaggedSentence($0) }, batchSize, precision)
        return hasEntities ? tags.map(TaggingScheme.bio.converted) : tags
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
                actual: hasEntities ? TaggingScheme.bio.converted(tags) : tags,
                predicted: found)
        }
        return scores
    }
}
