import ArgumentParser
import Foundation
import Sesame

struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Continue a text with a GPT.",
        discussion: """
            Examples:
              sesame generate --model models/novels-gpt --prompt 'It was a dark night' --tokens 200
              sesame generate --model models/novels-gpt --temperature 0.7 --top-k 40 --seed 7
              sesame generate --model models/novels-gpt --prompts beginnings.txt --json

            At --temperature 0 the likeliest token is always taken. The same seed gives the same text, \
            whether the prompt comes alone or among others.
            """
    )

    @OptionGroup var model: ModelOption

    @Option(
        help: ArgumentHelp(
            "The text to continue (default: the beginning of a document).", valueName: "text"))
    var prompt: String?

    @Option(
        help: ArgumentHelp(
            "A file with a prompt a line, all continued with the model loaded once; '-' is standard input.",
            valueName: "file"))
    var prompts: String?

    @Option(help: ArgumentHelp("Tokens to generate at most.", valueName: "n"))
    var tokens = 200

    @Option(help: ArgumentHelp("How many texts to generate for a prompt.", valueName: "n"))
    var count = 1

    @Option(
        help: ArgumentHelp(
            "Below 1 is safer, above 1 is wilder; 0 takes the likeliest.", valueName: "x"))
    var temperature: Float = 0.8

    @Option(
        help: ArgumentHelp(
            "Draw from this many of the likeliest tokens (default: all).", valueName: "n"))
    var topK: Int?

    @Option(
        help: ArgumentHelp(
            "Draw from the likeliest tokens that reach this probability together.", valueName: "p"))
    var topP: Float = 1

    @OptionGroup var seed: SeedOption
    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions

    func validate() throws {
        try atLeast(1, "--tokens", tokens)
        if prompt != nil && prompts != nil {
            throw ValidationError("Give either --prompt or --prompts, not both.")
        }
        try atLeast(1, "--count", count)
        try usage { _ = try sampler(0) }
    }

    private func sampler(_ index: Int) throws -> Sampler {
        try Sampler(
            temperature: temperature, topK: topK, topP: topP, seed: seed.seed &+ UInt64(index))
    }

    func run() throws {
        threads.apply()
        let generator = try TextGenerator(modelFolder: model.url)
        guard let prompts else { return try generate(prompt ?? "", with: generator, isFirst: true) }
        var reader = try LineReader(path: prompts)
        var isFirst = true
        while let line = try reader.next() {
            try generate(line, with: generator, isFirst: isFirst)
            isFirst = false
        }
    }

    private func generate(
        _ prompt: String, with generator: TextGenerator, isFirst: Bool
    ) throws {
        for index in 0..<count {
            var sampler = try sampler(index)
            if format.json {
                let text = try generator.generate(
                    prompt: prompt, count: tokens, sampler: &sampler,
                    precision: precision.precision)
                try JSON.print(
                    Record(prompt: prompt, text: text, seed: seed.seed &+ UInt64(index)))
                continue
            }
            // Each piece is shown as soon as it is sure, so that a reader can follow.
            if index > 0 || !isFirst { StandardOutput.line("--") }
            StandardOutput.write(prompt)
            _ = try generator.generate(
                prompt: prompt, count: tokens, sampler: &sampler,
                precision: precision.precision
            ) { piece in
                StandardOutput.write(piece)
                return true
            }
            StandardOutput.line()
        }
    }

    private struct Record: Encodable {
        let prompt: String
        let text: String
        let seed: UInt64
    }
}
