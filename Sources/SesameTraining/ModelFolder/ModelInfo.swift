import SesameModels
import SesameNN
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a model folder holds.
public struct ModelInfo: Sendable, Codable, Hashable {
    /// A tokenizer in a few words.
    public struct TokenizerInfo: Sendable, Codable, Hashable {
        /// Its kind, for example wordpiece.
        public var kind: String
        /// How many tokens it knows.
        public var tokenCount: Int
        /// The hash of all that decides which ids a text gets.
        public var fingerprint: String
    }

    /// `model_type`, for example bert, gpt2 or sesame-rnn.
    public var modelType: String
    /// The name of the model with its head, for published kinds Hugging Face's.
    public var architecture: String
    /// What it does; nil for an encoder without a head, which gives states and sentence vectors.
    public var task: TrainingRecord.Task?
    /// The classes, for a classifier.
    public var labels: [String]?
    /// How many parameters, shared ones counted once.
    public var parameterCount: Int
    /// How many layers.
    public var layerCount: Int
    /// The size of the states.
    public var hiddenSize: Int
    /// How many attention heads a layer has; nil for a model without attention.
    public var headCount: Int?
    /// How many token ids the model knows.
    public var vocabularySize: Int
    /// How many positions the model knows; nil where a text may have any length.
    public var maxSequenceLength: Int?
    /// The weights' files, and the bytes of all of them.
    public var files: [String]
    /// The bytes of those files.
    public var fileBytes: Int
    /// How the weights are stored: how many tensors of each type.
    public var storage: [String: Int]
    /// The bytes that the weights take once they are loaded, as Float32.
    public var memoryBytes: Int
    /// The tokenizer.
    public var tokenizer: TokenizerInfo
    /// What a Transformer, or a model on one, costs in memory and arithmetic; nil for other kinds.
    public var cost: ModelCost?
    /// What a model of another kind costs; nil for Transformers, and for n-grams, which are counted.
    public var networkCost: NetworkCost?
    /// How the model was trained here; nil for one from elsewhere.
    public var training: TrainingRecord?

    /// Reads a folder, weights included, so that what it holds is known to fit.
    /// - Throws: What opening the folder and loading its model throw.
    public init(_ url: URL) throws {
        let folder = try TrainedModelFolder(url)
        let model = try ModelKind.load(url)
        modelType = try ModelFolder.summary(of: url).modelType
        architecture = model.architecture
        task = model is BERT ? nil : folder.record.task
        labels = folder.record.labels
        parameterCount = model.parameterCount
        memoryBytes = 4 * parameterCount
        let kind = try ModelKind.of(url)
        let cost = try kind.cost(url)
        (self.cost, networkCost) = (cost as? ModelCost, cost as? NetworkCost)
        let sizes = try kind.sizes(url)
        (layerCount, hiddenSize, headCount) = (sizes.layerCount, sizes.hiddenSize, sizes.headCount)
        (vocabularySize, maxSequenceLength) = (sizes.vocabularySize, sizes.maxSequenceLength)
        storage = [:]
        fileBytes = 0
        files = []
        let weights = kind.weightsName.map { [url.appendingPathComponent($0)] }
        for file in try weights ?? SafeTensors.files(in: url) {
            files.append(file.lastPathComponent)
            let weights = try SafeTensorsFile(file)
            fileBytes += weights.byteCount
            for name in weights.names {
                storage[weights.typeName(of: name) ?? "", default: 0] += 1
            }
        }
        tokenizer = TokenizerInfo(
            kind: folder.tokenizer.kind.rawValue, tokenCount: folder.tokenizer.vocabulary.count,
            fingerprint: folder.tokenizer.fingerprint)
        training = folder.isTrainedHere ? folder.record : nil
    }
}
