import ArgumentParser

struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Turn text into token ids, and ids into text.",
        discussion: "Example:  echo 'Hello, world!' | sesame tokenize encode --tokenizer english",
        subcommands: [TokenizeEncode.self, TokenizeDecode.self]
    )
}
