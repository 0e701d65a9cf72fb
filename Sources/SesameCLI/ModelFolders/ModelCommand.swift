import ArgumentParser

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Bring in published models, pass models on, and look at them.",
        discussion: "Example:  sesame model info models/articles-bert",
        subcommands: [ModelImport.self, ModelExport.self, ModelInfoCommand.self]
    )
}
