import ArgumentParser
import Foundation
import Sesame

/// What makes translations of several lengths comparable, as it is typed.
enum LengthPenaltyChoice: String, CaseIterable, ExpressibleByArgument {
    case average, wu, none
}

struct TranslateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "translate",
        abstract: "Translate each line of text.",
        discussion: """
            Examples:
              echo 'ein hund läuft .' | sesame translate --model models/captions-translation
              sesame translate --model models/captions-translation test.de --beam 10 --n-best 3 --json
              echo 'ein hund läuft .' | sesame translate --model models/captions-translation \
            --attention attention.svg

            Prints a line for each. With --n-best, each line has so many translations, one after the \
            other, with the line's number, the score and the text between tabs. With --json, one object a \
            line: the best translations with scores, tokens and, with --attention, weights.
            """
    )

    @OptionGroup var model: ModelOption

    @Argument(help: "A file with a sentence a line; '-' is standard input.")
    var file = "-"

    @Option(
        help: ArgumentHelp(
            "How many translations grow side by side; 1 takes the likeliest token each time.",
            valueName: "n"))
    var beam = 5

    @Option(help: ArgumentHelp("How many translations of each line to print.", valueName: "n"))
    var nBest = 1

    @Option(
        help:
            "What log probabilities are divided by: the length, Wu's ((5 + length) / 6), or nothing."
    )
    var lengthPenalty: LengthPenaltyChoice = .average

    @Option(
        help: ArgumentHelp("The power of the length penalty's divisor.", valueName: "x"))
    var lengthPower: Float = 1

    @Option(
        help: ArgumentHelp(
            "What it costs to leave parts of the source unread (0.2 is usual); 0 for nothing.",
            valueName: "x"))
    var coveragePenalty: Float = 0

    @Option(
        help: ArgumentHelp(
            "Draw where the model looks, for the first line with text, as an SVG picture; with --json also write the weights of every line.",
            valueName: "file.svg"))
    var attention: String?

    @Flag(
        help: "Replace a file that is no picture of attention; an earlier one is always replaced.")
    var force = false

    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions

    /// Sentences that are sorted by length together, so that batches need little padding.
    private static let windowSize = 1024

    private var search: TranslationSearch {
        var search = TranslationSearch()
        search.beamSize = beam
        search.count = nBest
        search.coveragePenalty = coveragePenalty
        search.keepsAttention = attention != nil
        switch lengthPenalty {
        case .average: search.lengthPenalty = .average(lengthPower)
        case .wu: search.lengthPenalty = .wu(lengthPower)
        case .none: search.lengthPenalty = .none
        }
        return search
    }

    func validate() throws {
        if beam < 1 || beam > 1024 {
            throw ValidationError("--beam must be from 1 to 1024, not \(beam).")
        }
        if nBest < 1 || nBest > beam {
            throw ValidationError("--n-best must be from 1 to the beam, \(beam), not \(nBest).")
        }
        try usage { try search.validate() }
    }

    func run() throws {
        threads.apply()
        if let attention {
            try PageFile.check(
                URL(fileURLWithPath: attention), name: attention, mark: AttentionChart.mark,
                kind: "picture of attention", option: "--attention", force: force)
            try requireRoom(for: attention)
        }
        let translator = try Translator(modelFolder: model.url)
        var reader = try LineReader(path: file)
        var output = BufferedOutput()
        var texts: [String] = []
        var lineCount = 0
        var isAtEnd = false
        var isDrawn = false
        while !isAtEnd {
            texts.removeAll(keepingCapacity: true)
            while texts.count < Self.windowSize {
                guard let line = try reader.next() else {
                    isAtEnd = true
                    break
                }
                texts.append(line)
                if !reader.hasBufferedLine { break }
            }
            let found = try translator.translate(
                texts, options: search, precision: precision.precision)
            for (text, translations) in zip(texts, found) {
                lineCount += 1
                if let attention, !isDrawn, let best = translations.first, !best.tokens.isEmpty {
                    try draw(best, of: text, to: attention)
                    isDrawn = true
                }
                try write(translations, of: text, line: lineCount, to: &output)
            }
            output.flush()
        }
    }

    private func write(
        _ translations: [Translation], of text: String, line: Int, to output: inout BufferedOutput
    ) throws {
        if format.json {
            output.line(try JSON.line(Record(line: line, source: text, translations: translations)))
        } else if nBest == 1 {
            output.line(translations.first?.text ?? "")
        } else {
            for translation in translations {
                output.line("\(line)\t\(translation.score.fixed(4))\t\(translation.text)")
            }
        }
    }

    private func draw(_ translation: Translation, of text: String, to path: String) throws {
        let chart = AttentionChart(
            title: "Where the model looks in “\(text)”", columns: translation.sourceTokens,
            rows: translation.tokens, weights: translation.attention)
        do {
            try chart.svg(standalone: true)
                .write(to: URL(fileURLWithPath: path), atomically: true, encoding: .utf8)
        } catch {
            throw CommandError("cannot write \(path): \(fileReason(error))")
        }
    }

    private struct Record: Encodable {
        let line: Int
        let source: String
        let translations: [Translation]
    }
}
