import ArgumentParser

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure a model on a set, or fine-tune and measure it on many.",
        discussion: """
            Examples:
              sesame evaluate --model models/reviews-classifier --corpus reviews --split test
              sesame evaluate suite suite.json --model models/articles-bert
            """,
        subcommands: [EvaluateModel.self, EvaluateSuite.self], defaultSubcommand: EvaluateModel.self
    )
}
