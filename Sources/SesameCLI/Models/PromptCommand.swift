import ArgumentParser
import Foundation
import Sesame

struct PromptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prompt",
        abstract: "Ask a GPT questions about texts, with or without solved examples before them.",
        discussion: """
            Examples:
              echo 'A delight.' | sesame prompt --model gpt2 --template 'Review: {text}\\nIt was' --answer good --answer bad
              sesame prompt --model gpt2 --corpus reviews --template 'Review: {text}\\nSentiment: {answer}' --shots 4 \
            --answer 1=positive --answer 0=negative --calibrate
              sesame prompt --model gpt2 --corpus reviews --template 'Q: {text}\\nA: {answer}' --shots 8 \
            --examples nearest --encoder models/encoder --generate 10 --json

            Texts are the documents of a corpus's split, or the lines of a file. Each becomes a question by the \
            template; \\n is a line's end there. The answer of the highest probability wins, or, with --generate, \
            the model writes one. Examples are taken from the corpus's training documents. Where a prompt is too \
            long, examples are left out, those farthest from the question first; a question that is too long by \
            itself is not asked, and counts as wrong.

            Prints a line for each text of a file, and for each document without a label: label and probability \
            with a tab between; of a corpus, accuracy over all. With --json, one object a text, and for a corpus one \
            with the metrics at the end.
            """
    )

    enum Choice: String, CaseIterable, ExpressibleByArgument {
        case random, nearest, first
    }

    @OptionGroup var model: ModelOption

    @Argument(
        help: "A file with a text a line; '-' is standard input (default, without a corpus).")
    var file: String?

    @Option(help: ArgumentHelp("The corpus of texts, and of examples.", valueName: "name"))
    var corpus: String?

    @Option(help: "The documents of the corpus to ask about.")
    var split: Split = .validation

    @Option(help: ArgumentHelp("Ask about this many documents at most.", valueName: "n"))
    var limit: Int?

    @Flag(help: "Each line of the file holds a pair of texts with a tab between.")
    var pairs = false

    @Option(
        help: ArgumentHelp(
            "The question, with {text}, {pair} and {answer} for a text, its second text, and the answer's words.",
            valueName: "text"))
    var template: String

    @Option(
        help: ArgumentHelp(
            "A possible answer: its words, or label=words. May be repeated (default: the corpus's labels).",
            valueName: "label=words"))
    var answer: [String] = []

    @Option(help: ArgumentHelp("What the task is, before everything else.", valueName: "text"))
    var instruction = ""

    @Option(
        help: ArgumentHelp(
            "Between instruction, examples and question (default: an empty line).",
            valueName: "text"))
    var separator = "\\n\\n"

    @Option(help: ArgumentHelp("Solved examples before each question.", valueName: "n"))
    var shots = 0

    @Option(
        help:
            "Which training documents are examples: drawn by the seed, the same for all questions; the nearest to each question, by the vectors of --encoder; or the first."
    )
    var examples: Choice = .random

    @Option(
        help: ArgumentHelp(
            "The folder of an encoder, for --examples nearest.", valueName: "folder"))
    var encoder: String?

    @Option(
        help: "What an answer is worth: the sum of its tokens' log-probabilities, or their mean.")
    var score: PromptScoring = .sum

    @Flag(
        help:
            "Divide the answers' probabilities by those after texts without content (N/A, nothing, [MASK])."
    )
    var calibrate = false

    @Option(
        help: ArgumentHelp(
            "Let the model write this many tokens at most, up to a line's end, instead of scoring answers.",
            valueName: "n"))
    var generate: Int?

    @Flag(help: "Show each prompt as the model reads it.")
    var showPrompts = false

    @OptionGroup var seed: SeedOption
    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try atLeast(1, "--limit", limit)
        try atLeast(1, "--generate", generate)
        try atLeast(0, "--shots", shots)
        if corpus == nil {
            if shots > 0 {
                throw ValidationError("--shots takes its examples from a corpus; name one.")
            }
            if answer.isEmpty && generate == nil {
                throw ValidationError(
                    "Give the possible answers with --answer, or let the model write one with --generate."
                )
            }
        }
        if (examples == .nearest) != (encoder != nil) {
            throw ValidationError("--examples nearest and --encoder need each other.")
        }
        if calibrate && generate != nil {
            throw ValidationError("--calibrate is for scored answers, not for --generate.")
        }
        try usage {
            let template = try PromptTemplate(Self.unescaped(template))
            if template.takesPair && !pairs && (corpus == nil || file != nil) {
                throw ValidationError(
                    "The template has {pair}; --pairs reads lines of two texts with a tab between.")
            }
        }
    }

    func run() throws {
        threads.apply()
        let progress = Progress(quiet: output.quiet)
        progress.begin("prepare")
        var prompter = try prompter(progress)
        if let file { return try ask(&prompter, linesOf: file) }
        guard let corpus else { return try ask(&prompter, linesOf: "-") }
        let documents = try workspace.open().documents(corpus: corpus, split: split)
        let total = try workspace.open().documentCount(corpus: corpus, split: split)
        var score = PromptScore(labels: generate == nil ? prompter.answers.map(\.label) : [])
        var asked = 0
        progress.begin("ask")
        while asked < limit ?? .max, let document = try documents.next() {
            let text = LabelledText(document)
            let result = try ask(&prompter, text)
            if text.label != nil { try score.add(result, actual: text) }
            if output.json {
                try JSON.print(
                    Record(result, prompter, expected: text.label, showsPrompt: showPrompts))
            } else {
                if showPrompts { StandardOutput.line(result.prompt + "\n--") }
                // There is nothing to compare with: the answer is all that there is to say.
                if text.label == nil { StandardOutput.line(shown(result)) }
            }
            asked += 1
            progress.update(fraction: Double(asked) / Double(min(limit ?? .max, total))) {
                "\(asked.counted("text"))"
            }
        }
        progress.finish()
        guard asked > 0 else {
            throw CommandError(
                "the \(split.rawValue) split of \(corpus) holds no documents; choose another split")
        }
        try report(score)
    }

    private func report(_ score: PromptScore) throws {
        if output.json { return try JSON.print(Summary(score)) }
        guard score.count > 0 else { return }
        var line = "\(MetricText.line(score.metrics)), over \(score.count.counted("text"))"
        if score.shortenedCount > 0 {
            line += "; \(score.shortenedCount.grouped) had room for fewer examples"
        }
        if score.tooLongCount > 0 {
            line += "; \(score.tooLongCount.grouped) too long for the model, counted as wrong"
        }
        StandardOutput.line(line + ".")
    }

    private func prompter(_ progress: Progress) throws -> Prompter {
        // The model's folder is opened first: what is wrong with it is said before work is done.
        _ = try TrainedModelFolder(model.url)
        var texts: [LabelledText] = []
        if let corpus, shots > 0 || (answer.isEmpty && generate == nil) {
            texts = try PromptExamples.texts(of: workspace.open(), corpus: corpus)
        }
        var options = PromptOptions()
        options.shotCount = shots
        options.instruction = Self.unescaped(instruction)
        options.separator = Self.unescaped(separator)
        options.scoring = score
        options.contentFree = calibrate ? PromptOptions.usualContentFree : []
        options.precision = precision.precision
        var answers = try answer.map(Self.answer)
        if answers.isEmpty && generate == nil {
            answers = SequenceDataset.discoverLabels(texts.compactMap(\.label)).map {
                PromptAnswer(label: $0)
            }
        }
        let choice: PromptExamples.Choice =
            switch examples {
            case .first: .first
            case .random: .drawn(seed: seed.seed)
            case .nearest:
                .nearest(
                    try TextVectorizer(modelFolder: URL(fileURLWithPath: encoder ?? "")))
            }
        return try Prompter(
            modelFolder: model.url, template: PromptTemplate(Self.unescaped(template)),
            answers: answers,
            examples: shots == 0
                ? .none
                : PromptExamples(texts, choice: choice) { done, total in
                    progress.update(fraction: Double(done) / Double(max(1, total))) {
                        "vectors of \(total.counted("example"))"
                    }
                },
            options: options)
    }

    private func ask(_ prompter: inout Prompter, _ text: LabelledText) throws -> PromptResult {
        if let generate { return try prompter.generate(text, tokenCount: generate) }
        return try prompter.answer(text)
    }

    private func ask(_ prompter: inout Prompter, linesOf file: String) throws {
        var reader = try LineReader(path: file)
        var count = 0
        while count < limit ?? .max, let line = try reader.next() {
            count += 1
            let input = InputLine(file: file, number: count, text: line)
            let result = try ask(&prompter, pairs ? input.pair() : LabelledText(line))
            if output.json {
                try JSON.print(Record(result, prompter, expected: nil, showsPrompt: showPrompts))
                continue
            }
            if showPrompts { StandardOutput.line(result.prompt + "\n--") }
            if result.isTooLong {
                throw CommandError(
                    "\(input.place): the question has "
                        + "\(result.promptTokenCount.counted("token")), and the model reads "
                        + "\(prompter.model.configuration.maxSequenceLength) with the answer")
            }
            StandardOutput.line(shown(result))
        }
    }

    /// What the model wrote, or the answer and its probability; nothing for a question that was too long.
    private func shown(_ result: PromptResult) -> String {
        result.generated
            ?? "\(result.label ?? "")\t\((result.probabilities.max() ?? 0).fixed(4))"
    }

    /// "1=good" names a label and its words, "good" both at once.
    private static func answer(_ argument: String) throws -> PromptAnswer {
        guard let equals = argument.firstIndex(of: "=") else {
            return PromptAnswer(label: argument)
        }
        return PromptAnswer(
            label: String(argument[..<equals]),
            words: unescaped(String(argument[argument.index(after: equals)...])))
    }

    /// Line ends and tabs, as they are typed within quotes.
    private static func unescaped(_ text: String) -> String {
        text.replacingOccurrences(of: "\\n", with: "\n").replacingOccurrences(of: "\\t", with: "\t")
    }

    private struct Record: Encodable {
        let label: String?
        let expected: String?
        let generated: String?
        let probabilities: [String: Double]?
        let logLikelihoods: [String: Double]?
        let tokenCounts: [String: Int]?
        let answers: [String: String]?
        let prompt: String?
        let promptTokens: Int
        let examples: Int
        let dropped: Int
        let tooLong: Bool

        init(_ result: PromptResult, _ prompter: Prompter, expected: String?, showsPrompt: Bool) {
            func byLabel<Value>(_ values: [Value]) -> [String: Value]? {
                values.isEmpty
                    ? nil
                    : Dictionary(
                        zip(prompter.answers.map(\.label), values),
                        uniquingKeysWith: { first, _ in first })
            }
            label = result.label
            self.expected = expected
            generated = result.generated
            probabilities = byLabel(result.probabilities)
            logLikelihoods = byLabel(result.logLikelihoods)
            tokenCounts = byLabel(result.tokenCounts)
            prompt = showsPrompt ? result.prompt : nil
            // With the prompt, all that it takes to compute the same elsewhere.
            answers =
                showsPrompt
                ? byLabel(prompter.answers.map { prompter.template.separation + $0.words }) : nil
            promptTokens = result.promptTokenCount
            examples = result.exampleCount
            dropped = result.droppedCount
            tooLong = result.isTooLong
        }
    }

    private struct Summary: Encodable {
        let metrics: Metrics
        let tooLong: Int
        let shortened: Int

        init(_ score: PromptScore) {
            (metrics, tooLong, shortened) = (
                score.metrics, score.tooLongCount, score.shortenedCount
            )
        }
    }
}
