import SesameModels
import SesameTensor
import SesameText

/// Translates sentences and compares the result with references, by ``BLEU``.
public struct TranslationScorer: Sendable {
    /// The references, in the order of the sentences.
    public let references: [String]
    /// How they are compared.
    public let bleu: BLEU

    private let tokenizer: Tokenizer

    /// A scorer for sentences with these references.
    /// - Parameters:
    ///   - references: One a sentence, as text.
    ///   - tokenizer: Turns what the model says into text.
    ///   - bleu: How they are compared; nil for what suits the text.
    public init(references: [String], tokenizer: Tokenizer, bleu: BLEU? = nil) {
        self.references = references
        self.tokenizer = tokenizer
        self.bleu = bleu ?? TranslationVocabulary.bleu(for: tokenizer)
    }

    /// The score of a model's translations.
    /// - Parameters:
    ///   - model: The model.
    ///   - sources: Token ids of the sentences.
    ///   - indices: Their places among the references.
    ///   - beamSize: How many hypotheses grow side by side; 1 is greedy.
    ///   - precision: Of matrix products.
    public func bleu(
        of model: some Seq2SeqModel, sources: [[Int32]], indices: [Int], beamSize: Int,
        precision: Precision
    ) -> BLEUScore {
        var options = TranslationSearch()
        options.beamSize = beamSize
        let hypotheses = options.run(
            model, sources: sources, excludedIDs: TranslationVocabulary.excludedIDs(of: tokenizer),
            precision: precision)
        var statistics = BLEUStatistics(maxOrder: bleu.maxOrder)
        for (index, found) in zip(indices, hypotheses) {
            let text = tokenizer.decode(found.first?.tokens ?? [])
            statistics.add(bleu.statistics(of: text, references: [references[index]]))
        }
        return bleu.score(of: statistics)
    }
}
