import ArgumentParser
import Sesame

struct CorpusImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import text files into a corpus.",
        discussion: """
            Examples:
              sesame corpus import novels novels/ --unit file
              sesame corpus import reviews --train train.tsv --validation dev.tsv --label-column label
              sesame corpus import captions --train train.de --train-target train.en
              sesame corpus import names --train train.conll --tag-scheme bioes
              sesame corpus import squad --train train-v2.0.json --validation dev-v2.0.json

            The format follows from the files' endings: .jsonl, .tsv, .csv, otherwise plain text. Columns \
            are named as in the header line (or the JSON keys), or numbered from 1. Bytes that are not \
            UTF-8 become U+FFFD, which is reported. Translations come as two files whose lines belong \
            together, or as a table with --text-column and --pair-column. With --format labelled a line is a label, \
            white space and a text, as TREC and fastText have them. Tagged sentences (.conll, .bio, \
            .iob) have a word and its tag a line, and blank lines between them; a document is a sentence. \
            Questions with answers are SQuAD's .json; a document is a paragraph with its questions.
            """
    )

    @Argument(help: "The name of the corpus.")
    var name: String

    @Argument(
        help:
            "Files or folders to import ('-' is standard input); their documents are for training.")
    var paths: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file or folder of training documents; may be repeated.", valueName: "path"))
    var train: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file or folder of validation documents; may be repeated.", valueName: "path"))
    var validation: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file or folder of test documents; may be repeated.", valueName: "path"))
    var test: [String] = []

    @Option(
        help: ArgumentHelp(
            "The file with the translation of each line of a training file; once for each.",
            valueName: "file"))
    var trainTarget: [String] = []

    @Option(
        help: ArgumentHelp(
            "The translations of a validation file; once for each.", valueName: "file"))
    var validationTarget: [String] = []

    @Option(
        help: ArgumentHelp("The translations of a test file; once for each.", valueName: "file"))
    var testTarget: [String] = []

    @Option(help: "What makes a document in plain text: a paragraph ends at an empty line.")
    var unit: TextUnit = .paragraph

    @OptionGroup var table: TableOptions

    @Option(
        help: ArgumentHelp(
            "The column that says train, validation or test (default: none).", valueName: "column"))
    var splitColumn: String?

    @Option(
        help: ArgumentHelp(
            "For CoNLL's format: the column of the words, from 1 (default: 1).", valueName: "n"))
    var wordColumn: Int?

    @Option(
        help: ArgumentHelp(
            "For CoNLL's format: the column of the tags (default: the last).", valueName: "n"))
    var tagColumn: Int?

    @Option(
        help:
            "For CoNLL's format: how entity tags are stored, whichever scheme the files have; 'plain' keeps tags of other kinds (default: bio)."
    )
    var tagScheme: TagSchemeChoice?

    @Flag(help: "Refuse bytes that are not UTF-8 instead of repairing them.")
    var strict = false

    @Flag(help: "Leave out documents that have occurred before.")
    var dropDuplicates = false

    @Flag(help: "Split documents into sentences now, rather than when they are first needed.")
    var sentences = false

    @Option(help: ArgumentHelp("The most documents to import (default: all).", valueName: "n"))
    var limit: Int?

    @Flag(help: "Replace a corpus of that name.")
    var force = false

    @Flag(help: "Add to a corpus of that name.")
    var append = false

    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var output: OutputOptions

    private var inputs: [CorpusSource.Input] {
        func inputs(
            _ files: [(path: String, split: Split?)], _ targets: [String]
        ) -> [CorpusSource.Input] {
            files.enumerated().map { index, file in
                .init(
                    file.path, pairPath: targets.indices.contains(index) ? targets[index] : nil,
                    split: file.split)
            }
        }
        return inputs(paths.map { ($0, nil) } + train.map { ($0, .train) }, trainTarget)
            + inputs(validation.map { ($0, .validation) }, validationTarget)
            + inputs(test.map { ($0, .test) }, testTarget)
    }

    /// Every file of a kind has its translations, or none has.
    private func checkTargets() throws {
        for (name, files, targets) in [
            ("train", paths + train, trainTarget), ("validation", validation, validationTarget),
            ("test", test, testTarget),
        ] where !targets.isEmpty && targets.count != files.count {
            throw ValidationError(
                "Give a --\(name)-target for each of the \(files.count.counted("\(name) file")), "
                    + "not \(targets.count).")
        }
        let targets = trainTarget + validationTarget + testTarget
        if inputs.contains(where: { $0.pairPath == nil }) && !targets.isEmpty {
            throw ValidationError(
                "Some files have translations and some have none; give each its target file.")
        }
        if unit != .paragraph && !targets.isEmpty {
            throw ValidationError(
                "--unit is for single files; with target files each line is a document.")
        }
        if (inputs.map(\.path) + targets).count(where: { $0 == "-" }) > 1 {
            throw ValidationError("Standard input ('-') can be read only once.")
        }
    }

    func validate() throws {
        if inputs.isEmpty {
            throw ValidationError(
                "Name at least one file or folder to import, or '-' for standard input.")
        }
        try checkTargets()
        if force && append { throw ValidationError("--force and --append exclude each other.") }
        try atLeast(1, "--limit", limit)
        _ = try resolvedFormat()
    }

    func run() throws {
        let source = CorpusSource(try resolvedFormat(), inputs: inputs)
        let options = ImportOptions(
            existing: force ? .replace : append ? .append : .fail, strictUTF8: strict,
            dropsDuplicates: dropDuplicates, sentences: sentences, limit: limit)
        let progress = Progress(quiet: output.quiet)
        progress.begin("import \(name)")
        let summary = try workspace.openOrCreate().importCorpus(
            name: name, from: source, options: options
        ) { state in
            progress.update(
                fraction: state.totalBytes.map { Double(state.bytesRead) / Double(max($0, 1)) }
            ) {
                "\(state.documentCount.counted("document"))  \(state.bytesRead.byteSize)"
            }
        }
        progress.finish()
        if output.json { return try JSON.print(CorpusRecord(summary)) }
        report(summary, of: source)
    }

    private func resolvedFormat() throws -> CorpusFormat {
        let format = try table.resolved(
            for: inputs[0].path, unit: unit, splitColumn: splitColumn)
        guard case .conll = format else {
            if wordColumn != nil || tagColumn != nil || tagScheme != nil {
                throw ValidationError(
                    "--word-column, --tag-column and --tag-scheme are for tagged sentences; say "
                        + "--format conll if \(inputs[0].path) has some.")
            }
            return format
        }
        for column in [wordColumn, tagColumn].compactMap({ $0 }) where column < 1 {
            throw ValidationError("Columns are counted from 1, not \(column).")
        }
        return .conll(
            TaggedColumns(
                word: wordColumn ?? 1, tag: tagColumn, scheme: (tagScheme ?? .bio).scheme))
    }

    /// What one does with such a corpus.
    private func use(of name: String, _ source: CorpusSource) -> [String] {
        let vocabulary = ["vocab", "build", name, "--corpus", name]
        return switch source.format {
        case .conll: ["finetune", "tag", name]
        case .squad: ["finetune", "span", name, "--model", "MODEL"]
        default:
            source.inputs.contains { $0.pairPath != nil }
                ? vocabulary + ["--special", "language-model"] : vocabulary
        }
    }

    private func report(_ summary: CorpusSummary, of source: CorpusSource) {
        let splits = summary.splitCounts.sorted { $0.key < $1.key }
            .map { "\($0.value.grouped) \($0.key.rawValue)" }.joined(separator: ", ")
        StandardOutput.line(
            "Corpus '\(summary.name)': \(summary.documentCount.counted("document")) (\(splits)), "
                + "\(summary.characterCount.counted("character")), \(summary.byteCount.byteSize).")
        if summary.repairedCount > 0 {
            StandardOutput.line(
                "Repaired \(summary.repairedCount.counted("ill-formed byte sequence")) in "
                    + "\(summary.repairedDocumentCount.counted("document")).")
        }
        if summary.emptyCount > 0 {
            StandardOutput.line(
                "Left out \(summary.emptyCount.counted("record")) without text.")
        }
        if summary.droppedCount > 0 {
            StandardOutput.line("Left out \(summary.droppedCount.counted("duplicate")).")
        } else if summary.duplicateCount > 0 {
            StandardOutput.line(
                "\(summary.duplicateCount.counted("document")) occurred before; "
                    + "--drop-duplicates leaves such out.")
        }
        if summary.splitCounts.count > 1 {
            NextCommand.suggest(use(of: summary.name, source), workspace: workspace)
        } else {
            // Too few documents to draw from at random: hold out the end of the text instead.
            let contiguous = summary.documentCount < 10 ? ["--contiguous"] : []
            NextCommand.suggest(
                ["corpus", "split", summary.name, "--validation", "0.1"] + contiguous,
                workspace: workspace)
        }
    }
}
