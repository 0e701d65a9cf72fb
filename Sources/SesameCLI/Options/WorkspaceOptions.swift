import ArgumentParser
import Sesame

/// Where corpora, vocabularies and runs are kept.
struct WorkspaceOptions: ParsableArguments {
    static let defaultPath = "sesame.sqlite"

    @Option(
        help: ArgumentHelp(
            "The SQLite file that holds corpora, vocabularies and runs.", valueName: "file"))
    var workspace = WorkspaceOptions.defaultPath

    /// The option as a command to try needs it: nothing for the usual workspace.
    var words: [String] { workspace == Self.defaultPath ? [] : ["--workspace", workspace] }

    /// Opens the workspace for a command that needs something in it.
    func open() throws -> Workspace { try Workspace(path: workspace, mode: .open) }

    /// Opens the workspace for a command that puts something in it.
    func openOrCreate() throws -> Workspace { try Workspace(path: workspace) }
}
