import Sesame

/// Metrics in words, for people.
enum MetricText {
    private static let order: [(name: String, text: @Sendable (Double) -> String)] = [
        (MetricName.loss, { "loss \($0.fixed(4))" }),
        (MetricName.perplexity, { "perplexity \($0.fixed($0 < 100 ? 2 : 0))" }),
        (MetricName.forwardPerplexity, { "(forward \($0.fixed($0 < 100 ? 2 : 0)))" }),
        (MetricName.backwardPerplexity, { "(backward \($0.fixed($0 < 100 ? 2 : 0)))" }),
        (MetricName.bitsPerCharacter, { "\($0.fixed(3)) bits a character" }),
        (MetricName.maskedLoss, { "masked-token loss \($0.fixed(3))" }),
        (MetricName.unigramLoss, { "(unigram \($0.fixed(3)))" }),
        (MetricName.maskedAccuracy, { "masked-token accuracy \($0.percent)" }),
        (MetricName.unigramAccuracy, { "(unigram \($0.percent))" }),
        (MetricName.nextSentenceLoss, { "next-sentence loss \($0.fixed(3))" }),
        (MetricName.nextSentenceAccuracy, { "next-sentence accuracy \($0.percent)" }),
        (MetricName.sentenceOrderLoss, { "sentence-order loss \($0.fixed(3))" }),
        (MetricName.sentenceOrderAccuracy, { "sentence-order accuracy \($0.percent)" }),
        (MetricName.entityF1, { "entity F1 \(($0 * 100).fixed(2))" }),
        (MetricName.entityPrecision, { "precision \(($0 * 100).fixed(2))" }),
        (MetricName.entityRecall, { "recall \(($0 * 100).fixed(2))" }),
        (MetricName.exactMatch, { "exact match \(($0 * 100).fixed(2))" }),
        (MetricName.spanF1, { "F1 \(($0 * 100).fixed(2))" }),
        (MetricName.answerableF1, { "(with an answer \(($0 * 100).fixed(2)))" }),
        (MetricName.noAnswerAccuracy, { "(without one \(($0 * 100).fixed(2)))" }),
        (MetricName.bestSpanF1, { "best F1 \(($0 * 100).fixed(2))" }),
        (MetricName.bestNoAnswerThreshold, { "(with threshold \($0.fixed(3)))" }),
        (MetricName.accuracy, { "accuracy \($0.percent)" }),
        (MetricName.majorityAccuracy, { "(majority class \($0.percent))" }),
        (MetricName.binaryF1, { "F1 \($0.fixed(3))" }),
        (MetricName.macroF1, { "macro F1 \($0.fixed(3))" }),
        (MetricName.matthews, { "Matthews \($0.fixed(3))" }),
        (MetricName.pearson, { "Pearson \($0.fixed(4))" }),
        (MetricName.bleu, { "BLEU \($0.fixed(2))" }),
        (MetricName.spearman, { "Spearman \($0.fixed(4))" }),
    ]

    /// "layers 0.21 0.45 0.34, scale 1.18" for a learnt mix of layers; empty without one.
    static func layers(_ metrics: Metrics) -> String {
        guard let scale = metrics[MetricName.layerScale] else { return "" }
        var shares: [String] = []
        while let share = metrics[MetricName.layerShare(shares.count)] {
            shares.append(share.fixed(3))
        }
        return "layers \(shares.joined(separator: " ")), scale \(scale.fixed(3))"
    }

    /// "loss 1.8012, perplexity 6.06, accuracy 46.3 %".
    static func line(_ metrics: Metrics) -> String {
        var result = ""
        for (name, text) in order {
            guard let value = metrics[name] else { continue }
            let part = text(value)
            // What stands in brackets belongs to the metric before it.
            result += result.isEmpty ? part : part.hasPrefix("(") ? " \(part)" : ", \(part)"
        }
        let layers = layers(metrics)
        if !layers.isEmpty { result += result.isEmpty ? layers : ", \(layers)" }
        return result
    }
}
