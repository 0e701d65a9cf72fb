import ArgumentParser
import Foundation
import Sesame

/// The text that word vectors are trained on, and what its words are.
struct VectorTextOptions: ParsableArguments {
    @Argument(help: "Files with a sentence a line; '-' is standard input.")
    var files: [String] = []

    @Option(
        help: ArgumentHelp(
            "A corpus in the workspace instead of files; a document is a sentence.",
            valueName: "name"))
    var corpus: String?

    @Option(help: "The split of the corpus to train on (default: all).")
    var split: Split?

    @Option(
        help: ArgumentHelp(
            "What cuts the text into words: a tokenizer's file or folder, or the name of a vocabulary in the workspace (default: white space).",
            valueName: "path|name"))
    var tokenizer: String?

    @Flag(help: "Turn text into lower case.")
    var lowercase = false

    @Option(help: ArgumentHelp("Leave out words that come less often.", valueName: "n"))
    var minCount = 5

    @Option(
        help: ArgumentHelp("Keep the n most frequent words (default: all).", valueName: "n"))
    var maxSize: Int?

    @OptionGroup var workspace: WorkspaceOptions

    func validate() throws {
        guard files.isEmpty != (corpus == nil) else {
            throw ValidationError("Name files (or '-' for standard input), or --corpus.")
        }
        if split != nil && corpus == nil { throw ValidationError("--split is for --corpus.") }
        if files.count(where: { $0 == "-" }) > 1 {
            throw ValidationError("Standard input can be read once.")
        }
        try atLeast(1, "--min-count", minCount)
        try atLeast(1, "--max-size", maxSize)
    }

    /// Reads all of the text.
    ///
    /// - Parameter vocabulary: Words that keep their ids.
    func stream(extending vocabulary: Vocabulary?, progress: Progress) throws -> WordStream {
        let tokenizer = try tokenizer.map {
            try TokenizerOptions.load($0, lowercase: false, from: workspace)
        }
        var builder = WordStreamBuilder()
        progress.begin("reading")
        func add(_ line: String) {
            var line = lowercase ? line.lowercased() : line
            if let tokenizer {
                builder.add(
                    words: tokenizer.encodeIDs(line).map { tokenizer.vocabulary.token($0) })
            } else {
                line.withUTF8 { builder.add(utf8: $0) }
            }
            progress.update(fraction: nil) { builder.wordCount.counted("word") }
        }
        if let corpus {
            let documents = try workspace.open().documents(corpus: corpus, split: split)
            while let document = try documents.next() {
                add(document.text)
                if let pair = document.pair { add(pair) }
            }
        }
        for file in files {
            var reader = try LineReader(path: file)
            while let line = try reader.next() { add(line) }
        }
        return try builder.finish(
            minimumCount: minCount, maximumSize: maxSize, extending: vocabulary)
    }
}
