import ArgumentParser

struct FinetuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finetune",
        abstract: "Teach a pretrained model a task.",
        discussion: "Example:  sesame finetune classify reviews --model models/articles-bert",
        subcommands: [
            FinetuneClassify.self, FinetunePair.self, FinetuneRegress.self, FinetuneTag.self,
            FinetuneSpan.self, FinetuneChoice.self,
        ]
    )
}
