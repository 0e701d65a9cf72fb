#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What makes one document in a text file.
public enum TextUnit: String, Codable, Sendable, CaseIterable {
    /// Lines up to the next empty one. White space alone counts as empty.
    case paragraph
    /// Each line that is not empty.
    case line
    /// The whole file, to the byte (but for a byte order mark and CR before LF).
    case file
}

/// A column of a table, or a field of a JSON object.
public enum Column: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    CustomStringConvertible
{
    /// By the name in the header line, or the object's key.
    case name(String)
    /// By its place, counted from 1 as `cut -f` does.
    case number(Int)

    /// A column by its name.
    public init(stringLiteral value: String) { self = .name(value) }

    /// A column by its place, counted from 1.
    public init(integerLiteral value: Int) { self = .number(value) }

    /// A column as a user writes it: digits are a place counted from 1, anything else a name.
    public init(argument: String) {
        if let number = Int(argument), number >= 1 {
            self = .number(number)
        } else {
            self = .name(argument)
        }
    }

    /// As messages show it: `column 'label'` or `column 2`.
    public var description: String {
        switch self {
        case .name(let name): "column '\(name)'"
        case .number(let number): "column \(number)"
        }
    }
}

/// Which columns or fields a document is made of.
public struct Columns: Sendable, Hashable {
    /// The text. A record where it is empty is left out and counted.
    public var text: Column
    /// The second text of a pair, as in entailment.
    public var pair: Column?
    /// The label. Numbers and booleans of JSON become text: `1`, `0.5`, `true`.
    public var label: Column?
    /// The split: train, validation (also valid, val, dev) or test.
    public var split: Column?
    /// The endings of multiple choice, in a column each; in JSON a single field may hold an array of them. The document's
    /// pair is then a JSON array of the endings. Empty for none.
    public var endings: [Column]
    /// What stands before each ending, with a space between, as the second sentence's beginning in SWAG.
    public var stem: Column?

    /// Columns of the given names or places.
    public init(
        text: Column = "text", pair: Column? = nil, label: Column? = nil, split: Column? = nil,
        endings: [Column] = [], stem: Column? = nil
    ) {
        self.text = text
        self.pair = pair
        self.label = label
        self.split = split
        self.endings = endings
        self.stem = stem
    }

    /// The endings as a document's pair.
    static func pair(stem: String?, endings: [String]) throws -> String {
        let endings = endings.map { ending in
            stem.flatMap { $0.isEmpty ? nil : "\($0) \(ending)" } ?? ending
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return String(decoding: try encoder.encode(endings), as: UTF8.self)
    }
}

/// How documents lie in a file.
public enum CorpusFormat: Sendable, Hashable, CustomStringConvertible {
    /// Plain text.
    case text(unit: TextUnit)
    /// A JSON object a line. Columns are keys.
    case jsonl(Columns)
    /// Tab-separated values, without quoting: every byte between two tabs counts. With a header,
    /// the first line names the columns.
    case tsv(Columns, header: Bool)
    /// Comma-separated values as in RFC 4180: fields in double quotes may hold commas, line breaks
    /// and doubled quotes. With a header, the first line names the columns.
    case csv(Columns, header: Bool)
    /// A label, white space and the text a line, as TREC's questions have it; of fastText's labels the `__label__`
    /// before them is left out.
    case labelledLines
    /// Tagged sentences: a word and its tag a line, blank lines between sentences. A document is a sentence,
    /// its text the words with single spaces between them, its pair the tags.
    case conll(TaggedColumns)
    /// Questions about paragraphs: SQuAD's JSON, version 1.1 or 2.0. A document is a paragraph, its pair the questions
    /// with their answers, as a JSON array of ``SpanQuestion``.
    case squad

    /// The format that a file name's ending suggests: `.jsonl` and `.ndjson`, `.tsv` and `.tab`,
    /// `.csv`, `.conll`, `.bio` and `.iob`, `.json` (SQuAD's); anything else is text.
    public static func suggested(
        forPath path: String, unit: TextUnit = .paragraph, columns: Columns = Columns(),
        header: Bool = true
    ) -> CorpusFormat {
        switch path.split(separator: ".").last.map({ $0.lowercased() }) {
        case "jsonl", "ndjson": .jsonl(columns)
        case "tsv", "tab": .tsv(columns, header: header)
        case "csv": .csv(columns, header: header)
        case "conll", "bio", "iob": .conll(TaggedColumns())
        case "json": .squad
        default: .text(unit: unit)
        }
    }

    /// The endings that files of this format have in a folder.
    var fileExtensions: Set<String> {
        switch self {
        case .text: ["txt", "text", "md", "tokens"]
        case .jsonl: ["jsonl", "ndjson"]
        case .tsv: ["tsv", "tab"]
        case .csv: ["csv"]
        case .labelledLines: ["txt", "text"]
        case .conll: ["conll", "bio", "iob"]
        case .squad: ["json"]
        }
    }

    /// In a word or two, as `text by paragraph` or `csv`.
    public var description: String {
        switch self {
        case .text(let unit): "text by \(unit.rawValue)"
        case .jsonl: "jsonl"
        case .tsv: "tsv"
        case .csv: "csv"
        case .labelledLines: "labelled lines"
        case .conll: "conll"
        case .squad: "squad"
        }
    }
}

/// Files to import, and how documents lie in them.
public struct CorpusSource: Sendable {
    /// One file or folder.
    public struct Input: Sendable, Hashable {
        /// A file, a folder (read recursively, in the order of the names' bytes), or `-` for
        /// standard input.
        public var path: String
        /// The split of every document in it; nil leaves it to ``ImportOptions/split``.
        public var split: Split?
        /// A second file whose lines belong to those of the first, as translations do: line n of both
        /// is one document, a text and its pair. Nil where there is none.
        public var pairPath: String?

        /// A file or folder, and the split of its documents.
        /// - Parameters:
        ///   - path: The file or folder; `-` is standard input.
        ///   - pairPath: A file aligned with `path` line by line; both are then plain text.
        ///   - split: What its documents are for; nil where each says so itself, or nothing does.
        public init(_ path: String, pairPath: String? = nil, split: Split? = nil) {
            self.path = path
            self.split = split
            self.pairPath = pairPath
        }
    }

    /// How documents lie in the files.
    public var format: CorpusFormat
    /// The files, in order.
    public var inputs: [Input]

    /// Files of one format, each with its split.
    public init(_ format: CorpusFormat = .text(unit: .paragraph), inputs: [Input]) {
        self.format = format
        self.inputs = inputs
    }

    /// Files of one format.
    public init(_ format: CorpusFormat = .text(unit: .paragraph), paths: [String]) {
        self.init(format, inputs: paths.map { Input($0) })
    }
}

/// Choices of an import.
public struct ImportOptions: Sendable {
    /// What to do when a corpus of that name exists.
    public enum ExistingCorpus: Sendable {
        /// Refuse.
        case fail
        /// Put the new corpus in its place, once it is complete.
        case replace
        /// Add the documents at its end, once all are read.
        case append
    }

    /// What to do when a corpus of that name exists.
    public var existing: ExistingCorpus = .fail
    /// Refuse bytes that are not UTF-8, rather than repair them to U+FFFD.
    public var strictUTF8 = false
    /// Leave out documents whose text and pair have occurred before in the corpus.
    public var dropsDuplicates = false
    /// Split documents into sentences now, rather than when they are first needed.
    public var sentences = false
    /// The split of documents whose input or column names none.
    public var split: Split = .train
    /// The most documents to import; nil for all.
    public var limit: Int?

    /// The defaults: refuse an existing name, repair UTF-8, keep duplicates, all to train.
    public init(
        existing: ExistingCorpus = .fail, strictUTF8: Bool = false, dropsDuplicates: Bool = false,
        sentences: Bool = false, split: Split = .train, limit: Int? = nil
    ) {
        self.existing = existing
        self.strictUTF8 = strictUTF8
        self.dropsDuplicates = dropsDuplicates
        self.sentences = sentences
        self.split = split
        self.limit = limit
    }
}

/// How far an import has come.
public struct ImportProgress: Sendable {
    /// Bytes read of all files together.
    public let bytesRead: Int
    /// Bytes in all files together; nil with standard input or a pipe.
    public let totalBytes: Int?
    /// Documents so far.
    public let documentCount: Int
    /// The file being read.
    public let path: String
}
