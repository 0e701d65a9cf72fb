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

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The columns of the endings of multiple choice, or the JSON key of an array of them (default: 'endings' for 'finetune choice', otherwise none).",
            valueName: "column"))
    var endingColumns: [String] = []

    @Option(
        help: ArgumentHelp(
            "The column of what stands before each ending (default: none).", valueName: "column"))
    var stemColumn: String?

    @Flag(
        help: "The first line of a .tsv or .csv file holds data; columns are then numbered from 1.")
    var noHeader = false

    /// The format for files of which `path` is the first.
    ///
    /// - Throws: `ValidationError` where columns are asked of plain text.
    func resolved(
        for path: String, unit: TextUnit = .paragraph, defaultLabel: String? = nil,
        defaultPair: String? = nil, defaultEndings: String? = nil, splitColumn: String? = nil
    ) throws -> CorpusFormat {
        let endings = endingColumns.isEmpty ? [defaultEndings].compactMap { $0 } : endingColumns
        if !endingColumns.isEmpty && pairColumn != nil {
            throw ValidationError("--ending-columns and --pair-column exclude each other.")
        }
        if endings.isEmpty && stemColumn != nil {
            throw ValidationError("--stem-column is for --ending-columns.")
        }
        let columns = Columns(
            text: Column(argument: textColumn),
            pair: (pairColumn ?? defaultPair).map { Column(argument: $0) },
            label: (labelColumn ?? defaultLabel).map { Column(argument: $0) },
            split: splitColumn.map { Column(argument: $0) },
            endings: endings.map { Column(argument: $0) },
            stem: stemColumn.map { Column(argument: $0) })
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
                || !columns.endings.isEmpty
        {
            throw ValidationError(
                "Plain text has no columns; if \(path) has some, say --format jsonl, tsv or csv.")
        }
        return resolved
    }
}
