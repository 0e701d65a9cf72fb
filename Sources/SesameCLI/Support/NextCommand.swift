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
        var words = ["sesame"] + arguments
        if let workspace, workspace.workspace != WorkspaceOptions.defaultPath {
            words += ["--workspace", workspace.workspace]
        }
        StandardOutput.line("Next: \(ShellWords.line(words))")
    }
}
