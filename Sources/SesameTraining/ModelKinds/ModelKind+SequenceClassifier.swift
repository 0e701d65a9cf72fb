import SesameModels
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ModelKind {
    /// A BERT or GPT with a head over texts; its `model_type` is the encoder's, its `architectures` tell the head.
    static let sequenceClassifier = ModelKind(
        modelType: "bert", headSuffix: "ForSequenceClassification",
        publishedLayout: "BERT or GPT-2",
        sizes: { ModelSizes(try ModelFolder.classifier(in: $0)) },
        cost: { try ModelFolder.classifier(in: $0).cost },
        load: { try SequenceClassifier.load(from: $0) },
        publishedUse: { folder in
            let configuration = try ModelFolder.classifier(in: folder)
            var labels: [String]?
            if case .classification(let names) = configuration.head { labels = names }
            return PublishedUse(
                task: labels == nil ? .regression : .classification, labels: labels,
                maxLength: configuration.maxSequenceLength)
        },
        evaluate: evaluateTexts)

    /// A convolutional network with a head over texts, which only training here makes.
    static let textCNN = ModelKind(
        modelType: TextCNNConfig.modelType, sizes: sequenceClassifier.sizes,
        cost: sequenceClassifier.cost, speed: convolutionSpeed, load: sequenceClassifier.load,
        evaluate: evaluateTexts)

    private static func convolutionSpeed(
        _ folder: URL, _ probe: SpeedProbe
    ) throws -> MachineSpeed {
        let model = try SequenceClassifier.load(from: folder)
        guard case .textCNN(let sizes) = model.configuration.backbone else {
            throw mismatch(
                try ModelFolder.summary(of: folder).modelType, in: folder,
                expected: { $0.modelType == TextCNNConfig.modelType })
        }
        let ids = probe.ids(below: sizes.vocabularySize)
        let layers =
            sizes.contextLayerCount == 0
            ? nil
            : Tensor(
                repeating: 0.5,
                shape: [sizes.contextLayerCount, probe.rows, probe.length, sizes.contextSize])
        let targets: SequenceClassifier.Targets =
            switch model.configuration.head {
            case .classification(let labels):
                .labels(probe.ids([probe.rows], below: labels.count))
            case .regression: .scores(Tensor(repeating: 0.5, shape: [probe.rows]))
            }
        return probe.speed(of: model, cost: sizes.cost) {
            $0.lossAndStatistics(ids, layers: layers, targets: targets, context: probe.context).loss
        }
    }

    private static func evaluateTexts(_ input: EvaluationInput) throws -> EvaluationReport {
        let texts = try input.reader.labelled(input.split)
        guard !texts.isEmpty else { throw input.empty("one labelled text or more") }
        return try SesameTraining.evaluate(
            modelFolder: input.folder.url, texts: texts, precision: input.precision)
    }
}

extension SequenceClassifierConfig {
    /// What the backbone costs: the head adds next to nothing.
    var cost: any TrainingCost {
        switch backbone {
        case .bert(let configuration): configuration.headedCost
        case .gpt(let configuration): configuration.headedCost
        case .textCNN(let configuration): configuration.cost
        }
    }
}

extension ModelSizes {
    /// Those of the backbone.
    init(_ configuration: SequenceClassifierConfig) {
        switch configuration.backbone {
        case .bert(let backbone): self.init(backbone)
        case .gpt(let backbone): self.init(backbone)
        case .textCNN(let backbone): self.init(backbone)
        }
    }

    init(_ configuration: TextCNNConfig) {
        self.init(
            vocabularySize: configuration.vocabularySize, layerCount: 1,
            hiddenSize: configuration.featureCount,
            maxSequenceLength: configuration.maxSequenceLength)
    }
}
