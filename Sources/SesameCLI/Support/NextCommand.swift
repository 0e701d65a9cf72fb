import Sesame
import Synchronization

/// The last line of a command's text output: a command to try next.
enum NextCommand {
    /// Set while one command runs others, which then suggest nothing.
    static let isSilent = Atomic<Bool>(false)

    static func suggest(_ arguments: String..., workspace: WorkspaceOptions? = nil) {
        suggest(arguments, workspace: workspace)
    }

    static func suggest(_ arguments: [String], workspace: WorkspaceOptions? = nil) {
        guard !isSilent.load(ordering: .relaxed) else { return }
        let words = ["sesame"] + arguments + (workspace?.words ?? [])
        StandardOutput.line("Next: \(ShellWords.line(words))")
    }

    /// Measures a model on documents that it has not learnt from, where the corpus has any.
    ///
    /// - Returns: The command, from the option that names the model.
    static func evaluation(
        of corpus: String, in workspace: WorkspaceOptions
    ) -> (_ model: [String]) -> [String] {
        { model in
            let opened = try? workspace.open()
            let split = [Split.test, .validation, .train].first {
                (try? opened?.documentCount(corpus: corpus, split: $0)) ?? 0 > 0
            }
            return ["evaluate"] + model
                + ["--corpus", corpus, "--split", (split ?? .test).rawValue] + workspace.words
        }
    }
}
