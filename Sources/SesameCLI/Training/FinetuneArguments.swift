import ArgumentParser
import Foundation
import Sesame

/// Which weights a fine-tuning run ends with.
enum KeptWeights: String, CaseIterable, ExpressibleByArgument {
    case best, last
}

/// What the commands under `sesame finetune` have in common.
struct FinetuneArguments: ParsableArguments {
    private static let defaults = FinetuningOptions()

    @OptionGroup var data: FinetuneData
    @OptionGroup var table: TableOptions

    @Option(
        name: [.customLong("model")],
        help: ArgumentHelp(
            "The pretrained model's folder, ours or a published one (config.json, model.safetensors, vocab.txt).",
            valueName: "folder"))
    var base: String?

    @Option(
        help:
            "What to train: the pretrained model of --model, or a convolutional network over word vectors, which needs --tokenizer instead."
    )
    var architecture: Architecture = .pretrained

    @Option(
        help: ArgumentHelp(
            "How a GPT reads texts: plain; delimited, between start, delimiter and extract tokens, which it learns; both-orders, the same with pairs in both orders, for similarity (default: delimited).",
            valueName: "form"))
    var inputs: FinetuningInputs?

    @OptionGroup var language: LanguageModelWeightOption
    @OptionGroup var encoder: EncoderArguments

    @Option(
        help: ArgumentHelp(
            "Dropout probability (default: \(defaults.dropoutProbability ?? 0), textcnn: \(TextCNNOptions().dropoutProbability)).",
            valueName: "p"))
    var dropout: Float?

    @Option(
        help:
            "Which weights to keep: of the best evaluation, by accuracy or Spearman's correlation, or of the last step."
    )
    var keep: KeptWeights = .best

    @OptionGroup(title: "Options of --architecture textcnn") var textCNN: TextCNNArguments
    @OptionGroup(title: "Augmentation of the training texts") var changes: AugmentationArguments
    @OptionGroup(title: "Training options") var training: TrainingArguments<FinetuningDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: FinetuningOptions {
        var result = language.applied(
            to: encoder.options(dropout: dropout, keep: keep, training: training.options))
        if let inputs { result.inputs = inputs }
        result.augmentation = changes.augmentation
        return result
    }

    private var textCNNOptions: TextCNNOptions {
        var result = textCNN.options
        if let maxLength = encoder.maxLength { result.maxLength = maxLength }
        if let dropout { result.dropoutProbability = dropout }
        result.keepsBest = keep == .best
        result.augmentation = changes.augmentation
        result.training = encoder.layers.applied(to: training.options(over: result.training))
        return result
    }

    func validate() throws {
        switch architecture {
        case .pretrained:
            if base == nil {
                throw ValidationError(
                    "Name the pretrained model's folder with --model, or train a network from words "
                        + "with --architecture textcnn.")
            }
            if textCNN.isUsed {
                throw ValidationError(
                    "--tokenizer, --vectors, --embedding-size, --widths, --filters, --batch-norm and "
                        + "--max-norm are for --architecture textcnn.")
            }
            try usage { try options.validate() }
        case .textcnn:
            if base != nil || encoder.fromScratch || inputs != nil || language.lmWeight != nil {
                throw ValidationError(
                    "--model, --from-scratch, --inputs and --lm-weight are for pretrained models; --architecture textcnn "
                        + "begins from word vectors (--vectors).")
            }
            if textCNN.tokenizer == nil {
                throw ValidationError(
                    "--architecture textcnn needs a tokenizer: name one with --tokenizer, usually of "
                        + "words (sesame vocab build --kind word).")
            }
            try usage { try textCNNOptions.validate() }
        }
        if let file = data.train.first {
            _ = try table.resolved(for: file, defaultLabel: "label")
        }
    }

    /// Trains and reports.
    func run(_ task: FinetuningTask) throws {
        let base = base.map { URL(fileURLWithPath: $0) }
        // A folder that cannot be used is found before anything is imported.
        if let base { _ = try TrainedModelFolder(base) }
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: NextCommand.evaluation(of: data.name, in: workspace)
        ) { display in
            let workspace = try data.open(workspace, display) { file in
                try table.resolved(
                    for: file, defaultLabel: "label",
                    defaultPair: task == .pairClassification ? "pair" : nil)
            }
            let kind = task == .regression ? "regressor" : "classifier"
            let destination = model.resolved(
                default: "\(data.name)-\(kind)", workspace: self.workspace)
            guard let base else {
                return try trainTextCNN(
                    task, workspace: workspace, corpus: data.name,
                    tokenizer: TokenizerOptions.load(
                        textCNN.tokenizer ?? "", lowercase: false, from: self.workspace),
                    options: textCNNOptions, output: destination, onEvent: display.show,
                    shouldStop: { display.shouldStop })
            }
            return try finetune(
                task, workspace: workspace, corpus: data.name, from: base, options: options,
                output: destination, onEvent: display.show,
                shouldStop: { display.shouldStop })
        }
    }
}
