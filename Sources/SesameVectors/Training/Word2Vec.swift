import CSesameKernels
import SesameTensor
import SesameText

/// Word vectors by word2vec (Mikolov et al. 2013a and b), or, with subwords, as fastText trains them (Bojanowski et
/// al. 2017).
///
///     let stream = try WordStream(contentsOf: text)
///     var model = try Word2Vec(stream: stream, options: Word2VecOptions())
///     try model.train(on: stream)
///     try model.table.save(to: url)
///
/// Of a centre word with output vector o₀, negatives with o₁ … o_K and an input vector h, the loss is
///
///     -ln σ(h · o₀) - Σ_k ln σ(-h · o_k)
///
/// In skip-gram h is the vector of one word of the window, and every such pair counts; in CBOW it is the mean of the
/// window's vectors. The negatives are drawn once a centre and shared by its window (Ji et al. 2016, "Parallelizing
/// word2vec in shared and distributed memory"); one drawn twice counts twice, and one that is the centre is
/// left out. CBOW adds the mean's step to each word of the window undivided, as word2vec.c does.
///
/// A pass goes through pieces of the text, 2,048 words and more, in an order that is drawn anew for each pass.
///
/// A model is a value; what it has gone through is part of it, so that a copy or a checkpoint goes on where it was.
public struct Word2Vec: Sendable {
    /// How it is trained.
    public let options: Word2VecOptions
    /// The words, with their counts.
    public private(set) var vocabulary: Vocabulary
    /// Words, then n-gram buckets: `[rows, stride]`.
    package internal(set) var input: Tensor
    /// Words, or the Huffman tree's inner nodes: `[rows, stride]`.
    package internal(set) var output: Tensor
    /// How far training has come.
    public internal(set) var position = Word2VecPosition()

    /// A model of a stream's words, not trained yet.
    ///
    /// - Throws: ``VectorError`` with code `.invalidOption`.
    public init(stream: WordStream, options: Word2VecOptions) throws(VectorError) {
        try self.init(vocabulary: stream.vocabulary, options: options)
    }

    /// A model of some words, not trained yet: inputs uniform in ±1/width, outputs zero.
    ///
    /// - Throws: ``VectorError`` with code `.invalidOption`, or `.badWords` for counts that no text has.
    public init(vocabulary: Vocabulary, options: Word2VecOptions) throws(VectorError) {
        try options.validate()
        try TrainedText.checkCounts(of: vocabulary)
        self.options = options
        self.vocabulary = vocabulary
        let stride = Self.stride(options.width)
        let buckets = options.subwords?.bucketCount ?? 0
        input = Tensor(zeros: [vocabulary.count + buckets, stride])
        output = Tensor(zeros: [vocabulary.count, stride])
        initialize(rows: 0..<vocabulary.count, stream: .words, at: 0)
        initialize(rows: 0..<buckets, stream: .buckets, at: vocabulary.count)
    }

    init(
        options: Word2VecOptions, vocabulary: Vocabulary, input: Tensor, output: Tensor,
        position: Word2VecPosition
    ) {
        self.options = options
        self.vocabulary = vocabulary
        self.input = input
        self.output = output
        self.position = position
    }

    /// The distance between rows: whole vectors of any instruction set, each row on cache lines of its own.
    static func stride(_ width: Int) -> Int { (width + 15) / 16 * 16 }

    var stride: Int { Self.stride(options.width) }

    /// Streams of random numbers; those of the passes come after.
    private enum RandomStream: UInt64 {
        case words = 0
        case buckets = 1
    }

    /// Where the random numbers of a pass lie.
    static func passStream(_ pass: Int) -> UInt64 { 2 + UInt64(pass) }

    /// Fills rows from their own part of a stream, so that row r begins alike however many there are.
    private mutating func initialize(rows: Range<Int>, stream: RandomStream, at start: Int) {
        let (width, stride) = (options.width, stride)
        let key = sesame_key(seed: options.seed, stream: stream.rawValue)
        let limit = 1 / Float(width)
        input.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            for row in rows {
                sesame_random_uniform(
                    width, key, UInt64(row * width), -limit, limit,
                    base + (start - rows.lowerBound + row) * stride)
            }
        }
    }

    /// The tree of a hierarchical softmax.
    package var tree: HuffmanTree {
        HuffmanTree(growths: position.treeCounts ?? [Self.counts(of: vocabulary)])
    }

    /// The counts of words, 1 each where the vocabulary has none.
    static func counts(of vocabulary: Vocabulary) -> [Int] {
        vocabulary.counts ?? [Int](repeating: 1, count: vocabulary.count)
    }

    // MARK: Use

    /// The words and their vectors; with subwords, a word's vector is the mean of its own row and its n-grams'.
    public var table: VectorTable {
        let (width, stride) = (options.width, stride)
        let kernels = input.withUnsafeBufferPointer { values in
            guard let grams = options.subwords else {
                return (Self.narrowed(values, rows: 0..<vocabulary.count, width, stride), nil)
                    as (Tensor, SubwordTable?)
            }
            let parts = SubwordParts(vocabulary: vocabulary, grams: grams)
            let words = Tensor(unsafeUninitializedShape: [vocabulary.count, width]) { target in
                for word in 0..<vocabulary.count {
                    let rows = parts.rows(of: word)
                    for place in 0..<width {
                        var sum: Float = 0
                        for row in rows { sum += values[Int(row) * stride + place] }
                        target[word * width + place] = sum / Float(rows.count)
                    }
                }
            }
            let rows = vocabulary.count..<vocabulary.count + grams.bucketCount
            let buckets = Self.narrowed(values, rows: rows, width, stride)
            return (words, SubwordTable(grams: grams, values: buckets))
        }
        return VectorTable(vocabulary: vocabulary, values: kernels.0, subwords: kernels.1)
    }

    /// Rows without what pads them.
    static func narrowed(
        _ values: UnsafeBufferPointer<Float>, rows: Range<Int>, _ width: Int, _ stride: Int
    ) -> Tensor {
        Tensor(unsafeUninitializedShape: [rows.count, width]) { target in
            guard let base = values.baseAddress, let out = target.baseAddress else { return }
            sesame_copy_block(
                rows.count, width, base + rows.lowerBound * stride, stride, false, out, width)
        }
    }

    /// Rows with padding, the opposite of ``narrowed(_:rows:_:_:)``.
    static func padded(_ values: Tensor, stride: Int) -> Tensor {
        let (count, width) = (values.shape[0], values.shape[1])
        var result = Tensor(zeros: [count, stride])
        values.withUnsafeBufferPointer { source in
            result.withUnsafeMutableBufferPointer { target in
                guard let base = source.baseAddress, let out = target.baseAddress else { return }
                sesame_copy_block(count, width, base, width, false, out, stride)
            }
        }
        return result
    }

    // MARK: Growing

    /// Takes in the words of a further text, and begins training anew on it with the vectors as they are.
    ///
    /// Words that the model has keep their ids and vectors, their counts added to; new ones come after them, with
    /// random vectors. The next ``train(on:progress:)`` makes all its passes over the new text.
    ///
    /// The tree of a hierarchical softmax stays whole, and the new words get one of their own beside it, under a new
    /// root: every old word's path has one step more in front, and all old inner vectors keep their meaning. What that
    /// costs is a step a word and growth, and that words keep the lengths of path which their counts gave them when
    /// they came; after many growths, training anew on all of the text is faster to use.
    ///
    ///     var builder = WordStreamBuilder()  // … more text
    ///     let more = try builder.finish(minimumCount: 5, extending: model.vocabulary)
    ///     try model.extend(to: more)
    ///     try model.train(on: more)
    ///
    /// - Throws: ``VectorError`` with code `.badWords` where the stream's vocabulary does not begin with the model's.
    public mutating func extend(to stream: WordStream) throws(VectorError) {
        try TrainedText.checkGrowth(of: vocabulary, to: stream.vocabulary)
        let old = vocabulary.count
        let added = stream.vocabulary.count - old
        let stride = stride
        let before = input
        input = Tensor(zeros: [before.shape[0] + added, stride])
        before.withUnsafeBufferPointer { source in
            input.withUnsafeMutableBufferPointer { target in
                for place in 0..<source.count {
                    target[place < old * stride ? place : place + added * stride] = source[place]
                }
            }
        }
        let outputs = output
        output = Tensor(zeros: [old + added, stride])
        outputs.withUnsafeBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                for place in 0..<source.count { target[place] = source[place] }
            }
        }
        var next = Word2VecPosition(firstPass: position.firstPass + options.epochCount)
        next.treeCounts = treeCounts(growingTo: stream.vocabulary)
        vocabulary = stream.vocabulary
        initialize(rows: old..<old + added, stream: .words, at: old)
        position = next
    }

    /// What the tree is made of once the vocabulary has grown; nil without a tree.
    private func treeCounts(growingTo grown: Vocabulary) -> [[Int]]? {
        guard options.objective == .hierarchicalSoftmax else { return nil }
        let before = position.treeCounts ?? [Self.counts(of: vocabulary)]
        guard grown.count > vocabulary.count else { return before }
        return before + [Array(Self.counts(of: grown)[vocabulary.count...])]
    }
}
