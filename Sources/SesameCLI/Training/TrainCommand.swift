import ArgumentParser

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a model for a task from nothing but its data.",
        discussion:
            "Example:  sesame train translate captions --source-tokenizer german --target-tokenizer english",
        subcommands: [TrainTranslate.self]
    )
}
