import ArgumentParser
import Foundation
import Sesame

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Name the class, the score, or the words' tags of each line of text.",
        discussion: """
            Examples:
              echo 'What a lovely day.' | sesame predict --model models/reviews-classifier
              sesame predict --model models/reviews-classifier --json lines.txt
              cut -f 2,3 dev.tsv | sesame predict --model models/similarity --pairs
              echo 'Ada Lovelace lived in London .' | sesame predict --model models/names-tagger

            Prints a line for each: label and probability with a tab between, or the score. With --json, \
            one object a line: label, probability and the probabilities of all classes, or score. With \
            --pairs, each line holds two texts with a tab between. A tagger takes a sentence a line, words \
            with spaces between; it prints a word and its tag a line, tab-separated, and an empty line after \
            each sentence, or with --json the words, tags and entities of each.
            """
    )

    @OptionGroup var model: ModelOption

    @Argument(help: "A file with a text a line; '-' is standard input.")
    var file = "-"

    @Flag(help: "Each line holds a pair of texts with a tab between.")
    var pairs = false

    @Option(help: ArgumentHelp("Texts a forward pass.", valueName: "n"))
    var batch = 32

    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions

    /// Texts that are sorted by length together, so that batches need little padding.
    private static let windowSize = 1024

    func validate() throws {
        if batch < 1 { throw ValidationError("--batch must be 1 or more, not \(batch).") }
    }

    func run() throws {
        threads.apply()
        let predictor = try predictor()
        var reader = try LineReader(path: file)
        var output = BufferedOutput()
        var texts: [LabelledText] = []
        var lineCount = 0
        var tooLongCount = 0
        var isAtEnd = false
        while !isAtEnd {
            texts.removeAll(keepingCapacity: true)
            while texts.count < Self.windowSize {
                guard let line = try reader.next() else {
                    isAtEnd = true
                    break
                }
                lineCount += 1
                texts.append(try parsed(line, number: lineCount))
                if !reader.hasBufferedLine { break }
            }
            for line in try predictor.lines(texts) { output.line(line) }
            output.flush()
            tooLongCount += predictor.countTooLong(texts)
        }
        if tooLongCount > 0 {
            StandardError.write(
                "\(tooLongCount.grouped) of \(lineCount.counted("text")) had more than the "
                    + "\(predictor.maxLength) tokens that the model reads; their ends were left out.\n"
            )
        }
    }

    private func parsed(_ line: String, number: Int) throws -> LabelledText {
        guard pairs else { return LabelledText(line) }
        let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw CommandError(
                "\(file == "-" ? "standard input" : file) line \(number): expected two texts with a "
                    + "tab between, found \((parts.count - 1).counted("tab"))")
        }
        return LabelledText(String(parts[0]), pair: String(parts[1]))
    }

    /// Turns texts into lines of output, after what the model was trained for.
    private struct Predictor {
        let lines: ([LabelledText]) throws -> [String]
        /// The most tokens of a text that the model reads.
        var maxLength = Int.max
        var countTooLong: ([LabelledText]) -> Int = { _ in 0 }
    }

    private func predictor() throws -> Predictor {
        let precision = precision.precision
        let task = try TrainedModelFolder(model.url).record.task
        if task == .tagging {
            return Predictor(lines: tagging(try TextTagger(modelFolder: model.url)))
        }
        if task == .regression {
            let scorer = try TextScorer(modelFolder: model.url)
            return Predictor(
                lines: { texts in
                    try scorer.scores(texts, batchSize: batch, precision: precision).map {
                        format.json ? try JSON.line(["score": $0]) : $0.fixed(4)
                    }
                }, maxLength: scorer.maxLength, countTooLong: scorer.countTooLong)
        }
        let classifier = try TextClassifier(modelFolder: model.url)
        return Predictor(
            lines: { texts in
                try classifier.predict(texts, batchSize: batch, precision: precision).map {
                    format.json
                        ? try JSON.line(Record($0, labels: classifier.labels))
                        : "\($0.label)\t\($0.probability.fixed(4))"
                }
            }, maxLength: classifier.maxLength, countTooLong: classifier.countTooLong)
    }

    private func tagging(_ tagger: TextTagger) -> ([LabelledText]) throws -> [String] {
        { texts in
            let sentences = texts.map {
                $0.text.split(whereSeparator: \.isWhitespace).map(String.init)
            }
            let tags = try tagger.tags(
                of: sentences, batchSize: batch, precision: precision.precision)
            return try zip(sentences, tags).map { words, tags in
                format.json
                    ? try JSON.line(TaggedRecord(words: words, tags: tags))
                    : zip(words, tags).map { "\($0)\t\($1)\n" }.joined()
            }
        }
    }

    private struct TaggedRecord: Encodable {
        struct Entity: Encodable {
            let type: String
            let text: String
            /// Places of the first word and of the one after the last.
            let start: Int
            let end: Int
        }

        let words: [String]
        let tags: [String]
        let entities: [Entity]

        init(words: [String], tags: [String]) {
            self.words = words
            self.tags = tags
            entities = EntitySpan.spans(of: tags).map { span in
                Entity(
                    type: span.type, text: words[span.words].joined(separator: " "),
                    start: span.words.lowerBound, end: span.words.upperBound)
            }
        }
    }

    private struct Record: Encodable {
        let label: String
        let probability: Double
        let probabilities: [String: Double]

        init(_ prediction: Prediction, labels: [String]) {
            label = prediction.label
            probability = prediction.probability
            probabilities = Dictionary(
                zip(labels, prediction.probabilities), uniquingKeysWith: { first, _ in first })
        }
    }
}
