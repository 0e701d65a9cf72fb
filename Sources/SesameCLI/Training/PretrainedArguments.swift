import ArgumentParser
import Foundation
import Sesame

/// The pretrained model that a command fine-tunes, and how.
struct PretrainedArguments: ParsableArguments {
    private static let defaults = FinetuningOptions()

    @Option(
        name: [.customLong("model")],
        help: ArgumentHelp(
            "The folder of the pretrained model, ours or a published one.", valueName: "folder"))
    var base: String

    @Option(
        help: ArgumentHelp(
            "Dropout probability (default: \(defaults.dropoutProbability ?? 0)).", valueName: "p"))
    var dropout: Float?

    @Option(help: "Which weights to keep: of the best evaluation, or of the last step.")
    var keep: KeptWeights = .best

    @OptionGroup var encoder: EncoderArguments

    /// The library's options: `defaults` where nothing is said.
    func options(
        over defaults: FinetuningOptions = FinetuningOptions(), training: TrainingOptions
    ) -> FinetuningOptions {
        encoder.options(over: defaults, dropout: dropout, keep: keep, training: training)
    }

    /// The folder; one that cannot be used is found here, before anything is imported.
    func folder() throws -> URL {
        let url = URL(fileURLWithPath: base)
        _ = try TrainedModelFolder(url)
        return url
    }
}

/// How much a GPT goes on learning the language while it learns a task.
struct LanguageModelWeightOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Of a GPT, the weight of the loss of next tokens beside the task's; 0.5 in GPT-1's paper (default: 0).",
            valueName: "x"))
    var lmWeight: Float?

    func applied(to options: FinetuningOptions) -> FinetuningOptions {
        var result = options
        if let lmWeight { result.languageModelWeight = lmWeight }
        return result
    }
}
