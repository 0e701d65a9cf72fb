import ArgumentParser
import Foundation
import Sesame

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@main
struct SesameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sesame",
        abstract: "From raw text to a trained, fine-tuned language model.",
        discussion: """
            A workspace (one SQLite file) holds corpora, vocabularies and the record of every run; models \
            are folders beside it.

            Begin with:  sesame quickstart
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(name: "Begin:", subcommands: [QuickstartCommand.self]),
            CommandGroup(
                name: "Text:",
                subcommands: [CorpusCommand.self, VocabCommand.self, TokenizeCommand.self]),
            CommandGroup(
                name: "Training:",
                subcommands: [
                    PretrainCommand.self, TrainCommand.self, FinetuneCommand.self, RunsCommand.self,
                ]),
            CommandGroup(name: "Word vectors:", subcommands: [VectorsCommand.self]),
            CommandGroup(
                name: "Models:",
                subcommands: [
                    ModelCommand.self, EvaluateCommand.self, PredictCommand.self,
                    GenerateCommand.self, PromptCommand.self,
                    FillMaskCommand.self, TranslateCommand.self, EmbedCommand.self,
                    ExplainCommand.self,
                ]),
        ]
    )

    /// Parses, runs, and ends the process: 0 done, 1 failed, 64 wrong usage, 130 interrupted.
    static func main() async {
        // A file that grows beyond the user's limit is then an error like a full disk, not the end.
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            if exitCode(for: error) == .success, !(error is ExitCode) {
                StandardOutput.line(HelpText.ownOptionsFirst(fullMessage(for: error)))
                exit(withError: ExitCode.success)
            }
            // Usage errors and plain exit codes are the parser's to present; what a library threw is one line.
            if exitCode(for: error) != .failure || error is ExitCode {
                exit(withError: error)
            }
            StandardError.failure(description(of: error))
            exit(withError: ExitCode.failure)
        }
    }

    /// One line also for what Foundation throws, whose own descriptions are no help to a reader.
    private static func description(of error: any Error) -> String {
        guard let file = error as? CocoaError else { return "\(error)" }
        return "\(file.filePath ?? "a file"): \(fileReason(error))"
    }
}
