import ArgumentParser
import Foundation
import Sesame

struct EvaluateModel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Measure a model on one split of a corpus, or on a file of labelled texts.",
        discussion: """
            Examples:
              sesame evaluate --model models/reviews-classifier --corpus reviews --split test
              sesame evaluate --model models/sentiment --file dev.tsv --text-column sentence

            A GPT is scored over the whole text, a BERT on masked tokens and sentence pairs beside the \
            unigram baseline, a classifier by accuracy, F1 and Matthews' correlation beside the majority \
            class, a translation model by BLEU of what a beam search finds, a model of scores by Pearson's \
            and Spearman's correlation, a tagger by precision, recall and F1 of entities (conlleval's), \
            a model that answers questions by exact match and F1 (SQuAD's), one that picks endings by \
            accuracy. Losses are in nats, or squared errors for scores.
            """
    )

    @OptionGroup var model: ModelOption

    @Option(help: ArgumentHelp("The corpus to measure on.", valueName: "name"))
    var corpus: String?

    @Option(help: "The documents of the corpus to measure on.")
    var split: Split = .validation

    @Option(
        help: ArgumentHelp(
            "A file of labelled texts, tagged sentences, questions or choices, for a fine-tuned model.",
            valueName: "file"))
    var file: String?

    @OptionGroup var table: TableOptions
    @Option(
        help: ArgumentHelp(
            "Of a translation model, how many translations grow side by side; 1 is greedy (default: 5).",
            valueName: "n"))
    var beam: Int?

    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if (corpus == nil) == (file == nil) {
            throw ValidationError("Name either a corpus with --corpus or a file with --file.")
        }
        if let beam, !(1...1024).contains(beam) {
            throw ValidationError("--beam must be from 1 to 1024, not \(beam).")
        }
        if let file { _ = try table.resolved(for: file, defaultLabel: "label") }
    }

    func run() throws {
        threads.apply()
        let progress = Progress(quiet: output.quiet)
        progress.begin("evaluate")
        let report: EvaluationReport
        if let corpus {
            report = try evaluate(
                modelFolder: model.url, workspace: workspace.open(), corpus: corpus, split: split,
                precision: precision.precision, beamSize: beam
            ) { event in
                if case .preparing(let what) = event { progress.update(fraction: nil) { what } }
            }
        } else if let file {
            report = try measured(file)
        } else {
            return
        }
        progress.finish()
        if output.json { return try JSON.print(report) }
        show(report)
    }

    /// Measures on a file, read the way an import reads it.
    private func measured(_ file: String) throws -> EvaluationReport {
        let format = try table.resolved(for: file, defaultLabel: "label")
        let task = try TrainedModelFolder(model.url).record.task
        if task == .classification || task == .regression {
            return try evaluate(
                modelFolder: model.url, texts: TemporaryWorkspace.read([file], format: format),
                precision: precision.precision)
        }
        return try TemporaryWorkspace.with([file], format: format) { workspace, corpus in
            try evaluate(
                modelFolder: model.url, workspace: workspace, corpus: corpus, split: .train,
                precision: precision.precision)
        }
    }

    private func show(_ entities: EntityScores) {
        guard !entities.byType.isEmpty else { return }
        StandardOutput.line()
        var table = TextTable([
            ("entity", .left), ("actual", .right), ("predicted", .right), ("precision", .right),
            ("recall", .right), ("F1", .right),
        ])
        for (type, counts) in entities.byType.sorted(by: { $0.key < $1.key }) + [
            ("all", entities.total)
        ] {
            table.add([
                type, counts.actual.grouped, counts.predicted.grouped, counts.precision.fixed(4),
                counts.recall.fixed(4), counts.f1.fixed(4),
            ])
        }
        table.print()
    }

    private func show(_ report: EvaluationReport) {
        let count = Int(report.metrics[MetricName.count] ?? 0)
        let unit = report.task.unit
        if count > 0 {
            StandardOutput.line("\(MetricText.line(report.metrics)), over \(count.counted(unit)).")
        } else {
            StandardOutput.line("\(MetricText.line(report.metrics)).")
        }
        if let entities = report.entities { show(entities) }
        guard let confusion = report.confusion else { return }
        StandardOutput.line()
        var table = TextTable(
            [("actual \\ predicted", .left)] + confusion.labels.map { ($0, .right) }
                + [("precision", .right), ("recall", .right), ("F1", .right)])
        for (index, label) in confusion.labels.enumerated() {
            table.add(
                [label] + confusion.counts[index].map(\.grouped) + [
                    confusion.precision(index).fixed(3), confusion.recall(index).fixed(3),
                    confusion.f1(index).fixed(3),
                ])
        }
        table.print()
    }
}
