/// The sizes of a published model, by name.
///
/// A preset is sizes only: vocabulary and weights come from training, or from the model's own folder.
public struct ModelPreset: Sendable, Hashable {
    /// What kind of model, and how large.
    public enum Configuration: Sendable, Hashable {
        /// A GPT.
        case gpt(GPTConfig)
        /// A BERT.
        case bert(BERTConfig)
        /// An encoder-decoder that translates.
        case transformer(TransformerConfig)
    }

    /// The name, for example gpt2-small, bert-base or transformer-big.
    public let name: String
    /// The sizes, with the published vocabulary.
    public let configuration: Configuration
    /// The paper.
    public let source: String

    /// What such a model costs.
    public var cost: ModelCost {
        switch configuration {
        case .gpt(let configuration): configuration.cost
        case .bert(let configuration): configuration.cost
        case .transformer(let configuration): configuration.cost
        }
    }

    /// Every preset, each family from small to large.
    public static let all: [ModelPreset] =
        [
            ("bert-tiny", .tiny(), turc), ("bert-mini", .mini(), turc),
            ("bert-small", .small(), turc), ("bert-medium", .medium(), turc),
            ("bert-base", .base(), devlin), ("bert-large", .large(), devlin),
        ].map { ModelPreset(name: $0, configuration: .bert($1), source: $2) }
        + [
            (
                "gpt1", .gpt1,
                "Radford et al. 2018, Improving Language Understanding by Generative Pre-Training"
            ),
            ("gpt2-small", .gpt2, radford), ("gpt2-medium", .gpt2Medium, radford),
            ("gpt2-large", .gpt2Large, radford), ("gpt2-xl", .gpt2XL, radford),
        ].map { ModelPreset(name: $0, configuration: .gpt($1), source: $2) }
        + [("transformer-base", TransformerSizes.base), ("transformer-big", .big)].map {
            ModelPreset(
                name: $0,
                // About 37,000 byte pairs for both languages.
                configuration: .transformer(
                    TransformerConfig(
                        vocabularies: Seq2SeqVocabularies(
                            sourceSize: 37_000, targetSize: 37_000, isShared: true, beginningID: 0,
                            endID: 1), sizes: $1)),
                source: vaswani)
        }

    /// The preset of a name; nil where there is none.
    public static func named(_ name: String) -> ModelPreset? { all.first { $0.name == name } }

    private static let vaswani = "Vaswani et al. 2017, Attention Is All You Need"
    private static let turc = "Turc et al. 2019, Well-Read Students Learn Better"
    private static let devlin =
        "Devlin et al. 2019, BERT: Pre-training of Deep Bidirectional Transformers"
    private static let radford =
        "Radford et al. 2019, Language Models are Unsupervised Multitask Learners"
}
