import ArgumentParser
import Foundation
import Sesame

struct VectorsEvaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Score word vectors on similarity and analogy sets.",
        discussion: """
            Examples:
              sesame vectors evaluate --vectors vectors.bin --pairs EN-SIMLEX-999.txt EN-WS-353-ALL.txt
              sesame vectors evaluate --vectors vectors.bin --analogies questions-words.txt --limit 30000 --json

            A similarity set has lines of two words and a score; the figure is Spearman's correlation with the \
            cosines. An analogy set has lines of four words in sections that begin with ': name'. Words are compared \
            in upper case, and what holds an unknown word is left out, as gensim does it.
            """
    )

    @OptionGroup var vectors: VectorsOption

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files of pairs of words and scores.", valueName: "file"))
    var pairs: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files of analogy questions.", valueName: "file"))
    var analogies: [String] = []

    @Option(
        help: ArgumentHelp(
            "Take the first n words of the file alone, the most frequent by custom (default: all).",
            valueName: "n"))
    var limit: Int?

    @Flag(help: "Words differ by case.")
    var matchCase = false

    @Flag(help: "What holds an unknown word counts as failed.")
    var countUnknown = false

    @Option(help: "How analogies are answered.")
    var method = AnalogyMethod.addition

    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions

    private struct PairsRecord: Encodable {
        let pairs: Int
        let pearson: Double
        let set: String
        let spearman: Double
        let unknown: Double
    }

    private struct SectionRecord: Encodable {
        let accuracy: Double
        let answered: Int
        let correct: Int
        let name: String
        let unknown: Int

        init(_ section: AnalogyResult.Section) {
            accuracy = section.accuracy
            answered = section.answeredCount
            correct = section.correctCount
            name = section.name
            unknown = section.unknownCount
        }
    }

    private struct AnalogyRecord: Encodable {
        let sections: [SectionRecord]
        let set: String
        let total: SectionRecord
    }

    private struct Result: Encodable {
        var analogies: [AnalogyRecord] = []
        var pairs: [PairsRecord] = []
    }

    func validate() throws {
        if pairs.isEmpty && analogies.isEmpty {
            throw ValidationError("Name sets with --pairs or --analogies.")
        }
        try atLeast(1, "--limit", limit)
    }

    func run() throws {
        threads.apply()
        // What is wrong with a set is said before vectors are read.
        let similarities = try pairs.map { try SimilaritySet(URL(fileURLWithPath: $0)) }
        let questions = try analogies.map { try AnalogySet(URL(fileURLWithPath: $0)) }
        let search = try vectors.search()
        var options = EvaluationOptions()
        options.limit = limit
        options.foldsCase = !matchCase
        options.countsUnknown = countUnknown
        options.method = method
        var result = Result()
        for (path, set) in zip(pairs, similarities) {
            let score = try search.evaluate(set, options: options)
            result.pairs.append(
                PairsRecord(
                    pairs: score.pairCount, pearson: score.pearson, set: Self.name(path),
                    spearman: score.spearman, unknown: score.unknownShare))
        }
        for (path, set) in zip(analogies, questions) {
            let score = try search.evaluate(set, options: options)
            result.analogies.append(
                AnalogyRecord(
                    sections: score.sections.map(SectionRecord.init), set: Self.name(path),
                    total: SectionRecord(score.total)))
        }
        if format.json { return try JSON.print(result) }
        show(result)
    }

    private static func name(_ path: String) -> String {
        URL(fileURLWithPath: path).lastPathComponent
    }

    private func show(_ result: Result) {
        if !result.pairs.isEmpty {
            var table = TextTable([
                ("similarity set", .left), ("pairs", .right), ("unknown", .right),
                ("Spearman", .right), ("Pearson", .right),
            ])
            for set in result.pairs {
                table.add(
                    set.set, "\(set.pairs)", set.unknown.percent, set.spearman.fixed(4),
                    set.pearson.fixed(4))
            }
            table.print()
        }
        for (index, set) in result.analogies.enumerated() {
            if index > 0 || !result.pairs.isEmpty { StandardOutput.line() }
            var table = TextTable([
                (set.set, .left), ("answered", .right), ("unknown", .right), ("correct", .right),
                ("accuracy", .right),
            ])
            for section in set.sections + [set.total] {
                table.add(
                    section.name, "\(section.answered)", "\(section.unknown)",
                    "\(section.correct)", section.accuracy.percent)
            }
            table.print()
        }
    }
}
