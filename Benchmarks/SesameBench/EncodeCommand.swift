import ArgumentParser
import Foundation
import Sesame

/// Sentence vectors of a real encoder.
struct EncodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encode",
        abstract: "Times sentence vectors, tokenization included.",
        discussion: """
            Example: sesame-bench encode --model all-MiniLM-L6-v2 --texts sts-dev.csv --column 6 --column 7

            The texts are the lines of the file, or columns of its tab-separated lines.
            """)

    @Option(help: "The folder of a BERT-type encoder.")
    var model: String

    @Option(help: "A file with a text a line.")
    var texts: String

    @Option(help: "A column of tab-separated lines that holds a text, from 1; may be given again.")
    var column: [Int] = []

    @Option(
        help:
            "The column, from 1, of a score for a pair of texts; also prints Spearman's correlation with the cosines."
    )
    var score: Int?

    @Option(help: "Precision of matrix products: float32 or bfloat16.")
    var precision: Precision = .float32

    @OptionGroup var measurement: MeasurementOptions

    func validate() throws {
        guard column.allSatisfy({ $0 >= 1 }), score ?? 1 >= 1 else {
            throw ValidationError("columns are counted from 1")
        }
        guard score == nil || column.count == 2 else {
            throw ValidationError("--score needs two columns of texts")
        }
    }

    func run() throws {
        measurement.apply()
        let content = String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: texts)), as: UTF8.self)
        let rows = content.split(whereSeparator: \.isNewline).map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        func values(_ column: Int) throws -> [String] {
            try rows.map { row in
                guard row.count >= column else {
                    throw ValidationError(
                        "a line of \(texts) has \(row.count) columns, not \(column)")
                }
                return row[column - 1]
            }
        }
        let columns =
            column.isEmpty ? [rows.map { $0.joined(separator: "\t") }] : try column.map(values)
        let encoder = try SentenceEncoder(modelFolder: URL(fileURLWithPath: model))
        var vectors: [[[Float]]] = []
        let times = try measurement.times {
            vectors = try columns.map { try encoder.vectors(for: $0, precision: precision) }
        }
        var line = MeasurementLine(
            name: "encode", amount: Double(columns.reduce(0) { $0 + $1.count }),
            unit: "sentences/s", times: times)
        line.add("precision", text: precision.rawValue)
        if let score {
            let cosines = zip(vectors[0], vectors[1]).map { a, b in
                zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            }
            let scores = try values(score).map { Double($0) ?? .nan }
            line.add(
                "spearman", ScoreMetrics(actual: scores, predicted: cosines).spearman, decimals: 4)
        }
        line.printed()
    }
}
