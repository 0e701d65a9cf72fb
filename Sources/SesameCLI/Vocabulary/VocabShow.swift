import ArgumentParser
import Sesame

struct VocabShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print tokens of a vocabulary with their ids and counts.",
        discussion: """
            Examples:
              sesame vocab show novels --skip 100 --count 50
              sesame vocab show novels --token whale
            """
    )

    @Argument(help: "The name of the vocabulary.")
    var name: String

    @Option(help: ArgumentHelp("How many tokens to pass over first.", valueName: "n"))
    var skip = 0

    @Option(help: ArgumentHelp("How many tokens to print at most.", valueName: "n"))
    var count = 20

    @Option(help: ArgumentHelp("Look up one token instead.", valueName: "text"))
    var token: String?

    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        try atLeast(0, "--skip", skip)
        try atLeast(1, "--count", count)
    }

    func run() throws {
        let workspace = try workspace.open()
        let summary = try workspace.vocabulary(named: name)
        let tokens: [VocabularyToken]
        if let token {
            guard let found = try workspace.token(token, vocabulary: name) else {
                throw CommandError(
                    "the vocabulary '\(name)' has no token '\(token)' among its \(summary.tokenCount)"
                )
            }
            tokens = [found]
        } else {
            let end = skip.addingReportingOverflow(count)
            tokens = try workspace.tokens(
                vocabulary: name, ids: skip..<(end.overflow ? Int.max : end.partialValue))
        }
        if format.json {
            return try JSON.print(
                Record(vocabulary: VocabularyRecord(summary), entries: tokens.map(Entry.init)))
        }
        StandardOutput.line(
            "Vocabulary '\(name)': \(summary.tokenCount.counted("token")), \(summary.kind)"
                + (summary.corpus.map { ", from '\($0)'" } ?? "") + ".")
        var table = TextTable([("id", .right), ("count", .right), ("token", .left)])
        for token in tokens {
            table.add("\(token.id)", token.count?.grouped ?? "", visible(token.text))
        }
        table.print()
    }

    /// White space and control characters in the way programs write them.
    private func visible(_ token: String) -> String {
        token.unicodeScalars.map { scalar in
            switch scalar {
            case " ": "␠"
            case "\n": "\\n"
            case "\t": "\\t"
            case "\r": "\\r"
            default:
                scalar.properties.generalCategory == .control || scalar.properties.isWhitespace
                    ? "U+" + String(scalar.value, radix: 16, uppercase: true) : String(scalar)
            }
        }.joined()
    }

    private struct Record: Encodable {
        let vocabulary: VocabularyRecord
        let entries: [Entry]
    }

    private struct Entry: Encodable {
        let id: Int32
        let token: String
        let count: Int?

        init(_ token: VocabularyToken) {
            (id, self.token, count) = (token.id, token.text, token.count)
        }
    }
}
