import ArgumentParser
import Sesame

struct CorpusShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print documents of a corpus.",
        discussion: "Example:  sesame corpus show reviews --split test --count 3"
    )

    @Argument(help: "The name of the corpus.")
    var name: String

    @Option(help: "Only documents of this split (default: all).")
    var split: Split?

    @Option(help: ArgumentHelp("How many documents to pass over first.", valueName: "n"))
    var skip = 0

    @Option(help: ArgumentHelp("How many documents to print at most.", valueName: "n"))
    var count = 5

    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        try atLeast(0, "--skip", skip)
        try atLeast(1, "--count", count)
    }

    func run() throws {
        let documents = try workspace.open().documents(corpus: name, split: split)
        var position = 0
        while position < skip || position - skip < count, let document = try documents.next() {
            defer { position += 1 }
            guard position >= skip else { continue }
            if format.json {
                try JSON.print(Record(document))
            } else {
                if position > skip { StandardOutput.line() }
                show(document)
            }
        }
        if position <= skip && !format.json {
            StandardOutput.line("No documents there; the corpus has \(position) of that split.")
        }
    }

    private func show(_ document: Document) {
        var title = "[\(document.ordinal)] \(document.split.rawValue)"
        if let label = document.label { title += "  \(label)" }
        if let source = document.source { title += "  \(source):\(document.line)" }
        StandardOutput.line(title)
        StandardOutput.line(document.text)
        if let pair = document.pair { StandardOutput.line("-- \(pair)") }
    }

    private struct Record: Encodable {
        let ordinal: Int
        let split: String
        let text: String
        let pair: String?
        let label: String?
        let source: String?
        let line: Int
        let sentences: [String]?

        init(_ document: Document) {
            ordinal = document.ordinal
            split = document.split.rawValue
            text = document.text
            pair = document.pair
            label = document.label
            source = document.source
            line = document.line
            sentences = document.sentences == nil ? nil : document.sentenceTexts
        }
    }
}
