import SesameStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Labelled sets that a model is fine-tuned and scored on, as a JSON file describes them.
///
///     {"sets": [{"name": "sst2", "task": "classification", "train": ["sst2/train.tsv"],
///                "validation": ["sst2/dev.tsv"], "text": "sentence", "label": "label"}]}
///
/// Paths are relative to the file's folder, or to another one that the reader is given.
public struct EvaluationSuite: Sendable, Hashable, Codable {
    /// The sets, in the order in which they are run and shown.
    public var sets: [EvaluationSet]

    /// A suite of sets.
    public init(sets: [EvaluationSet]) { self.sets = sets }

    /// Reads a description.
    /// - Throws: ``TrainingError`` with code `.file` for a file that cannot be read or lacks something, or
    ///   `.invalidOption` for two sets of one name, or a value out of range.
    public init(file: URL) throws {
        let data = try DurableFiles.read(file)
        do {
            self = try JSONDecoder().decode(Self.self, from: data)
        } catch let error as DecodingError {
            throw TrainingError(
                .file(path: file.path, problem: "expected a suite, \(Self.problem(error))"))
        }
        let known = Set(EvaluationSet.CodingKeys.allCases.map(\.rawValue))
        for (set, keys) in zip(sets, try JSONDecoder().decode(Keys.self, from: data).sets) {
            guard let odd = keys.keys.sorted().first(where: { !known.contains($0) }) else {
                continue
            }
            throw TrainingError(
                .file(
                    path: file.path,
                    problem: "the set \(set.name) has the key '\(odd)', expected only "
                        + known.sorted().joined(separator: ", ")))
        }
        try validate()
    }

    /// Checks every value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    public func validate() throws {
        try OptionCheck.require(!sets.isEmpty, "sets of the suite", "one or more", "none")
        var names: Set<String> = []
        for set in sets {
            try OptionCheck.require(
                !set.name.isEmpty && set.name.utf8.allSatisfy(Self.isNameByte), "name of a set",
                "letters, digits, '-' and '_'", "'\(set.name)'")
            try OptionCheck.require(
                names.insert(set.name).inserted, "name of a set", "different from the others",
                set.name)
            try OptionCheck.require(
                !set.train.isEmpty, "training files of \(set.name)", "one or more", "none")
            try OptionCheck.require(
                set.scored != .train, "scored split of \(set.name)", "validation or test", "train")
            let known = set.task.allMetrics
            for metric in set.metrics ?? [] {
                try OptionCheck.require(
                    known.contains(metric), "a metric of \(set.name)",
                    "one of " + known.joined(separator: ", "), "'\(metric)'")
            }
            for value in [set.heldOut?.validation, set.heldOut?.test].compactMap(\.self) {
                try OptionCheck.require(
                    (0..<1).contains(value), "held out of \(set.name)", "0 or more and below 1",
                    "\(value)")
            }
        }
        for set in sets {
            let (files, share) =
                set.scored == .test
                ? (set.test, set.heldOut?.test) : (set.validation, set.heldOut?.validation)
            try OptionCheck.require(
                files?.isEmpty == false || (share ?? 0) > 0,
                "\(set.scored.rawValue) documents of \(set.name)",
                "files or a share in heldOut, to be scored on", "none")
        }
    }

    /// What stands in a file, whatever it means.
    private struct Keys: Decodable {
        struct Value: Decodable {
            init(from decoder: any Decoder) {}
        }

        let sets: [[String: Value]]
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func problem(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty
                ? "at the top"
                : "at "
                    + path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
                    .joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            return "found no '\(key.stringValue)' \(place(context.codingPath))"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            return "found no \(type) \(place(context.codingPath))"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return "found \(context.debugDescription) \(place(context.codingPath))"
        default: return "found something that is no JSON"
        }
    }
}

/// A labelled set of a suite: its files, how they are read, and what is learnt from them.
public struct EvaluationSet: Sendable, Hashable, Codable {
    /// What is learnt.
    public enum Task: String, Sendable, Hashable, Codable, CaseIterable {
        /// The class of a text, or of a pair where there is one.
        case classification
        /// The class of a pair of texts.
        case pairClassification
        /// A score of a text or a pair.
        case regression
        /// The tags of words.
        case tagging
        /// The part of a text that answers a question.
        case questionAnswering
        /// The right one of several endings.
        case multipleChoice

        /// Reads a name.
        public init(from decoder: any Decoder) throws { self = try .named(by: decoder) }

        /// The metrics that are shown where a set names none.
        public var metrics: [String] {
            switch self {
            case .classification, .pairClassification:
                [MetricName.accuracy, MetricName.binaryF1, MetricName.matthews]
            case .regression: [MetricName.spearman, MetricName.pearson]
            case .tagging: [MetricName.entityF1, MetricName.accuracy]
            case .questionAnswering: [MetricName.spanF1, MetricName.exactMatch]
            case .multipleChoice: [MetricName.accuracy]
            }
        }

        /// The metrics that a set may name.
        var allMetrics: [String] {
            let others: [String] =
                switch self {
                case .classification, .pairClassification:
                    [MetricName.macroF1, MetricName.majorityAccuracy, MetricName.loss]
                case .regression: [MetricName.meanSquaredError, MetricName.loss]
                case .tagging: [MetricName.entityPrecision, MetricName.entityRecall]
                case .questionAnswering:
                    [
                        MetricName.answerableExactMatch, MetricName.answerableF1,
                        MetricName.noAnswerAccuracy, MetricName.bestSpanF1,
                        MetricName.bestNoAnswerThreshold,
                    ]
                case .multipleChoice: [MetricName.loss]
                }
            return metrics + others
        }
    }

    /// How documents lie in the files.
    public enum Format: String, Sendable, Hashable, Codable, CaseIterable {
        /// Tab-separated, without quoting.
        case tsv
        /// Comma-separated.
        case csv
        /// A JSON object a line.
        case jsonl
        /// A label, white space and the text a line.
        case labelled
        /// A word and its tag a line.
        case conll
        /// SQuAD's paragraphs with questions.
        case squad

        /// Reads a name.
        public init(from decoder: any Decoder) throws { self = try .named(by: decoder) }
    }

    /// Shares of the training documents that are held out before anything else, drawn by a seed or evenly.
    public struct HeldOut: Sendable, Hashable, Codable {
        /// For validation.
        public var validation: Double?
        /// For the test.
        public var test: Double?
        /// Draws them; 1 where it is left out.
        public var seed: UInt64?
        /// Whether they are spread evenly instead: for a share of 0.2, every fifth one.
        public var interleaved: Bool?

        /// Shares, and the seed that draws them.
        public init(
            validation: Double? = nil, test: Double? = nil, seed: UInt64? = nil,
            interleaved: Bool? = nil
        ) {
            self.validation = validation
            self.test = test
            self.seed = seed
            self.interleaved = interleaved
        }

        /// How they are chosen.
        var method: SplitMethod { interleaved == true ? .interleaved : .shuffled(seed: seed ?? 1) }
    }

    /// What the set is called; letters, digits, `-` and `_`.
    public var name: String
    /// What is learnt.
    public var task: Task
    /// Files of training documents.
    public var train: [String]
    /// Files of validation documents.
    public var validation: [String]?
    /// Files of test documents.
    public var test: [String]?
    /// How documents lie in the files; nil follows from the files' endings.
    public var format: Format?
    /// The column of the text, by name or by number from 1; nil for `text`.
    public var text: String?
    /// The column of the second text of a pair; nil for none.
    public var pair: String?
    /// The columns of the endings of multiple choice; nil for `endings`, an array in JSON lines.
    public var endings: [String]?
    /// The column of what stands before each ending; nil for none.
    public var stem: String?
    /// The column of the label; nil for `label`.
    public var label: String?
    /// Whether the first line of a table names the columns; nil for yes.
    public var header: Bool?
    /// What is held out of the training documents; nil for nothing.
    public var heldOut: HeldOut?
    /// The documents that are scored; nil for those of the test where there are any, else validation.
    public var split: Split?
    /// The metrics that are shown, the most important one first; nil for the task's.
    public var metrics: [String]?
    /// Passes over the training documents, where the set wants other than the rest.
    public var epochs: Int?
    /// The highest learning rate, likewise.
    public var learningRate: Float?
    /// Documents a batch, likewise.
    public var batchSize: Int?
    /// Longest text in tokens, likewise; of question answering the window.
    public var maxLength: Int?
    /// Tokens that neighbouring windows of question answering share, likewise.
    public var windowOverlap: Int?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, task, train, validation, test, format, text, pair, endings, stem, label, header
        case heldOut, split, metrics, epochs, learningRate, batchSize, maxLength, windowOverlap
    }

    /// A set whose files have a column for each thing.
    public init(name: String, task: Task, train: [String], validation: [String]? = nil) {
        self.name = name
        self.task = task
        self.train = train
        self.validation = validation
    }

    /// The documents that are scored.
    public var scored: Split {
        split ?? (test != nil || (heldOut?.test ?? 0) > 0 ? .test : .validation)
    }

    /// The metrics that are shown, the most important one first.
    public var shownMetrics: [String] { metrics.flatMap { $0.isEmpty ? nil : $0 } ?? task.metrics }

    /// The files and their format.
    func source(in folder: URL) -> CorpusSource {
        func inputs(_ paths: [String]?, _ split: Split) -> [CorpusSource.Input] {
            (paths ?? []).map { path in
                // A folder's address may lack the last slash that a relative address needs.
                CorpusSource.Input(
                    path.hasPrefix("/") ? path : folder.appendingPathComponent(path).path,
                    split: split)
            }
        }
        let columns = Columns(
            text: Column(argument: text ?? "text"), pair: pair.map { Column(argument: $0) },
            label: Column(argument: label ?? "label"),
            endings: task == .multipleChoice
                ? (endings ?? ["endings"]).map { Column(argument: $0) } : [],
            stem: stem.map { Column(argument: $0) })
        let resolved: CorpusFormat =
            switch format {
            case .tsv: .tsv(columns, header: header ?? true)
            case .csv: .csv(columns, header: header ?? true)
            case .jsonl: .jsonl(columns)
            case .labelled: .labelledLines
            case .conll: .conll(TaggedColumns())
            case .squad: .squad
            case nil:
                .suggested(forPath: train[0], columns: columns, header: header ?? true)
            }
        return CorpusSource(
            resolved,
            inputs: inputs(train, .train) + inputs(validation, .validation) + inputs(test, .test))
    }
}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
    /// The case of a name; the error says which there are.
    fileprivate static func named(by decoder: any Decoder) throws -> Self {
        let value = try decoder.singleValueContainer()
        let name = try value.decode(String.self)
        guard let found = Self(rawValue: name) else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                in: value, debugDescription: "'\(name)', expected one of \(known),")
        }
        return found
    }
}
