import ArgumentParser
import Foundation
import Sesame

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Name the class of each line of text.",
        discussion: """
            Examples:
              echo 'What a lovely day.' | sesame predict --model models/reviews-classifier
              sesame predict --model models/reviews-classifier --json lines.txt

            Prints label and probability a line, between a tab. With --json, one object a line: label, \
            probability, and the probabilities of all classes.
            """
    )

    @OptionGroup var model: ModelOption

    @Argument(help: "A file with a text a line; '-' is standard input.")
    var file = "-"

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
        let classifier = try TextClassifier(modelFolder: model.url)
        var reader = try LineReader(path: file)
        var output = BufferedOutput()
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
                if !reader.hasBufferedLine { break }
            }
            let predictions = try classifier.predict(
                texts, batchSize: batch, precision: precision.precision)
            for prediction in predictions {
                output.line(
                    format.json
                        ? try JSON.line(Record(prediction, labels: classifier.labels))
                        : "\(prediction.label)\t\(prediction.probability.fixed(4))")
            }
            output.flush()
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
