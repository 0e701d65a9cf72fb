import ArgumentParser
import Sesame

/// How documents lie in files: which format, and which columns hold what.
struct TableOptions: ParsableArguments {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, jsonl, tsv, csv, labelled, conll, squad
    }

    @Option(help: "How documents lie in the files (default: by the files' ending).")
    var format: Format?

    @Option(help: ArgumentHelp("The column or JSON key of the text.", valueName: "column"))
    var textColumn = "text"

    @Option(
        help: ArgumentHelp(
            "The column of the second text of a pair (default: 'pair' for 'finetune pair', otherwise none).",
            valueName: "column"))
    var pairColumn: String?

    @Option(
        help: ArgumentHelp(
            "The column of the label (default: 'label' where labels are needed, otherwise none).",
            valueName: "column"))
    var labelColumn: String?

    @Flag(
        help: "The first line of a .tsv or .csv file holds data; columns are then numbered from 1.")
    var noHeader = false

    /// The format for files of which `path` is the first.
    ///
    /// - Throws: `ValidationError` where columns are asked of plain text.
    func resolved(
        for path: String, unit: TextUnit = .paragraph, defaultLabel: String? = nil,
        defaultPair: String? = nil, splitColumn: String? = nil
    ) throws -> CorpusFormat {
        let columns = Columns(
            text: Column(argument: textColumn),
            pair: (pairColumn ?? defaultPair).map { Column(argument: $0) },
            label: (labelColumn ?? defaultLabel).map { Column(argument: $0) },
            split: splitColumn.map { Column(argument: $0) })
        let resolved: CorpusFormat =
            switch format {
            case .text: .text(unit: unit)
            case .jsonl: .jsonl(columns)
            case .tsv: .tsv(columns, header: !noHeader)
            case .csv: .csv(columns, header: !noHeader)
            case .labelled: .labelledLines
            case .conll: .conll(TaggedColumns())
            case .squad: .squad
            case nil:
                CorpusFormat.suggested(
                    forPath: path, unit: unit, columns: columns, header: !noHeader)
            }
        if case .squad = resolved {
            if columns.label != defaultLabel.map({ Column(argument: $0) }) || columns.split != nil
                || columns.pair != defaultPair.map({ Column(argument: $0) })
            {
                throw ValidationError("SQuAD's format has no columns.")
            }
            return resolved
        }
        if case .conll = resolved,
            columns.label != defaultLabel.map({ Column(argument: $0) }) || columns.split != nil
        {
            throw ValidationError(
                "CoNLL's format has its columns in --word-column and --tag-column.")
        }
        if resolved == .labelledLines {
            guard columns.pair == nil, columns.split == nil, labelColumn == nil else {
                throw ValidationError(
                    "Labelled lines have no columns: each is a label, white space and a text.")
            }
            return resolved
        }
        if case .text = resolved,
            columns.label != nil || columns.pair != nil || columns.split != nil
        {
            throw ValidationError(
                "Plain text has no columns; if \(path) has some, say --format jsonl, tsv or csv.")
        }
        return resolved
    }
}
