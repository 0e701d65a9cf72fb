import ArgumentParser
import Foundation
import Sesame

struct FinetuneClassify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Teach a pretrained GPT or BERT to name the class of a text.",
        discussion: """
            Examples:
              sesame finetune classify reviews --model models/articles-bert
              sesame finetune classify --train train.tsv --validation dev.tsv --text-column sentence \
            --model models/articles-bert --output models/sentiment

            The classes are the labels of the training documents. Where there are no validation \
            documents, a tenth of the training documents is held out. The weights of the best \
            evaluation are kept. Ctrl-C leaves a checkpoint.
            """
    )

    private static let defaults = ClassifierOptions()

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
        help: ArgumentHelp("The pretrained model's folder.", valueName: "folder"))
    var base: String

    @Flag(help: "Begin with random weights of the model's sizes, to see what pretraining is worth.")
    var fromScratch = false

    @Option(
        help: ArgumentHelp(
            "Tokens of the longest text, special ones included; the rest is cut (default: the model's limit).",
            valueName: "n"))
    var maxLength: Int?

    @Option(help: ArgumentHelp("Dropout probability.", valueName: "p"))
    var dropout = Self.defaults.dropoutProbability ?? 0

    @Flag(help: "Keep the weights of the last step, not those of the best evaluation.")
    var keepLast = false

    @OptionGroup(title: "Training options") var training: TrainingArguments<ClassifierDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: ClassifierOptions {
        var result = ClassifierOptions()
        result.fromScratch = fromScratch
        result.maxLength = maxLength
        result.dropoutProbability = dropout
        result.keepsBest = !keepLast
        result.training = training.options
        return result
    }

    func validate() throws {
        if corpus == nil && train.isEmpty {
            throw ValidationError("Name a corpus, or a file of labelled texts with --train.")
        }
        if corpus != nil && !(train.isEmpty && validation.isEmpty) {
            throw ValidationError("Name either a corpus or files, not both.")
        }
        try usage { try options.validate() }
        if let file = train.first { _ = try table.resolved(for: file, defaultLabel: "label") }
    }

    func run() throws {
        threads.apply()
        let base = URL(fileURLWithPath: base)
        // A folder that cannot be used is found before anything is imported.
        _ = try TrainedModelFolder(base)
        let display = TrainingDisplay(quiet: output.quiet)
        let name = corpus ?? Self.corpusName(of: train[0])
        let workspace = corpus == nil ? try workspace.openOrCreate() : try workspace.open()
        if corpus == nil { try importFiles(as: name, into: workspace, display) }
        display.progress.begin("prepare")
        let result = try finetuneClassifier(
            workspace: workspace, corpus: name, from: base, options: options,
            output: model.resolved(default: "\(name)-classifier", workspace: self.workspace),
            onEvent: display.show, shouldStop: { display.shouldStop })
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
        as name: String, into workspace: Workspace, _ display: TrainingDisplay
    ) throws {
        let inputs =
            train.map { CorpusSource.Input($0, split: .train) }
            + validation.map { CorpusSource.Input($0, split: .validation) }
        let format = try table.resolved(for: train[0], defaultLabel: "label")
        let summary = try workspace.importCorpus(
            name: name, from: CorpusSource(format, inputs: inputs),
            options: ImportOptions(existing: .replace))
        display.progress.note(
            "Imported \(summary.documentCount.counted("document")) as corpus '\(name)'.")
    }
}
