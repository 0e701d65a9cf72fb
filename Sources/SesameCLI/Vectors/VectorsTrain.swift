import ArgumentParser
import Foundation
import Sesame

struct VectorsTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train word vectors on a text: word2vec, with or without subwords, or GloVe.",
        discussion: """
            Examples:
              sesame vectors train sentences.txt --lowercase --output vectors.safetensors
              sesame vectors train sentences.txt --method cbow --subwords --width 300 --output vectors.safetensors
              sesame vectors train sentences.txt --method glove --x-max 10 --output vectors.txt --format glove
              sesame vectors train sentences.txt --checkpoint vectors.model --output vectors.safetensors
              sesame vectors train more.txt --from vectors.model --output more.safetensors
              sesame vectors train sentences.txt --method glove --checkpoint glove.model --save-counts counts --output glove.safetensors
              sesame vectors train more.txt --from glove.model --counts counts --output more.safetensors

            The same seed gives the same vectors, whatever the number of threads; --fastest gives that up for about \
            twice the speed. With --checkpoint the model is kept in a folder: the same command with --resume goes on with it \
            after a stop, and --from trains it further on new text, new words coming after those it has. A hierarchical \
            softmax keeps its tree, and gives the new words one beside it.

            GloVe fits vectors to counts: with --from and --counts to those of the old text and the new one together, which \
            gives the vectors of both; without --counts to those of the new text, so that words of both texts move to how they \
            are used in the new one.
            """
    )

    enum Method: String, CaseIterable, ExpressibleByArgument {
        case skipGram = "skip-gram"
        case cbow, glove
    }

    @OptionGroup var text: VectorTextOptions

    @Option(
        help:
            "How to train: skip-gram, cbow or glove (default: skip-gram, with --from the model's).")
    var method: Method?

    @Option(help: ArgumentHelp("The file of vectors to write.", valueName: "file"))
    var output: String

    @Option(help: "Its format: word2vec, word2vec-text, glove or safetensors.")
    var format = VectorFormat.safetensors

    @Option(help: ArgumentHelp("Values a vector.", valueName: "n"))
    var width = 100

    @Option(
        help: ArgumentHelp(
            "Words on either side that count as neighbours (default: 5, of glove 10).",
            valueName: "n"))
    var window: Int?

    @Option(
        help: ArgumentHelp("Passes over the text (default: 5, of glove 15).", valueName: "n"))
    var epochs: Int?

    @Option(
        help: ArgumentHelp(
            "Learning rate (default: 0.025, of cbow 0.05, of glove 0.09).", valueName: "number"))
    var learningRate: Double?

    @Option(help: ArgumentHelp("word2vec: words a word is told from.", valueName: "n"))
    var negatives = 5

    @Flag(help: "word2vec: train a hierarchical softmax instead of negatives.")
    var hierarchicalSoftmax = false

    @Option(
        help: ArgumentHelp(
            "word2vec: leave out words more frequent than this share of the text now and then; 0 never.",
            valueName: "share"))
    var subsampling = 1e-3

    @Flag(help: "word2vec: make words of their character n-grams too, as fastText does.")
    var subwords = false

    @Option(help: ArgumentHelp("The least length of an n-gram.", valueName: "n"))
    var minGram = 3

    @Option(help: ArgumentHelp("The greatest length of an n-gram.", valueName: "n"))
    var maxGram = 6

    @Option(help: ArgumentHelp("How many vectors n-grams share.", valueName: "n"))
    var buckets = 2_000_000

    @Flag(help: "word2vec: let threads write at once; no two runs give the same vectors.")
    var fastest = false

    @Option(
        name: .customLong("x-max"),
        help: ArgumentHelp("glove: counts from here on weigh alike.", valueName: "number"))
    var maximum = 100.0

    @Option(
        help: ArgumentHelp(
            "glove: gigabytes that counting and the counts may take; what is more lies in temporary files.",
            valueName: "n"))
    var memory = 4.0

    @Option(
        help: ArgumentHelp(
            "glove: add the counts of this file, which --save-counts wrote, to those of the text; its words keep their order.",
            valueName: "file"))
    var counts: String?

    @Option(
        help: ArgumentHelp(
            "glove: write the counts that are trained on, 12 bytes a pair of words that meet.",
            valueName: "file"))
    var saveCounts: String?

    @Option(
        help: ArgumentHelp(
            "A folder to keep the model in, written after each pass, every minute, and before a stop.",
            valueName: "folder"))
    var checkpoint: String?

    @Flag(help: "Go on with the model in the checkpoint's folder.")
    var resume = false

    @Option(
        help: ArgumentHelp(
            "Train the model in this folder further, on new text; its own options hold.",
            valueName: "folder"))
    var from: String?

    @Flag(help: "Replace files.")
    var force = false

    @OptionGroup var seed: SeedOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var show: OutputOptions

    private struct Result: Encodable {
        let loss: Double
        let output: String
        let seconds: Double
        let width: Int
        let words: Int
    }

    func validate() throws {
        if format == .fastText {
            throw ValidationError("fastText's format is read, not written; use safetensors.")
        }
        if resume && checkpoint == nil {
            throw ValidationError("--resume goes on with the folder of --checkpoint: name it.")
        }
        if let from, let checkpoint,
            URL(fileURLWithPath: from).standardizedFileURL
                == URL(fileURLWithPath: checkpoint).standardizedFileURL
        {
            throw ValidationError(
                "--checkpoint must name another folder than --from, which --resume needs as it was."
            )
        }
        if method == .glove && (subwords || hierarchicalSoftmax || fastest) {
            throw ValidationError(
                "--subwords, --hierarchical-softmax and --fastest are for word2vec.")
        }
        if method != .glove && from == nil && (counts != nil || saveCounts != nil) {
            throw ValidationError("--counts and --save-counts are for --method glove.")
        }
        if !(memory > 0.001 && memory < 1e6) {
            throw ValidationError("--memory must be from 0.001 to 1,000,000, not \(memory).")
        }
        try usage {
            try word2VecOptions().validate()
            try gloveOptions.validate()
            try counting(like: nil).validate()
        }
    }

    private func word2VecOptions() throws -> Word2VecOptions {
        var options = Word2VecOptions()
        options.architecture = method == .cbow ? .cbow : .skipGram
        options.objective = hierarchicalSoftmax ? .hierarchicalSoftmax : .negativeSampling
        options.width = width
        options.window = window ?? 5
        options.negativeCount = negatives
        options.subsampling = subsampling
        options.epochCount = epochs ?? 5
        options.learningRate = learningRate
        options.finalLearningRate = min(options.finalLearningRate, learningRate ?? 1)
        options.seed = seed.seed
        options.mode = fastest ? .fastest : .deterministic
        if subwords {
            options.subwords = try SubwordGrams(
                minimumLength: minGram, maximumLength: maxGram, bucketCount: buckets)
        }
        return options
    }

    private var gloveOptions: GloVeOptions {
        var options = GloVeOptions()
        options.width = width
        options.iterationCount = epochs ?? 15
        options.learningRate = learningRate ?? options.learningRate
        options.maximum = maximum
        options.seed = seed.seed
        return options
    }

    private var memoryBytes: Int { Int(memory * 0x1p30) }

    /// What counts as a meeting: what it is in other counts, where these are to be added.
    private func counting(like old: CooccurrenceOptions?) -> CooccurrenceOptions {
        var options = old ?? CooccurrenceOptions()
        if let window { options.window = window }
        options.memoryBytes = memoryBytes
        return options
    }

    func run() throws {
        threads.apply()
        let url = URL(fileURLWithPath: output)
        let folder = checkpoint.map { URL(fileURLWithPath: $0) }
        for path in [output] + (resume ? [] : [checkpoint, saveCounts].compactMap { $0 })
        where !force && FileManager.default.fileExists(atPath: path) {
            throw CommandError("\(path) exists: name another, or add --force")
        }
        for path in [output, saveCounts].compactMap({ $0 }) {
            try requireRoom(for: path)
        }
        Interruption.note()
        let progress = Progress(quiet: show.quiet)
        let start = ContinuousClock.now
        let (table, losses) = try train(folder, progress)
        progress.finish()
        try table.save(to: url, as: format)
        let result = Result(
            loss: losses.last ?? 0, output: output, seconds: (ContinuousClock.now - start).seconds,
            width: table.width, words: table.count)
        if show.json { return try JSON.print(result) }
        StandardOutput.line(
            "\(table.count.grouped) words of \(table.width) values: \(output) "
                + "(loss \(result.loss.fixed(4)), \(spokenDuration(seconds: result.seconds))).")
        VectorsCommand.suggestNearest(in: table, output)
    }

    /// Whether the model is a GloVe: that of --from, or what --method asks for.
    private func isGloVe() throws -> Bool {
        guard let from else { return method == .glove }
        let isGloVe = try VectorMethod(folder: URL(fileURLWithPath: from)) == .glove
        if let method, (method == .glove) != isGloVe {
            throw CommandError(
                "\(from) holds a model of \(isGloVe ? "glove" : "word2vec"): leave --method out")
        }
        if !isGloVe, counts != nil || saveCounts != nil {
            throw CommandError("\(from) holds a model of word2vec, which has no --counts")
        }
        return isGloVe
    }

    private func train(_ folder: URL?, _ progress: Progress) throws -> (VectorTable, [Double]) {
        guard try isGloVe() else {
            return try train(
                Word2Vec.self, options: word2VecOptions(), folder, progress,
                source: { try text.stream(extending: $0, progress: progress) },
                describe: {
                    "loss \($0.loss.fixed(4))  \(Int($0.wordsPerSecond).grouped) words/s"
                })
        }
        return try train(
            GloVe.self, options: gloveOptions, folder, progress,
            source: { try cooccurrences($0, progress) },
            describe: {
                "cost \($0.loss.fixed(5))  \(Int($0.entriesPerSecond).grouped) entries/s"
            })
    }

    /// Trains a model that is new, goes on from the checkpoint's folder, or takes in new text, and keeps it in the folder
    /// after each pass, every minute, and before a stop.
    ///
    /// - Parameters:
    ///   - options: Of a new model.
    ///   - source: Makes what is trained on, its first words those given.
    ///   - describe: What a line of progress says behind the pass.
    private func train<Model: VectorModel>(
        _: Model.Type, options: Model.Options, _ folder: URL?, _ progress: Progress,
        source: (Vocabulary?) throws -> Model.Source, describe: (Model.Progress) -> String
    ) throws -> (VectorTable, [Double]) {
        let base = try from.map { try Model(folder: URL(fileURLWithPath: $0)) }
        let kept = resume ? try folder.map { try Model(folder: $0) } : nil
        guard kept == nil || kept?.options == base?.options ?? options else {
            throw CommandError("the checkpoint has other options; give those it was begun with")
        }
        let source = try source(base?.vocabulary)
        var model = try kept ?? base ?? Model(vocabulary: source.vocabulary, options: options)
        if kept == nil, base != nil { try model.extend(to: source) }
        progress.begin("training")
        var keptAt = ContinuousClock.now
        try model.train(on: source) { model, report in
            progress.update(fraction: report.share) {
                "pass \(report.pass) of \(report.passCount)  \(describe(report))"
            }
            let isDue = ContinuousClock.now - keptAt >= .seconds(60)
            if let folder, report.isPassDone || Interruption.isRequested || isDue {
                try model.save(to: folder)
                keptAt = .now
                if report.isPassDone {
                    progress.note("Pass \(report.pass) is kept in \(folder.shortPath).")
                }
            }
            try stopIfAsked(progress)
        }
        return (model.table, model.losses)
    }

    private func stopIfAsked(_ progress: Progress) throws {
        guard Interruption.isRequested else { return }
        progress.warn(
            checkpoint.map { "Stopped; --resume goes on from \($0)." }
                ?? "Stopped; with --checkpoint it could go on.")
        throw ExitCode(Interruption.exitStatus)
    }

    /// The counts of the text, and of --counts, whose words keep their ids as those of the model do.
    private func cooccurrences(
        _ vocabulary: Vocabulary?, _ progress: Progress
    ) throws -> Cooccurrences {
        let old = try counts.map {
            try Cooccurrences(
                contentsOf: URL(fileURLWithPath: $0), memoryBytes: memoryBytes)
        }
        if let old, let counts, let vocabulary,
            !old.vocabulary.tokens.starts(with: vocabulary.tokens)
        {
            throw CommandError(
                "\(counts): these are not counts of the model's words; give those that --save-counts "
                    + "wrote when it was trained")
        }
        let stream = try text.stream(
            extending: old?.vocabulary ?? vocabulary, progress: progress)
        progress.begin("counting")
        var result = try Cooccurrences(
            counting: stream, options: counting(like: old?.options)
        ) { counted in
            progress.update(fraction: Double(counted) / Double(stream.count)) { "" }
            try stopIfAsked(progress)
        }
        if let old {
            result = try old.adding(result)
        } else if vocabulary != nil {
            progress.note(
                "Trained on the counts of the new text alone; --counts adds those of the old one.")
        }
        if let saveCounts { try result.save(to: URL(fileURLWithPath: saveCounts)) }
        return result
    }
}
