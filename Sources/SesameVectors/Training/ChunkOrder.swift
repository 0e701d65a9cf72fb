import SesameTensor

/// The order in which a pass goes through a text's chunks, drawn anew for each pass.
///
/// Words are what their last steps made of them: in the order of the text, the last of its books would count for more than
/// the others, pass after pass. On 65 novels that costs CBOW 0.011 of its analogies. gensim and word2vec.c escape some of it
/// with several threads, each of which has a part of the text.
package struct ChunkOrder {
    /// The chunks, by their place in the pass.
    package let chunks: [Int]
    /// How many words come before each place, and at last those of the whole pass.
    package let wordCounts: [Int]

    package init(_ stream: WordStream, seed: UInt64, pass: Int) {
        var order = Array(0..<stream.chunkCount)
        var random = RandomGenerator(
            key: RandomKey(seed: seed, stream: Word2Vec.passStream(pass)).derived(0))
        random.shuffle(&order)
        chunks = order
        wordCounts = order.reduce(into: [0]) { counts, chunk in
            let count = stream.chunkOffsets[chunk + 1] - stream.chunkOffsets[chunk]
            counts.append(counts[counts.count - 1] + Int(count))
        }
    }
}
