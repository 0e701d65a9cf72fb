import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How a model reads a text.
public struct TextExplanation: Sendable, Hashable, Codable {
    /// The text's tokens, special ones included.
    public var tokens: [String]
    /// The class that is explained; nil for a model without classes.
    public var label: String?
    /// Its probability, or the score; nil for a model that gives neither.
    public var value: Double?
    /// How much each token speaks for it, gradient × input; nil likewise.
    public var scores: [Float]?
    /// For each layer and head how much each token, row by row, looks at each; empty for a model without attention.
    public var attention: [[[Float]]]
}

/// Shows which tokens speak for a model's answer, and where its heads look.
///
///     let explainer = try TextExplainer(modelFolder: folder)
///     let explanation = try explainer.explain(LabelledText("A lovely film."))
public struct TextExplainer: Sendable {
    private enum Model: Sendable {
        case classifier(SequenceClassifier)
        case bert(BERT)
        case gpt(GPT)
    }

    private let model: Model
    private let tokenizer: Tokenizer
    private let maxLength: Int

    /// Loads the folder of a classifier, a model of scores, a BERT or a GPT, ours or published.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for another kind of model.
    public init(modelFolder: URL) throws {
        let folder = try TrainedModelFolder(modelFolder)
        tokenizer = folder.tokenizer
        switch folder.record.task {
        case .classification, .regression:
            let classifier = try folder.load(SequenceClassifier.self)
            guard classifier.textCNN?.embedding != nil || classifier.textCNN == nil else {
                throw TrainingError(
                    .badModelFolder(
                        path: modelFolder.path,
                        problem: "it reads vectors in context alone, which are not explained",
                        remedy: "choose a model with word vectors of its own"))
            }
            guard classifier.configuration.inputForm?.readsBothOrders != true else {
                throw TrainingError(
                    .badModelFolder(
                        path: modelFolder.path,
                        problem: "it reads pairs in both orders, which is not explained",
                        remedy: "choose a model that reads one"))
            }
            model = .classifier(classifier)
            maxLength = min(folder.record.maxLength, classifier.maxSequenceLength)
        default:
            let summary = try ModelFolder.summary(of: modelFolder)
            switch summary.modelType {
            case "bert":
                let bert = try folder.load(BERT.self)
                model = .bert(bert)
                maxLength = bert.configuration.maxSequenceLength
            case "gpt2", GPTConfig.ownModelType:
                let (gpt, _) = try folder.decoder(summary)
                model = .gpt(gpt)
                maxLength = gpt.configuration.maxSequenceLength
            default:
                throw ModelKind.mismatch(
                    summary.modelType, in: modelFolder,
                    expected: {
                        ["bert", "gpt2", GPTConfig.ownModelType].contains($0.modelType)
                    }, for: "explaining")
            }
        }
    }

    /// Explains what the model makes of a text or a pair of texts.
    ///
    /// - Parameters:
    ///   - text: Of one longer than the model's length the end is not read.
    ///   - label: The class to explain; nil for the likeliest.
    /// - Throws: ``TrainingError`` with code `.badLabel` for a class that the model does not have.
    public func explain(_ text: LabelledText, label: String? = nil) throws -> TextExplanation {
        if let label, !hasClasses {
            throw TrainingError(
                .badLabel(
                    problem: "the class '\(label)' cannot be explained, since the model has none",
                    remedy: "leave it out, or choose a classifier"))
        }
        let (ids, types, tokens) = try encoded(text)
        var result = TextExplanation(tokens: tokens, attention: [])
        switch model {
        case .classifier(let classifier):
            let output = try explained(classifier, ids, types, label, in: &result)
            result.scores = try classifier.attributions(
                of: ids, typeIDs: types, output: output
            ).scores
            if let bert = classifier.bert {
                result.attention = heads(try bert.attentionMaps(of: ids, typeIDs: types))
            } else if let gpt = classifier.gpt {
                result.attention = heads(try gpt.attentionMaps(of: ids))
            }
        case .bert(let bert):
            result.attention = heads(try bert.attentionMaps(of: ids, typeIDs: types))
        case .gpt(let gpt): result.attention = heads(try gpt.attentionMaps(of: ids))
        }
        return result
    }

    private var hasClasses: Bool {
        guard case .classifier(let classifier) = model else { return false }
        return !classifier.labels.isEmpty
    }

    /// The text as the model reads it: ids, segments of a pair, and the tokens' names.
    private func encoded(
        _ text: LabelledText
    ) throws -> (ids: [Int32], types: [Int32]?, tokens: [String]) {
        if case .classifier(let classifier) = model,
            let form = classifier.configuration.inputForm
        {
            let ids = try ExampleEncoder(
                tokenizer: tokenizer, head: classifier.configuration.head, maxLength: maxLength,
                inputForm: form
            ).encode([LabelledText(text.text, pair: text.pair)])[0].ids
            let names = [
                form.startID: "[start]", form.delimiterID: "[delimiter]",
                form.extractID: "[extract]",
            ]
            let tokens = ids.map { names[Int($0)] ?? tokenizer.vocabulary.token($0) }
            return (ids, nil, tokens)
        }
        let encoding = tokenizer.encode(
            text.text, pair: text.pair, truncation: Truncation(maxLength: maxLength))
        return (encoding.ids, text.pair == nil ? nil : encoding.typeIDs, encoding.tokens)
    }

    /// The number of the output that is explained; its name and value go into `result`.
    private func explained(
        _ classifier: SequenceClassifier, _ ids: [Int32], _ types: [Int32]?, _ label: String?,
        in result: inout TextExplanation
    ) throws -> Int {
        let shape: Shape = [1, ids.count]
        let logits = classifier.logits(
            IDTensor(ids, shape: shape), typeIDs: types.map { IDTensor($0, shape: shape) },
            context: .evaluation())
        guard case .classification(let labels) = classifier.configuration.head else {
            result.value = Double(logits.scalars[0])
            return 0
        }
        let probabilities = softmax(logits).scalars
        var best = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
        if let label {
            guard let index = labels.firstIndex(of: label) else {
                throw TrainingError(
                    .badLabel(
                        problem: "'\(label)' is not among the model's classes "
                            + labels.joined(separator: ", "), remedy: "name one of these"))
            }
            best = index
        }
        result.label = labels[best]
        result.value = Double(probabilities[best])
        return best
    }

    /// Layers of heads of weights.
    private func heads(_ maps: [Tensor]) -> [[[Float]]] {
        maps.map { map in
            let size = map.shape[1] * map.shape[2]
            let values = map.scalars
            return (0..<map.shape[0]).map { Array(values[$0 * size..<($0 + 1) * size]) }
        }
    }
}
