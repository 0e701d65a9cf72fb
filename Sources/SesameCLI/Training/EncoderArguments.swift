import ArgumentParser
import Sesame

/// How a pretrained model is fine-tuned, whatever it is to learn.
struct EncoderArguments: ParsableArguments {
    @Flag(help: "Begin with random weights of the model's sizes, to see what pretraining is worth.")
    var fromScratch = false

    @Option(
        help: ArgumentHelp(
            "Tokens that the model reads at once, special ones included; the rest is cut, or read in windows (default: the model's limit, for 'span' at most \(SpanOptions().finetuning.maxLength ?? 0)).",
            valueName: "n"))
    var maxLength: Int?

    @OptionGroup var layers: LayerArguments

    /// Whether any of these options was given.
    var isUsed: Bool {
        fromScratch || maxLength != nil || layers.freezeLayers != 0 || layers.layerDecay != 1
    }

    /// The library's options: `defaults` where nothing is said.
    func options(
        over defaults: FinetuningOptions = FinetuningOptions(), dropout: Float?,
        keep: KeptWeights, training: TrainingOptions
    ) -> FinetuningOptions {
        var result = defaults
        result.fromScratch = fromScratch
        if let maxLength { result.maxLength = maxLength }
        if let dropout { result.dropoutProbability = dropout }
        result.keepsBest = keep == .best
        result.training = layers.applied(to: training)
        return result
    }
}
