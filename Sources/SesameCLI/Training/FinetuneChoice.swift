import ArgumentParser
import Sesame

struct FinetuneChoice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "choice",
        abstract: "Teach a pretrained GPT or BERT to pick the right one of several endings.",
        discussion: """
            Examples:
              sesame finetune choice --train swag.csv --text-column sent1 --stem-column sent2 \
            --ending-columns ending0 ending1 ending2 ending3 --model MiniLM --learning-rate 5e-5
              sesame finetune choice stories --model models/articles-bert
              sesame finetune choice stories --model models/articles-gpt --lm-weight 0.5

            A document is a text with its endings, in a column each or, in JSON lines, in one array \
            (default: the key 'endings'); the label is the right ending's place, a number from 0 or a \
            letter from A. A stem is put before each ending. The weights of the best evaluation are kept, \
            by accuracy. Ctrl-C leaves a checkpoint.
            """
    )

    @OptionGroup var data: FinetuneData
    @OptionGroup var table: TableOptions
    @OptionGroup var pretrained: PretrainedArguments
    @OptionGroup var language: LanguageModelWeightOption
    @OptionGroup(title: "Training options") var training: TrainingArguments<ChoiceDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: FinetuningOptions {
        language.applied(to: pretrained.options(over: .choice, training: training.options))
    }

    private func format(_ file: String) throws -> CorpusFormat {
        try table.resolved(for: file, defaultLabel: "label", defaultEndings: "endings")
    }

    func validate() throws {
        try usage { try options.validate() }
        if let file = data.train.first { _ = try format(file) }
    }

    func run() throws {
        let base = try pretrained.folder()
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: NextCommand.evaluation(of: data.name, in: workspace)
        ) { display in
            try finetuneChoice(
                workspace: data.open(workspace, display, format: format), corpus: data.name,
                from: base, options: options,
                output: model.resolved(default: "\(data.name)-choice", workspace: workspace),
                onEvent: display.show, shouldStop: { display.shouldStop })
        }
    }
}

/// The defaults of `finetune choice`.
enum ChoiceDefaults: TrainingDefaults {
    static var training: TrainingOptions { FinetuningOptions.choice.training }
    static var batchHelp: String { "Texts a batch, each with all of its endings" }
}
