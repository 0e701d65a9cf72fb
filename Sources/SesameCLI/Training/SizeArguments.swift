import ArgumentParser
import Sesame

/// The sizes of a model to train where its options say nothing, and the presets that fit it.
protocol SizeDefaults {
    static var sizes: BlockSizes { get }
    /// Whether a preset is one of this kind.
    static func covers(_ preset: ModelPreset) -> Bool
    /// What `--context` is, for the help.
    static var contextHelp: String { get }
}

/// The sizes that training commands have options for.
struct BlockSizes {
    var layers: Int
    var heads: Int
    var width: Int
    var context: Int
}

extension BlockSizes {
    fileprivate init(_ preset: ModelPreset) {
        let cost = preset.cost
        self.init(
            layers: cost.layerCount, heads: cost.headCount, width: cost.hiddenSize,
            context: cost.maxSequenceLength)
    }
}

/// How large a model is to be: a published model's sizes, single ones, or both.
struct SizeArguments<Defaults: SizeDefaults>: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Sizes of a published model: \(Self.presetNames); options of single sizes go before them.",
            valueName: "name"))
    var preset: String?

    @Option(
        help: ArgumentHelp(
            "Transformer blocks (default: \(Defaults.sizes.layers)).", valueName: "n"))
    var layers: Int?

    @Option(
        help: ArgumentHelp(
            "Attention heads a block; they divide the width (default: \(Defaults.sizes.heads)).",
            valueName: "n"))
    var heads: Int?

    @Option(
        help: ArgumentHelp(
            "Size of the hidden states (default: \(Defaults.sizes.width)).", valueName: "n"))
    var width: Int?

    @Option(
        help: ArgumentHelp(
            "\(Defaults.contextHelp) (default: \(Defaults.sizes.context)).", valueName: "n"))
    var context: Int?

    private static var presetNames: String {
        ModelPreset.all.filter(Defaults.covers).map(\.name).joined(separator: ", ")
    }

    func validate() throws {
        guard let preset, Self.preset(preset) == nil else { return }
        throw ValidationError("--preset is '\(preset)', expected one of \(Self.presetNames).")
    }

    /// The preset of a name; nil where there is none of this kind.
    private static func preset(_ name: String) -> ModelPreset? {
        ModelPreset.named(name).flatMap { Defaults.covers($0) ? $0 : nil }
    }

    /// The sizes that the options come to.
    var sizes: BlockSizes {
        var result = Defaults.sizes
        if let preset, let named = Self.preset(preset) { result = BlockSizes(named) }
        if let layers { result.layers = layers }
        if let heads { result.heads = heads }
        if let width { result.width = width }
        if let context { result.context = context }
        return result
    }
}

extension GPTDefaults: SizeDefaults {
    static var sizes: BlockSizes {
        let options = GPTPretrainingOptions()
        return BlockSizes(
            layers: options.layerCount, heads: options.headCount, width: options.hiddenSize,
            context: options.contextLength)
    }

    static func covers(_ preset: ModelPreset) -> Bool {
        if case .gpt = preset.configuration { true } else { false }
    }

    static var contextHelp: String { "Tokens the model looks at" }
}

extension BERTDefaults: SizeDefaults {
    static var sizes: BlockSizes {
        let options = BERTPretrainingOptions()
        return BlockSizes(
            layers: options.layerCount, heads: options.headCount, width: options.hiddenSize,
            context: options.maxLength)
    }

    static func covers(_ preset: ModelPreset) -> Bool {
        if case .bert = preset.configuration { true } else { false }
    }

    static var contextHelp: String { "Tokens of the longest sequence, special ones included" }
}
