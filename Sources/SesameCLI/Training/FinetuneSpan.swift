import ArgumentParser
import Sesame

struct FinetuneSpan: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "span",
        abstract: "Teach a pretrained BERT to answer questions with parts of a text.",
        discussion: """
            Examples:
              sesame finetune span --train train-v1.1.json --validation dev-v1.1.json --model MiniLM \
            --learning-rate 5e-5
              sesame finetune span squad --model MiniLM --max-length 256 --window-overlap 64

            The corpus holds paragraphs with questions ('corpus import' of SQuAD's JSON, version 1.1 or \
            2.0). A paragraph longer than --max-length is read in windows that overlap. Where some of \
            the training questions have no answer, the model may give none. The weights of the best \
            evaluation are kept, by F1. Ctrl-C leaves a checkpoint.
            """
    )

    private static let usual = SpanOptions()

    @OptionGroup var data: FinetuneData
    @OptionGroup var pretrained: PretrainedArguments

    @Option(
        help: ArgumentHelp(
            "Tokens of a long text that neighbouring windows share.", valueName: "n"))
    var windowOverlap = Self.usual.windowOverlap

    @Option(
        help: ArgumentHelp("Tokens of the longest question; the rest is cut.", valueName: "n"))
    var maxQuestionLength = Self.usual.maxQuestionLength

    @Option(help: ArgumentHelp("Tokens of the longest answer.", valueName: "n"))
    var maxAnswerLength = Self.usual.maxAnswerLength

    @Option(
        help: ArgumentHelp(
            "By how much the score of there being no answer must exceed the best one's for none to be given, where some training questions have none.",
            valueName: "x"))
    var noAnswerThreshold = Self.usual.noAnswerThreshold

    @OptionGroup(title: "Training options") var training: TrainingArguments<SpanDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: SpanOptions {
        var result = SpanOptions()
        result.windowOverlap = windowOverlap
        result.maxQuestionLength = maxQuestionLength
        result.maxAnswerLength = maxAnswerLength
        result.noAnswerThreshold = noAnswerThreshold
        result.finetuning = pretrained.options(
            over: result.finetuning, training: training.options)
        return result
    }

    func validate() throws {
        try usage { try options.validate() }
    }

    func run() throws {
        let base = try pretrained.folder()
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: NextCommand.evaluation(of: data.name, in: workspace)
        ) { display in
            try finetuneSpans(
                workspace: data.open(workspace, display) { _ in .squad }, corpus: data.name,
                from: base, options: options,
                output: model.resolved(default: "\(data.name)-answers", workspace: workspace),
                onEvent: display.show, shouldStop: { display.shouldStop })
        }
    }
}

/// The defaults of `finetune span`.
enum SpanDefaults: TrainingDefaults {
    static var training: TrainingOptions { SpanOptions().finetuning.training }
    static var batchHelp: String { "Windows a batch" }
}
