import ArgumentParser
import Foundation
import Sesame

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Name the class, or the score, of each line of text.",
        discussion: """
            Examples:
              echo 'What a lovely day.' | sesame predict --model models/reviews-classifier
              sesame predict --model models/reviews-classifier --json lines.txt
              cut -f 2,3 dev.tsv | sesame predict --model models/similarity --pairs

            Prints a line for each: label and probability with a tab between, or the score. With --json, \
            one object a line: label, probability and the probabilities of all classes, or score. With \
            --pairs, each line holds two texts with a tab between.
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
        let predict = try predictor()
        var reader = try LineReader(path: file)
        var output = BufferedOutput()
        var texts: [LabelledText] = []
        var lineCount = 0
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
            for line in try predict(texts) { output.line(line) }
            output.flush()
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

    /// What turns texts into lines of output, after what the model was trained for.
    private func predictor() throws -> ([LabelledText]) throws -> [String] {
        let precision = precision.precision
        if try TrainedModelFolder(model.url).record.task == .regression {
            let scorer = try TextScorer(modelFolder: model.url)
            return { texts in
                try scorer.scores(texts, batchSize: batch, precision: precision).map {
                    format.json ? try JSON.line(["score": $0]) : $0.fixed(4)
                }
            }
        }
        let classifier = try TextClassifier(modelFolder: model.url)
        return { texts in
            try classifier.predict(texts, batchSize: batch, precision: precision).map {
                format.json
                    ? try JSON.line(Record($0, labels: classifier.labels))
                    : "\($0.label)\t\($0.probability.fixed(4))"
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
