import ArgumentParser
import Foundation
import Sesame

/// Training of word vectors.
struct VectorTrainingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vectors",
        abstract: "Times the training of word vectors on a text, by default one pass.",
        discussion: """
            Examples:
              sesame-bench vectors --text words.txt --method skip-gram --threads 2
              sesame-bench vectors --text words.txt --method cbow --epochs 5 --subsampling 1e-3 --output cbow.bin
              sesame-bench vectors --text words.txt --method glove --epochs 15

            Words are what stands between white space, a line is a sentence. Words a second count all words of the text, as \
            gensim's do, and reading them is not timed.
            """)

    enum Method: String, CaseIterable, ExpressibleByArgument {
        case skipGram = "skip-gram"
        case cbow, glove
    }

    @Option(help: "skip-gram, cbow or glove.")
    var method = Method.skipGram

    @Option(help: "The text, UTF-8, a sentence a line.")
    var text: String

    @Option(help: "Passes.")
    var epochs = 1

    @Option(help: "How often frequent words are left out.")
    var subsampling = 0.0

    @Option(help: "Values a vector.")
    var width = 100

    @Option(help: "Words on either side (default: 5, of glove 10).")
    var window: Int?

    @Flag(help: "word2vec: a hierarchical softmax.")
    var hierarchicalSoftmax = false

    @Flag(help: "word2vec: character n-grams.")
    var subwords = false

    @Flag(help: "word2vec: let threads write at once.")
    var fastest = false

    @Option(help: "The learning rate (default: the method's).")
    var learningRate: Double?

    @Option(help: "Where random numbers begin.")
    var seed: UInt64 = 1

    @Option(help: "How many threads to use (default: one for each core).")
    var threads: Int?

    @Option(help: "Where to write the vectors, word2vec's binary format.")
    var output: String?

    func run() throws {
        if let threads { Threads.count = threads }
        let stream = try WordStream(contentsOf: URL(fileURLWithPath: text))
        let table = method == .glove ? try glove(stream) : try word2Vec(stream)
        if let output {
            try table.save(to: URL(fileURLWithPath: output), as: .word2vecBinary)
        }
    }

    private func word2Vec(_ stream: WordStream) throws -> VectorTable {
        var options = Word2VecOptions()
        options.architecture = method == .cbow ? .cbow : .skipGram
        options.objective = hierarchicalSoftmax ? .hierarchicalSoftmax : .negativeSampling
        options.mode = fastest ? .fastest : .deterministic
        options.width = width
        options.window = window ?? 5
        options.epochCount = epochs
        options.subsampling = subsampling
        options.learningRate = learningRate
        options.seed = seed
        if subwords { options.subwords = try SubwordGrams() }
        var model = try Word2Vec(stream: stream, options: options)
        let (seconds, processor) = try timed { try model.train(on: stream) }
        let words = Double(stream.textWordCount) * Double(epochs)
        var line = MeasurementLine(
            name: "vectors.\(method.rawValue).\(options.mode.rawValue)", amount: words,
            unit: "words/s", times: [seconds])
        line.add("wordsPerProcessorSecond", words / processor)
        line.add("loss", model.position.losses.last ?? 0, decimals: 5)
        line.add("vocabulary", Double(stream.vocabulary.count))
        line.printed()
        return model.table
    }

    private func glove(_ stream: WordStream) throws -> VectorTable {
        var counting = CooccurrenceOptions()
        counting.window = window ?? 10
        var counted: Cooccurrences?
        let (seconds, processor) = try timed {
            counted = try Cooccurrences(counting: stream, options: counting)
        }
        guard let counts = counted else { throw ExitCode.failure }
        let words = Double(stream.textWordCount)
        var line = MeasurementLine(
            name: "vectors.glove.count", amount: words, unit: "words/s", times: [seconds])
        line.add("wordsPerProcessorSecond", words / processor)
        line.add("entries", Double(counts.count))
        line.printed()

        var options = GloVeOptions()
        options.width = width
        options.maximum = 10
        options.iterationCount = epochs
        options.learningRate = learningRate ?? options.learningRate
        options.seed = seed
        var model = try GloVe(vocabulary: stream.vocabulary, options: options)
        // What is timed holds the sorting of entries into blocks, which the authors' program does beforehand.
        let (training, used) = try timed { try model.train(on: counts) }
        let entries = Double(counts.count) * Double(epochs)
        line = MeasurementLine(
            name: "vectors.glove.train", amount: entries, unit: "entries/s", times: [training])
        line.add("entriesPerProcessorSecond", entries / used)
        line.add("cost", model.position.costs.last ?? 0, decimals: 5)
        line.printed()
        return model.table
    }

    /// Seconds by the clock, and of all threads' work.
    private func timed(_ body: () throws -> Void) rethrows -> (Double, Double) {
        let (clock, before) = (ContinuousClock(), processorSeconds())
        let start = clock.now
        try body()
        return ((clock.now - start).inSeconds, processorSeconds() - before)
    }

    private func processorSeconds() -> Double {
        var usage = rusage()
        #if canImport(Darwin)
            getrusage(RUSAGE_SELF, &usage)
        #else
            getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        #endif
        func seconds(_ time: timeval) -> Double {
            Double(time.tv_sec) + Double(time.tv_usec) * 1e-6
        }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
