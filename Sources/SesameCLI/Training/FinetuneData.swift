import ArgumentParser
import Foundation
import Sesame

/// What a model is fine-tuned on: a corpus of the workspace, or files that become one.
struct FinetuneData: ParsableArguments {
    @Argument(help: "A corpus of such documents; or name files with --train.")
    var corpus: String?

    @Option(
        help: ArgumentHelp(
            "A file of training documents; it becomes a corpus of the workspace. May be repeated.",
            valueName: "file"))
    var train: [String] = []

    @Option(
        help: ArgumentHelp("A file of validation documents; may be repeated.", valueName: "file"))
    var validation: [String] = []

    func validate() throws {
        if corpus == nil && train.isEmpty {
            throw ValidationError("Name a corpus, or a file of training documents with --train.")
        }
        if corpus != nil && !(train.isEmpty && validation.isEmpty) {
            throw ValidationError("Name either a corpus or files, not both.")
        }
    }

    /// The corpus's name: "train" for data/train.tsv.
    var name: String {
        if let corpus { return corpus }
        let name = URL(fileURLWithPath: train[0]).deletingPathExtension().lastPathComponent
        return name.isEmpty ? "finetune" : name
    }

    /// The workspace, with the files imported where there are any.
    ///
    /// - Parameter format: How documents lie in the files, of which it is given the first.
    func open(
        _ options: WorkspaceOptions, _ display: TrainingDisplay,
        format: (String) throws -> CorpusFormat
    ) throws -> Workspace {
        guard corpus == nil else { return try options.open() }
        let workspace = try options.openOrCreate()
        let inputs =
            train.map { CorpusSource.Input($0, split: .train) }
            + validation.map { CorpusSource.Input($0, split: .validation) }
        let summary = try workspace.importCorpus(
            name: name, from: CorpusSource(try format(train[0]), inputs: inputs),
            options: ImportOptions(existing: .replace))
        display.progress.note(
            "Imported \(summary.documentCount.counted("document")) as corpus '\(name)'.")
        return workspace
    }
}
