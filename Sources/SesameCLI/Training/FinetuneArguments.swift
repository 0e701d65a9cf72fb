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

    @Argument(help: "A corpus whose documents have labels; or name files with --train.")
    var corpus: String?

    @Option(
        help: ArgumentHelp(
            "A file of labelled training texts; it becomes a corpus of the workspace. May be repeated.",
            valueName: "file"))
    var train: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file of labelled validation texts; may be repeated.", valueName: "file"))
    var validation: [String] = []

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

    @Flag(help: "Begin with random weights of the model's sizes, to see what pretraining is worth.")
    var fromScratch = false

    @Option(
        help: ArgumentHelp(
            "Tokens of the longest text, special ones included; the rest is cut (default: the model's limit).",
            valueName: "n"))
    var maxLength: Int?

    @Option(
        help: ArgumentHelp(
            "Dropout probability (default: \(defaults.dropoutProbability ?? 0), textcnn: \(TextCNNOptions().dropoutProbability)).",
            valueName: "p"))
    var dropout: Float?

    @OptionGroup var layers: LayerArguments

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
        var result = FinetuningOptions()
        result.fromScratch = fromScratch
        result.maxLength = maxLength
        if let dropout { result.dropoutProbability = dropout }
        result.keepsBest = keep == .best
        result.augmentation = changes.augmentation
        result.training = layers.applied(to: training.options)
        return result
    }

    private var textCNNOptions: TextCNNOptions {
        var result = textCNN.options
        if let maxLength { result.maxLength = maxLength }
        if let dropout { result.dropoutProbability = dropout }
        result.keepsBest = keep == .best
        result.augmentation = changes.augmentation
        result.training = layers.applied(to: training.options(over: result.training))
        return result
    }

    func validate() throws {
        if corpus == nil && train.isEmpty {
            throw ValidationError("Name a corpus, or a file of labelled texts with --train.")
        }
        if corpus != nil && !(train.isEmpty && validation.isEmpty) {
            throw ValidationError("Name either a corpus or files, not both.")
        }
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
            if base != nil || fromScratch {
                throw ValidationError(
                    "--model and --from-scratch are for pretrained models; --architecture textcnn "
                        + "begins from word vectors (--vectors).")
            }
            if textCNN.tokenizer == nil {
                throw ValidationError(
                    "--architecture textcnn needs a tokenizer: name one with --tokenizer, usually of "
                        + "words (sesame vocab build --kind word).")
            }
            try usage { try textCNNOptions.validate() }
        }
        if let file = train.first { _ = try table.resolved(for: file, defaultLabel: "label") }
    }

    /// Trains and reports.
    func run(_ task: FinetuningTask) throws {
        threads.apply()
        let base = base.map { URL(fileURLWithPath: $0) }
        // A folder that cannot be used is found before anything is imported.
        if let base { _ = try TrainedModelFolder(base) }
        let display = TrainingDisplay(quiet: output.quiet)
        let name = corpus ?? Self.corpusName(of: train[0])
        let workspace = corpus == nil ? try workspace.openOrCreate() : try workspace.open()
        if corpus == nil {
            try importFiles(as: name, into: workspace, paired: task == .pairClassification, display)
        }
        display.progress.begin("prepare")
        let kind = task == .regression ? "regressor" : "classifier"
        let destination = model.resolved(default: "\(name)-\(kind)", workspace: self.workspace)
        let result =
            if let base {
                try finetune(
                    task, workspace: workspace, corpus: name, from: base, options: options,
                    output: destination, onEvent: display.show,
                    shouldStop: { display.shouldStop })
            } else {
                try trainTextCNN(
                    task, workspace: workspace, corpus: name,
                    tokenizer: TokenizerOptions.load(
                        textCNN.tokenizer ?? "", lowercase: false, from: self.workspace),
                    options: textCNNOptions, output: destination, onEvent: display.show,
                    shouldStop: { display.shouldStop })
            }
        try display.report(result, json: output.json) { model in
            ["evaluate"] + model + ["--corpus", name, "--split", "test"]
        }
    }

    /// "train" for data/train.tsv.
    private static func corpusName(of path: String) -> String {
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        return name.isEmpty ? "finetune" : name
    }

    private func importFiles(
        as name: String, into workspace: Workspace, paired: Bool, _ display: TrainingDisplay
    ) throws {
        let inputs =
            train.map { CorpusSource.Input($0, split: .train) }
            + validation.map { CorpusSource.Input($0, split: .validation) }
        let format = try table.resolved(
            for: train[0], defaultLabel: "label", defaultPair: paired ? "pair" : nil)
        let summary = try workspace.importCorpus(
            name: name, from: CorpusSource(format, inputs: inputs),
            options: ImportOptions(existing: .replace))
        display.progress.note(
            "Imported \(summary.documentCount.counted("document")) as corpus '\(name)'.")
    }
}
