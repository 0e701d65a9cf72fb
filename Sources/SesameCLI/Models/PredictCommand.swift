import ArgumentParser
import Foundation
import Sesame

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract:
            "Name the class, the score, the words' tags, or the answer for each line of input.",
        discussion: """
            Examples:
              echo 'What a lovely day.' | sesame predict --model models/reviews-classifier
              sesame predict --model models/reviews-classifier --json lines.txt
              cut -f 2,3 dev.tsv | sesame predict --model models/similarity --pairs
              echo 'Ada Lovelace lived in London .' | sesame predict --model models/names-tagger
              sesame predict --model models/squad-answers --json questions.jsonl

            Prints a line for each: label and probability with a tab between, or the score. With --json, \
            one object a line: label, probability and the probabilities of all classes, or score. With \
            --pairs, each line holds two texts with a tab between. A tagger takes a sentence a line, words \
            with spaces between; it prints a word and its tag a line, tab-separated, and an empty line after \
            each sentence, or with --json the words, tags and entities of each. A model that answers \
            questions takes a JSON object a line, with question and context; it prints the answer and its \
            probability, nothing and that of no answer where there is none, or with --json the answer with \
            where it begins and ends in the context, in code points. A model that picks endings takes an object \
            a line too, with text and endings, and prints the ending's place, from 0, and its probability.
            """
    )

    @OptionGroup var model: ModelOption

    @Argument(help: "A file with a text a line; '-' is standard input.")
    var file = "-"

    @Flag(help: "Each line holds a pair of texts with a tab between.")
    var pairs = false

    @Option(help: ArgumentHelp("Texts a forward pass.", valueName: "n"))
    var batch = 32

    @Option(
        help: ArgumentHelp(
            "How many of the best answers to a question are listed with --json.", valueName: "n"))
    var bestAnswers = 1

    @Option(
        help: ArgumentHelp(
            "By how much the score of there being no answer must exceed the best one's for none to be given (default: the model's).",
            valueName: "x"))
    var noAnswerThreshold: Double?

    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions

    /// Texts that are sorted by length together, so that batches need little padding.
    private static let windowSize = 1024

    func validate() throws {
        try atLeast(1, "--best-answers", bestAnswers)
        try atLeast(1, "--batch", batch)
    }

    func run() throws {
        threads.apply()
        let predictor = try LinePredictor(
            modelFolder: model.url,
            settings: PredictSettings(
                isJSON: format.json, hasPairs: pairs, batchSize: batch,
                precision: precision.precision,
                bestCount: bestAnswers, noAnswerThreshold: noAnswerThreshold))
        var reader = try LineReader(path: file)
        var output = BufferedOutput()
        var lines: [InputLine] = []
        var lineCount = 0
        var tooLongCount = 0
        var isAtEnd = false
        while !isAtEnd {
            lines.removeAll(keepingCapacity: true)
            while lines.count < Self.windowSize {
                guard let line = try reader.next() else {
                    isAtEnd = true
                    break
                }
                lineCount += 1
                lines.append(InputLine(file: file, number: lineCount, text: line))
                if !reader.hasBufferedLine { break }
            }
            let result = try predictor.predict(lines)
            for line in result.output { output.line(line) }
            output.flush()
            tooLongCount += result.tooLongCount
        }
        if tooLongCount > 0 {
            StandardError.write(
                "\(tooLongCount.grouped) of \(lineCount.counted("text")) had more than the "
                    + "\(predictor.maxLength) tokens that the model reads; their ends were left out.\n"
            )
        }
    }
}
