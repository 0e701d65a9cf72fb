import ArgumentParser
import Foundation
import Sesame

/// The tokenizers that are timed.
enum TokenizerModel: String, CaseIterable, ExpressibleByArgument {
    case wordpiece
    case bytelevelBPE = "bytelevel-bpe"

    func load(_ url: URL) throws -> Tokenizer {
        let tokenizer = try Tokenizer.load(url, lowercase: true)
        guard tokenizer.kind.rawValue == rawValue else {
            throw ValidationError("\(url.path) is a \(tokenizer.kind.rawValue) tokenizer.")
        }
        return tokenizer
    }
}

/// Encoding a whole file, line by line.
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Times encoding a file, line by line: with cold caches, then warm.",
        discussion: """
            Examples:
              sesame-bench tokenize --model wordpiece --vocabulary vocab.txt --text novels.txt
              sesame-bench tokenize --model bytelevel-bpe --vocabulary vocab.json --text novels.txt

            With one thread lines are encoded one after the other; with more, in one batch. The load \
            of the vocabulary is timed by itself.
            """)

    @Option(help: "Which tokenizer: wordpiece or bytelevel-bpe.")
    var model: TokenizerModel = .wordpiece

    @Option(
        help: """
            The vocabulary: a vocab.txt (taken as uncased), a tokenizer.json, or a vocab.json with its \
            merges.txt beside it.
            """)
    var vocabulary: String

    @Option(help: "The text, UTF-8.")
    var text: String

    @Flag(help: "Also work out offsets, tokens' types and masks.")
    var offsets = false

    @OptionGroup var measurement: MeasurementOptions

    func run() throws {
        let url = URL(fileURLWithPath: vocabulary)
        let loading = try measurement.times {
            guard try model.load(url).vocabulary.count > 0 else { return }
        }
        let lines = try TextLines(path: text)
        let megabytes = Double(lines.byteCount) / 1e6
        let threads = measurement.threads ?? 1
        let tokenizer = try model.load(url)
        let clock = ContinuousClock()
        let start = clock.now
        var count = encode(lines.lines, tokenizer, threads)
        let first = (clock.now - start).inSeconds
        let warm = measurement.times { count = encode(lines.lines, tokenizer, threads) }

        var line = MeasurementLine(
            name: "vocabulary.load", amount: 1000 * loading[loading.count / 2], unit: "ms",
            times: [1])
        line.add("tokens", Double(tokenizer.vocabulary.count))
        line.printed()
        report("first", megabytes, [first], threads, count)
        report("warm", megabytes, warm, threads, count)
    }

    private func encode(_ lines: [String], _ tokenizer: Tokenizer, _ threads: Int) -> Int {
        switch (offsets, threads) {
        case (false, 1): lines.reduce(0) { $0 + tokenizer.encodeIDs($1).count }
        case (true, 1):
            lines.reduce(0) { $0 + tokenizer.encode($1, addSpecialTokens: false).count }
        case (false, _):
            tokenizer.encodeIDsBatch(lines, threads: threads).reduce(0) { $0 + $1.count }
        case (true, _):
            tokenizer.encodeBatch(lines, addSpecialTokens: false, threads: threads)
                .reduce(0) { $0 + $1.count }
        }
    }

    private func report(
        _ part: String, _ megabytes: Double, _ times: [Double], _ threads: Int, _ count: Int
    ) {
        var line = MeasurementLine(
            name: "tokenize.\(model.rawValue).\(part)", amount: megabytes, unit: "MB/s",
            times: times, threads: threads)
        line.add("offsets", text: offsets ? "yes" : "no")
        line.add("bytes", megabytes * 1e6)
        line.add("ids", Double(count))
        line.printed()
    }
}

/// The lines of a text file, repaired where they are not UTF-8.
struct TextLines {
    let lines: [String]
    let byteCount: Int

    init(path: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        byteCount = data.count
        lines = data.split(separator: 0x0A, omittingEmptySubsequences: false).map {
            UTF8Repair.repair($0).text
        }
    }
}
