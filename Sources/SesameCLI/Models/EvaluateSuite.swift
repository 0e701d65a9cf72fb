import ArgumentParser
import Foundation
import Sesame

struct EvaluateSuite: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suite",
        abstract: "Fine-tune a model on each of several labelled sets, and score it on them.",
        discussion: """
            Examples:
              sesame evaluate suite suite.json --model models/articles-bert
              sesame evaluate suite suite.json --data sets --model all-MiniLM-L6-v2 --learning-rate 5e-5 \
            --sets sst2,mrpc --seeds 1,2,3,4,5

            The JSON file lists the sets: {"sets": [{"name": "sst2", "task": "classification", "train": \
            ["sst2/train.tsv"], "validation": ["sst2/dev.tsv"], "text": "sentence", "label": "label"}]}. Tasks are \
            classification, pairClassification, regression, tagging, questionAnswering and multipleChoice; \
            further keys are test, format (tsv, csv, jsonl, labelled, conll, squad), pair, endings, stem, \
            header, heldOut, split, metrics, epochs, learningRate, batchSize, maxLength and windowOverlap. \
            Each set is run with each seed, just as 'sesame finetune' and 'sesame evaluate' would; an ELMo \
            stays as it is below a TextCNN or a BiLSTM-CRF. A set that the model cannot be put to, such as \
            tagging with a GPT, is left out, and the results say why. Prints a table and writes results.json \
            and index.html. After Ctrl-C the same command with --resume goes on.
            """
    )

    @Argument(help: "The JSON file that lists the sets.")
    var suite: String

    @OptionGroup var model: ModelOption

    @Option(
        help: ArgumentHelp(
            "The folder that the sets' paths are relative to (default: that of the JSON file).",
            valueName: "folder"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "The sets to run, with commas between (default: all).", valueName: "names"))
    var sets: String?

    @Option(help: ArgumentHelp("The seeds, with commas between.", valueName: "n"))
    var seeds = "1,2,3"

    @Option(
        help: ArgumentHelp(
            "The folder for the results (default: named after the model, under suites/).",
            valueName: "folder"))
    var output: String?

    @Flag(help: "Go on with the results in that folder.")
    var resume = false

    @Flag(help: "Keep the fine-tuned models.")
    var keepModels = false

    @Option(
        help: ArgumentHelp(
            "Passes over the training documents (default: the task's).", valueName: "n"))
    var epochs: Int?

    @Option(help: ArgumentHelp("Documents a batch (default: the task's).", valueName: "n"))
    var batch: Int?

    @Option(
        help: ArgumentHelp("The highest learning rate (default: the task's).", valueName: "rate"))
    var learningRate: Float?

    @Option(help: ArgumentHelp("AdamW's weight decay (default: the task's).", valueName: "x"))
    var weightDecay: Float?

    @Option(
        help: ArgumentHelp(
            "AdamW's decay of the mean squared gradient (default: the task's).", valueName: "x"))
    var beta2: Float?

    @Option(
        help: ArgumentHelp(
            "AdamW's floor of the denominator (default: the task's).", valueName: "x"))
    var epsilon: Float?

    @Option(
        help: ArgumentHelp(
            "Tokens of the longest text (default: the model's limit).", valueName: "n"))
    var maxLength: Int?

    @Option(help: "Precision of matrix products (default: the task's).")
    var precision: Precision?

    @Option(help: "Which weights are scored: those of the best evaluation, or of the last step.")
    var keep: KeptWeights = .best

    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var format: OutputOptions

    private func seedList() throws -> [UInt64] {
        try seeds.split(separator: ",").map { part in
            guard let seed = UInt64(part.trimmingCharacters(in: .whitespaces)) else {
                throw ValidationError(
                    "--seeds are whole numbers with commas between, not '\(seeds)'.")
            }
            return seed
        }
    }

    private func options() throws -> SuiteOptions {
        func adjusted(_ training: TrainingOptions) -> TrainingOptions {
            var result = training
            if let epochs { result.limit = .epochs(epochs) }
            if let batch { result.batchSize = batch }
            if let learningRate { result.learningRate = learningRate }
            if let weightDecay { result.weightDecay = weightDecay }
            if let beta2 { result.beta2 = beta2 }
            if let epsilon { result.epsilon = epsilon }
            if let precision { result.precision = precision }
            return result
        }
        var result = SuiteOptions()
        result.seeds = try seedList()
        result.keepsModels = keepModels
        for path: WritableKeyPath<SuiteOptions, FinetuningOptions> in [
            \.finetuning, \.encoderTagger.finetuning, \.spans.finetuning, \.choice,
        ] {
            if let maxLength { result[keyPath: path].maxLength = maxLength }
            result[keyPath: path].training = adjusted(result[keyPath: path].training)
            result[keyPath: path].keepsBest = keep == .best
        }
        result.textCNN.training = adjusted(result.textCNN.training)
        result.tagger.training = adjusted(result.tagger.training)
        if let maxLength { result.textCNN.maxLength = maxLength }
        result.textCNN.keepsBest = keep == .best
        result.tagger.keepsBest = keep == .best
        return result
    }

    func validate() throws {
        let options = try options()
        try usage { try options.validate() }
    }

    func run() throws {
        threads.apply()
        let file = URL(fileURLWithPath: suite)
        var suite = try EvaluationSuite(file: file)
        if let sets {
            suite.sets = try sets.split(separator: ",").map { name in
                guard let set = suite.sets.first(where: { $0.name == name }) else {
                    throw CommandError(
                        "\(self.suite) has no set '\(name)': there is "
                            + suite.sets.map(\.name).joined(separator: ", "))
                }
                return set
            }
        }
        let folder = URL(fileURLWithPath: output ?? "suites/\(model.url.lastPathComponent)")
        let display = TrainingDisplay(quiet: format.quiet)
        let report: SuiteReport
        do {
            report = try whereItExists("--output; --resume goes on with these results") {
                try evaluateSuite(
                    suite,
                    data: data.map { URL(fileURLWithPath: $0) }
                        ?? file.deletingLastPathComponent(),
                    model: model.url, options: options(), folder: folder, resuming: resume,
                    onEvent: { try show($0, display) }, shouldStop: { display.shouldStop })
            }
        } catch is ExitCode {
            // Ctrl-C while a set was being prepared: what is done is in the folder.
            report = try SuiteReport(folder: folder)
        }
        display.progress.finish()
        try writePage(report, to: folder.appendingPathComponent("index.html"))
        if format.json {
            try JSON.print(report)
        } else {
            table(of: report).print()
            StandardOutput.line()
            for omission in report.omissions {
                StandardOutput.line("\(omission.set) is left out: \(omission.reason).")
            }
            StandardOutput.line(
                "Results: \(folder.appendingPathComponent("results.json").shortPath), "
                    + "\(folder.appendingPathComponent("index.html").shortPath).")
        }
        guard !report.isComplete else { return }
        display.progress.warn(
            "Stopped after \(report.results.count) of "
                + "\(report.trainingCount) trainings. The same command with --resume "
                + "goes on from there.")
        throw ExitCode(Interruption.exitStatus)
    }

    private func show(_ event: SuiteEvent, _ display: TrainingDisplay) throws {
        switch event {
        case .began(let set, let seed, let index, let count):
            display.progress.note("\(set), seed \(seed) (\(index + 1) of \(count))")
            display.progress.begin("prepare")
        case .training(let event): try display.show(event)
        case .scored(let result):
            display.progress.note(
                "\(result.set), seed \(result.seed): \(MetricText.line(result.metrics)).")
        }
    }

    private func table(of report: SuiteReport) -> TextTable {
        var table = TextTable(
            [("set", .left), ("split", .left), ("documents", .right), ("metric", .left)]
                + report.seeds.map { ("seed \($0)", .right) }
                + [("mean", .right), ("deviation", .right)])
        for row in SuitePage.Row.rows(of: report) { table.add(row.cells) }
        return table
    }

    private func writePage(_ report: SuiteReport, to file: URL) throws {
        let page = SuitePage(
            model: report.model, seeds: report.seeds.map { "\($0)" },
            rows: SuitePage.Row.rows(of: report), isComplete: report.isComplete)
        try PageFile.write(page.html(), to: file, name: file.shortPath, kind: "page")
    }
}

extension SuitePage.Row {
    /// The rows of a report; a set's name, split and number of documents stand in its first row alone.
    fileprivate static func rows(of report: SuiteReport) -> [SuitePage.Row] {
        var last = ""
        return report.rows.map { row in
            defer { last = row.set }
            let isFirst = row.set != last
            func text(_ value: Double) -> String { value.fixed(4) }
            return SuitePage.Row(
                set: isFirst ? row.set : "", split: isFirst ? row.split : "",
                count: isFirst && row.count > 0 ? row.count.grouped : "", metric: row.metric,
                values: report.seeds.indices.map {
                    row.values.indices.contains($0) ? text(row.values[$0]) : "–"
                }, mean: row.values.isEmpty ? "–" : text(row.mean),
                deviation: row.deviation.map(text) ?? "–", omission: row.omission)
        }
    }
}
