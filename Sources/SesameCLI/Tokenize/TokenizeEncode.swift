import ArgumentParser
import Sesame

struct TokenizeEncode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encode",
        abstract: "Turn lines of text into tokens.",
        discussion: """
            Examples:
              echo 'Hello, world!' | sesame tokenize encode --tokenizer english
              sesame tokenize encode --tokenizer vocab.txt --lowercase --json < lines.txt

            Prints the tokens of each line, or its ids. With --json, one object a line: ids, tokens, and \
            offsets (half-open ranges of UTF-8 bytes in the line; added special tokens have [0,0]). Bytes \
            that are not UTF-8 are read as U+FFFD.
            """
    )

    @OptionGroup var tokenizer: TokenizerOptions

    @Argument(help: "A file of lines to read; '-' is standard input.")
    var file = "-"

    @Flag(help: "Print ids instead of tokens.")
    var ids = false

    @Flag(help: "Leave out the special tokens that the tokenizer puts around a text.")
    var noSpecialTokens = false

    @Option(
        help: ArgumentHelp(
            "The most tokens a line may have, special ones included (default: no limit).",
            valueName: "n"))
    var maxLength: Int?

    @OptionGroup var threads: ThreadsOption
    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var format: FormatOptions

    /// Lines that are tokenised together.
    private static let batchSize = 4096

    func validate() throws {
        if ids && format.json { throw ValidationError("--json prints ids too; leave out --ids.") }
        try atLeast(1, "--max-length", maxLength)
    }

    func run() throws {
        let tokenizer = try tokenizer.load(from: workspace)
        let truncation = maxLength.map { Truncation(maxLength: $0) }
        var reader = try LineReader(path: file)
        var output = BufferedOutput()
        var lines: [String] = []
        var isAtEnd = false
        while !isAtEnd {
            lines.removeAll(keepingCapacity: true)
            // Whatever is here already goes together; nobody who types a line waits for the next one.
            while lines.count < Self.batchSize {
                guard let line = try reader.next() else {
                    isAtEnd = true
                    break
                }
                lines.append(line)
                if !reader.hasBufferedLine { break }
            }
            let encodings = tokenizer.encodeBatch(
                lines, addSpecialTokens: !noSpecialTokens, truncation: truncation,
                threads: threads.threads)
            for encoding in encodings { write(encoding, tokenizer.vocabulary, to: &output) }
            output.flush()
        }
    }

    private func write(
        _ encoding: Encoding, _ vocabulary: Vocabulary, to output: inout BufferedOutput
    ) {
        output.append { bytes in
            if format.json {
                TokenLine.appendJSON(encoding, vocabulary, to: &bytes)
            } else if ids {
                TokenLine.appendIDs(encoding, separator: " ", to: &bytes)
            } else {
                TokenLine.appendTokens(encoding, vocabulary, to: &bytes)
            }
            bytes.append(UInt8(ascii: "\n"))
        }
    }
}
