import ArgumentParser
import Sesame

/// The kinds of translation model, as they are typed.
enum TranslationArchitectureChoice: String, CaseIterable, ExpressibleByArgument {
    case rnn, transformer
}

/// How a recurrent decoder looks at the source, as it is typed.
enum AttentionChoice: String, CaseIterable, ExpressibleByArgument {
    case bilinear, dot, additive, none

    var kind: StateAttention.Kind? { StateAttention.Kind(rawValue: rawValue) }
}

/// The sizes of Transformers that have names, as they are typed.
enum TransformerSizesChoice: String, CaseIterable, ExpressibleByArgument {
    case tiny, small, base, big

    /// Also by the names of presets, as transformer-base.
    init?(argument: String) {
        guard ModelPreset.named(argument) != nil, let name = argument.split(separator: "-").last
        else {
            self.init(rawValue: argument)
            return
        }
        self.init(rawValue: String(name))
    }

    var sizes: TransformerSizes {
        switch self {
        case .tiny: .tiny
        case .small: .small
        case .base: .base
        case .big: .big
        }
    }
}

/// The activations of a Transformer's networks, as they are typed.
enum TransformerActivationChoice: String, CaseIterable, ExpressibleByArgument {
    case relu, gelu

    var activation: Activation { self == .relu ? .relu : .gelu }
}

/// The options of `--model rnn`.
struct RecurrentTranslationArguments: ParsableArguments {
    private static let defaults = TranslationOptions.RecurrentSizes()

    @Option(
        help: "What a step of a recurrent network does (default: \(defaults.cell.rawValue)).")
    var cell: RecurrentCell?

    @Option(
        help: ArgumentHelp(
            "Size of the tokens' vectors (default: \(defaults.embeddingSize)).", valueName: "n"))
    var embedding: Int?

    @Option(
        help: "How the decoder scores the source's states, to look at them (default: bilinear).")
    var attention: AttentionChoice?

    @Flag(
        help:
            "Let the decoder read what it made of the last token; several times slower to train.")
    var inputFeeding = false

    /// Whether any of these options was given.
    var isUsed: Bool {
        cell != nil || embedding != nil || attention != nil || inputFeeding
    }

    /// The library's sizes, with what both architectures have.
    func sizes(layers: Int?, width: Int?, isUntied: Bool) -> TranslationOptions.RecurrentSizes {
        var result = TranslationOptions.RecurrentSizes()
        if let cell { result.cell = cell }
        if let layers { result.layerCount = layers }
        if let width { result.hiddenSize = width }
        if let embedding { result.embeddingSize = embedding }
        if let attention { result.attention = attention.kind }
        result.inputFeeding = inputFeeding
        result.tiesEmbeddings = !isUntied
        return result
    }
}

/// The options of `--model transformer`.
struct TransformerArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Width, layers, heads and inner width by name: tiny is 128 wide with 4 layers on each side, small 256 with 3, base 512 with 6, big 1024 with 6; the last two are the presets transformer-base and transformer-big of 'sesame model info' (default: small)."
        ))
    var sizes: TransformerSizesChoice?

    @Option(
        help: ArgumentHelp(
            "Layers of the decoder, where it has others than the encoder.", valueName: "n"))
    var decoderLayers: Int?

    @Option(help: ArgumentHelp("Attention heads of a layer.", valueName: "n"))
    var heads: Int?

    @Option(
        help: ArgumentHelp("Inner width of the position-wise networks.", valueName: "n"))
    var feedForward: Int?

    @Option(
        help: "Where layers normalize: after each sum, or before each sublayer (default: post).")
    var norm: NormPlacement?

    @Option(help: "Of the position-wise networks (default: relu).")
    var activation: TransformerActivationChoice?

    @Option(help: ArgumentHelp("Dropout of attention weights (default: 0).", valueName: "p"))
    var attentionDropout: Float?

    @Option(
        help: ArgumentHelp(
            "Dropout inside the position-wise networks (default: 0).", valueName: "p"))
    var activationDropout: Float?

    /// Whether any of these options was given.
    var isUsed: Bool {
        sizes != nil || decoderLayers != nil || heads != nil || feedForward != nil || norm != nil
            || activation != nil || attentionDropout != nil || activationDropout != nil
    }

    /// The library's choices, with what both architectures have.
    func choices(
        layers: Int?, width: Int?, isUntied: Bool
    ) -> TranslationOptions.TransformerChoices {
        var result = TranslationOptions.TransformerChoices()
        if let sizes { result.sizes = sizes.sizes }
        if let layers {
            (result.sizes.encoderLayerCount, result.sizes.decoderLayerCount) = (layers, layers)
        }
        if let decoderLayers { result.sizes.decoderLayerCount = decoderLayers }
        if let width { result.sizes.hiddenSize = width }
        if let heads { result.sizes.headCount = heads }
        if let feedForward { result.sizes.feedForwardSize = feedForward }
        if let norm { result.norm = norm }
        if let activation { result.activation = activation.activation }
        result.attentionDropoutProbability = attentionDropout ?? 0
        result.activationDropoutProbability = activationDropout ?? 0
        result.tiesEmbeddings = !isUntied
        return result
    }
}
