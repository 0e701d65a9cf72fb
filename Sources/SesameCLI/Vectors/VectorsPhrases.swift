import ArgumentParser
import Foundation
import Sesame

struct VectorsPhrases: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phrases",
        abstract: "Join words that stand together more often than chance has it.",
        discussion: """
            Examples:
              sesame vectors phrases sentences.txt > joined.txt
              sesame vectors phrases sentences.txt --passes 2 --connectors english --list
              sesame vectors phrases sentences.txt --score npmi --threshold 0.5 --lowercase > joined.txt

            Reads a sentence a line, its words between spaces, and prints it with phrases joined: new york becomes \
            new_york. Each further pass joins phrases into longer ones, up to three and four words with two passes. \
            --list prints the phrases and their scores instead, the highest first.
            """
    )

    @Argument(help: "Files with a sentence a line; '-' is standard input.")
    var files = ["-"]

    @Option(
        help: "How pairs are scored: mikolov (by counts) or npmi (pointwise mutual information).")
    var score = PhraseOptions.Score.mikolov

    @Option(
        help: ArgumentHelp(
            "A phrase scores above this (default: 10, of npmi 0.5).", valueName: "number"))
    var threshold: Double?

    @Option(help: ArgumentHelp("How often a pair must be seen.", valueName: "n"))
    var minCount = 5

    @Option(help: ArgumentHelp("How often pairs are joined.", valueName: "n"))
    var passes = 1

    @Option(help: ArgumentHelp("What stands between a phrase's words.", valueName: "text"))
    var joiner = "_"

    @Option(
        help: ArgumentHelp(
            "Words that may stand within a phrase alone: 'english' for articles, prepositions and conjunctions, or a file with one a line (default: none).",
            valueName: "english|file"))
    var connectors: String?

    @Flag(help: "Turn text into lower case.")
    var lowercase = false

    @Flag(help: "Print the phrases with their scores rather than the text.")
    var list = false

    @OptionGroup var format: OutputOptions

    private struct Phrase: Encodable {
        let phrase: String
        let score: Double
    }

    func validate() throws {
        try atLeast(1, "--passes", passes)
        if files.count(where: { $0 == "-" }) > 1 {
            throw ValidationError("Standard input can be read once.")
        }
        if format.json && !list {
            throw ValidationError("--json is for --list; the text itself is printed as it is.")
        }
        // Connectors from a file are read when the command runs.
        try usage {
            var options = options
            if let connectors, connectors == "english" {
                options.connectors = PhraseOptions.englishConnectors
            }
            try options.validate()
        }
    }

    private var options: PhraseOptions {
        var options = PhraseOptions()
        options.score = score
        options.threshold = threshold ?? (score == .npmi ? 0.5 : 10)
        options.minimumCount = minCount
        options.joiner = joiner
        return options
    }

    func run() throws {
        var options = options
        if let connectors {
            options.connectors =
                connectors == "english" ? PhraseOptions.englishConnectors : try words(connectors)
        }
        let progress = Progress(quiet: format.quiet)
        // Standard input comes once, however many passes there are.
        var kept: [String]?
        if files.contains("-") {
            var lines: [String] = []
            try forEachLine { lines.append($0) }
            kept = lines
        }
        func forEachSentence(_ body: ([String]) -> Void) throws {
            let split = { (line: String) in
                body(
                    (lowercase ? line.lowercased() : line)
                        .split(whereSeparator: \.isWhitespace).map(String.init))
            }
            if let kept { kept.forEach(split) } else { try forEachLine(split) }
        }
        var detectors: [PhraseDetector] = []
        for pass in 1...passes {
            progress.begin("pass \(pass) of \(passes)")
            var detector = try PhraseDetector(options: options)
            try forEachSentence { sentence in
                detector.count(detectors.reduce(sentence) { $1.joined($0) })
                progress.update(fraction: nil) { "\(detector.wordCount.grouped) words" }
            }
            detectors.append(detector)
        }
        progress.finish()
        if list {
            var phrases: [String: Double] = [:]
            try forEachSentence { sentence in
                var words = sentence
                for detector in detectors {
                    detector.findPhrases(in: words, into: &phrases)
                    words = detector.joined(words)
                }
            }
            return try show(phrases)
        }
        var output = BufferedOutput()
        try forEachSentence { sentence in
            output.line(detectors.reduce(sentence) { $1.joined($0) }.joined(separator: " "))
        }
    }

    private func forEachLine(_ body: (String) -> Void) throws {
        for file in files {
            var reader = try LineReader(path: file)
            while let line = try reader.next() { body(line) }
        }
    }

    private func words(_ path: String) throws -> Set<String> {
        var words: Set<String> = []
        var reader = try LineReader(path: path)
        while let line = try reader.next() {
            let word = line.trimmingCharacters(in: .whitespaces)
            if !word.isEmpty { words.insert(word) }
        }
        return words
    }

    private func show(_ phrases: [String: Double]) throws {
        let sorted = phrases.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        guard !format.json else {
            for phrase in sorted {
                try JSON.print(Phrase(phrase: phrase.key, score: phrase.value))
            }
            return
        }
        var table = TextTable([("phrase", .left), ("score", .right)])
        for phrase in sorted { table.add(phrase.key, phrase.value.fixed(3)) }
        table.print()
    }
}
