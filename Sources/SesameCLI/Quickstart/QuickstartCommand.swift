import ArgumentParser
import Foundation
import Sesame

struct QuickstartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quickstart",
        abstract:
            "Go from raw text to a fine-tuned model and generated text, in under three minutes.",
        discussion: """
            Example:  sesame quickstart

            Imports the texts that come with Sesame, makes vocabularies, trains a small GPT and a \
            small BERT, fine-tunes the BERT on labelled sentences, and measures it on sentences it has \
            not seen. Each command is printed before it runs, so that it can be repeated by hand.
            """
    )

    @Option(
        help: ArgumentHelp(
            "The folder with english/, chinese/ and reviews/ (default: corpora/ here or in the checkout).",
            valueName: "folder"))
    var corpora: String?

    @Option(
        help: ArgumentHelp(
            "The folder to work in (default: quickstart, or quickstart-2, … where that exists).",
            valueName: "folder"))
    var output: String?

    @OptionGroup var seed: SeedOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var display: OutputOptions

    func run() throws {
        let start = ContinuousClock.now
        let corpora = try CorporaFolder.locate(corpora)
        let folder = try makeFolder()
        let story = QuickstartStory(
            corpora: corpora.shortPath, folder: folder.shortPath, seed: seed.seed,
            threads: threads.threads, isQuiet: display.quiet)

        NextCommand.isSilent.store(true, ordering: .relaxed)
        for step in story.steps {
            if !display.json {
                StandardOutput.line(step.title)
                StandardOutput.line("  $ \(ShellWords.line(["sesame"] + step.arguments))")
            }
            try run(step)
            if !display.json { StandardOutput.line() }
        }

        let report = try evaluate(
            modelFolder: URL(fileURLWithPath: story.classifier),
            workspace: Workspace(path: story.workspace, mode: .open), corpus: "reviews",
            split: .test)
        let seconds = (ContinuousClock.now - start).seconds
        if display.json {
            return try JSON.print(
                Record(folder: folder.shortPath, seconds: seconds, metrics: report.metrics))
        }
        let accuracy = report.metrics[MetricName.accuracy] ?? 0
        let majority = report.metrics[MetricName.majorityAccuracy] ?? 0
        StandardOutput.line(
            "Done in \(spokenDuration(seconds: seconds)). On \(Int(report.metrics[MetricName.count] ?? 0)) "
                + "sentences it had never seen, the classifier is right for \(accuracy.percent); always "
                + "naming the more frequent class would be right for \(majority.percent).")
        StandardOutput.line("Everything is in \(folder.shortPath)/.")
        NextCommand.isSilent.store(false, ordering: .relaxed)
        NextCommand.suggest("predict", "--model", story.classifier)
    }

    private struct Record: Encodable {
        let folder: String
        let seconds: Double
        /// The classifier's, on the test sentences.
        let metrics: Metrics
    }

    /// A new folder; nothing that exists is touched.
    private func makeFolder() throws -> URL {
        func url(_ name: String) -> URL { URL(fileURLWithPath: name) }
        func exists(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: url(name).path)
        }
        let name: String
        if let output {
            guard !exists(output) else {
                throw CommandError("\(output) exists already: name another folder with --output")
            }
            name = output
        } else {
            let names = ["quickstart"] + (2...1000).map { "quickstart-\($0)" }
            guard let free = names.first(where: { !exists($0) }) else {
                throw CommandError(
                    "quickstart to quickstart-1000 exist already: name another folder with --output"
                )
            }
            name = free
        }
        do {
            try FileManager.default.createDirectory(
                at: url(name), withIntermediateDirectories: true)
        } catch {
            throw CommandError("cannot make the folder \(name): name another one with --output")
        }
        return url(name)
    }

    /// Runs a command line in this process.
    private func run(_ step: QuickstartStory.Step) throws {
        if display.json { StandardOutput.isMuted.store(true, ordering: .relaxed) }
        defer { StandardOutput.isMuted.store(false, ordering: .relaxed) }
        var command = try SesameCommand.parseAsRoot(step.arguments)
        try CurrentCommand.with(arguments: step.arguments) { try command.run() }
    }
}
