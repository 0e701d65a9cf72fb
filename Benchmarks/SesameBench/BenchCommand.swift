import ArgumentParser

@main
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sesame-bench", abstract: "Times Sesame through its public API.",
        subcommands: [
            GemmCommand.self, LanguageModelCommand.self, BiLMCommand.self, DecodeCommand.self,
            AttentionCommand.self,
            EncodeCommand.self, OutputsCommand.self, TokenizeCommand.self, VocabularyCommand.self,
            StoreCommand.self, VectorTrainingCommand.self, VectorSearchCommand.self,
        ])
}
