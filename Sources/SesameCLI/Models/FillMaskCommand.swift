import ArgumentParser
import Foundation
import Sesame

struct FillMaskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill-mask",
        abstract: "Name the likeliest words for each [MASK] of a text, with a BERT.",
        discussion:
            "Example:  sesame fill-mask --model models/articles-bert 'The [MASK] rose over the sea.'"
    )

    @OptionGroup var model: ModelOption

    @Argument(help: "A text with [MASK] in it; '-' reads texts from standard input, one a line.")
    var text: String

    @Option(help: ArgumentHelp("Candidates for each mask.", valueName: "n"))
    var count = 5

    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions

    func validate() throws {
        try atLeast(1, "--count", count)
    }

    func run() throws {
        threads.apply()
        let filler = try MaskFiller(modelFolder: model.url)
        guard text == "-" else { return try fill(text, with: filler) }
        var reader = try LineReader(path: text)
        while let line = try reader.next() { try fill(line, with: filler) }
    }

    private func fill(_ text: String, with filler: MaskFiller) throws {
        let masks = try filler.fill(text, count: count, precision: precision.precision)
        if format.json {
            return try JSON.print(Record(text: text, masks: masks))
        }
        for (index, candidates) in masks.enumerated() {
            if masks.count > 1 { StandardOutput.line("mask \(index + 1)") }
            var table = TextTable([("probability", .right), ("token", .left), ("text", .left)])
            for candidate in candidates {
                table.add(candidate.probability.fixed(4), candidate.token, candidate.text)
            }
            table.print()
        }
    }

    private struct Record: Encodable {
        let text: String
        let masks: [[MaskFiller.Candidate]]
    }
}
