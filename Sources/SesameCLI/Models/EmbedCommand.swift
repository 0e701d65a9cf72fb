import ArgumentParser
import Foundation
import Sesame

struct EmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Give each line of text a vector, with a BERT-type encoder or an ELMo.",
        discussion: """
            Examples:
              echo 'A cat sleeps on the sofa.' | sesame embed --model models/encoder --json
              sesame embed --model models/encoder sentences.txt > vectors.tsv
              sesame embed --model models/wiki-elmo --words sentences.txt > words.tsv
              sesame embed --model models/wiki-elmo --corpus sentences

            Prints a vector a line: numbers between tabs, or with --json an array. Vectors have length 1, so \
            that the product of two is their cosine. An ELMo gives the mean of its words' vectors, or with --words \
            a line for each word: the word, and its vector in this sentence, the mean of all layers. \
            With --corpus its vectors of every document, a sentence each, are kept in the workspace, layer by layer.
            """
    )

    @OptionGroup var model: ModelOption

    @Argument(help: "Files with a text a line; '-' is standard input.")
    var files = ["-"]

    @Option(
        help:
            "How the states of a text become its vector: mean or cls (default: as the model's folder says, else mean)."
    )
    var pooling: SentencePooling?

    @Flag(help: "Leave vectors as long as they are.")
    var noNormalize = false

    @Flag(
        help:
            "With an ELMo: a vector for each word rather than for the line; lines end with an empty one."
    )
    var words = false

    @Option(
        help: ArgumentHelp(
            "With an ELMo: keep the vectors of this corpus's documents in the workspace instead of printing any.",
            valueName: "name"))
    var corpus: String?

    @Flag(help: "With --corpus: words are what stands between spaces.")
    var preTokenized = false

    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions

    /// Texts that are sorted by length together.
    private static let windowSize = 2048

    func run() throws {
        threads.apply()
        if let corpus { return try keep(corpus) }
        let embed = try embedder()
        var output = BufferedOutput()
        for file in files {
            var reader = try LineReader(path: file)
            var texts: [String] = []
            var isAtEnd = false
            while !isAtEnd {
                texts.removeAll(keepingCapacity: true)
                while texts.count < Self.windowSize {
                    guard let line = try reader.next() else {
                        isAtEnd = true
                        break
                    }
                    texts.append(line)
                    // What is there is answered at once, for somebody who types.
                    if !reader.hasBufferedLine { break }
                }
                for line in try embed(texts) { output.line(line) }
                output.flush()
            }
        }
    }

    private func keep(_ corpus: String) throws {
        let vectors = try PrecomputedVectors(
            workspace: workspace.open(), modelFolder: model.url,
            words: preTokenized ? .spaces : .tokenizer)
        let computed = try vectors.compute(corpus: corpus, precision: precision.precision)
        let count = try vectors.count(corpus: corpus)
        StandardOutput.line(
            format.json
                ? try JSON.line(["computed": computed, "documents": count])
                : "Vectors of \(count) documents of '\(corpus)', \(computed) of them new.")
    }

    /// What turns texts into lines of output, by the kind of the model.
    private func embedder() throws -> ([String]) throws -> [String] {
        let type = try? ModelFolder.summary(of: model.url).modelType
        guard type == ELMoConfig.modelType else {
            if words { throw CommandError("--words is for an ELMo, which \(model.model) is not") }
            let encoder = try SentenceEncoder(modelFolder: model.url)
            return { texts in
                try encoder.vectors(
                    for: texts, pooling: pooling, normalized: !noNormalize,
                    precision: precision.precision
                ).map { text($0) }
            }
        }
        if let pooling, pooling != .mean {
            throw CommandError(
                "an ELMo's states have no pooling '\(pooling.rawValue)'; leave --pooling out")
        }
        let encoder = try WordEncoder(modelFolder: model.url)
        return { texts in
            guard words else {
                return encoder.textVectors(
                    for: texts, normalized: !noNormalize, precision: precision.precision
                ).map { text($0) }
            }
            let sentences = texts.map(encoder.words(of:))
            let vectors = encoder.vectors(for: sentences, precision: precision.precision)
            return try zip(sentences, vectors).flatMap { sentence, vectors in
                let size = encoder.vectorSize
                let numbers = vectors.scalars
                return try sentence.enumerated().map { index, word in
                    try line(word, Array(numbers[index * size..<(index + 1) * size]))
                } + [""]
            }
        }
    }

    private func line(_ word: String, _ vector: [Float]) throws -> String {
        format.json
            ? try JSON.line(WordLine(vector: vector, word: word)) : word + "\t" + text(vector)
    }

    private struct WordLine: Encodable {
        let vector: [Float]
        let word: String
    }

    private func text(_ vector: [Float]) -> String {
        let numbers = vector.lazy.map { "\($0)" }
        return format.json
            ? "[" + numbers.joined(separator: ",") + "]" : numbers.joined(separator: "\t")
    }
}
