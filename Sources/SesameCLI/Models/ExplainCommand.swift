import ArgumentParser
import Foundation
import Sesame

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show which tokens speak for a model's answer, and where its heads look.",
        discussion: """
            Examples:
              sesame explain --model models/reviews-classifier 'A lovely film, but too long.'
              sesame explain --model models/rte-classifier 'It rains.' --pair 'The street is wet.' --json
              sesame explain --model models/articles-bert 'The cat sat.' --output cat.html

            Writes one page that needs no network: of a classifier or a model of scores the tokens with \
            gradient × input, of any BERT or GPT every head's attention. --label asks about another class \
            than the likeliest.
            """
    )

    @OptionGroup var model: ModelOption

    @Argument(help: "The text.")
    var text: String

    @Option(help: ArgumentHelp("The second text of a pair.", valueName: "text"))
    var pair: String?

    @Option(help: ArgumentHelp("The class to explain (default: the likeliest).", valueName: "name"))
    var label: String?

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var output = "explanation.html"

    @Flag(help: "Replace a file that is no explanation; an earlier one is always replaced.")
    var force = false

    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: FormatOptions

    func run() throws {
        threads.apply()
        let url = URL(fileURLWithPath: output)
        if !format.json {
            try PageFile.check(
                url, name: output, generator: ExplanationPage.generator, kind: "explanation",
                force: force)
        }
        let explanation = try TextExplainer(modelFolder: model.url)
            .explain(LabelledText(text, pair: pair), label: label)
        if format.json { return try JSON.print(explanation) }
        let page = ExplanationPage(
            model: model.url.lastPathComponent, tokens: explanation.tokens,
            attribution: explanation.scores.map {
                .init(answer: answer(explanation), scores: $0)
            }, attention: explanation.attention)
        try PageFile.write(page.html(), to: url, name: output, kind: "explanation")
        if let scores = explanation.scores { show(scores, explanation) }
        StandardOutput.line("Explanation: \(output).")
    }

    private func answer(_ explanation: TextExplanation) -> String {
        let value = explanation.value ?? 0
        guard let label = explanation.label else { return "the score \(value.fixed(3))" }
        return "\(label) (\(value.percent))"
    }

    private func show(_ scores: [Float], _ explanation: TextExplanation) {
        StandardOutput.line("What speaks for \(answer(explanation)):")
        var table = TextTable([("token", .left), ("gradient × input", .right)])
        for (token, score) in zip(explanation.tokens, scores) {
            table.add(token, Double(score).fixed(4))
        }
        table.print()
    }
}
