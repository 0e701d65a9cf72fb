import CSesameKernels

/// What a pass draws from.
struct SamplingTables {
    let keep: [UInt32]
    let noise: NoiseTable?
    let tree: HuffmanTree?
    let parts: SubwordParts?
    let negatives: Int
    let rounds: TrainingRounds

    init(model: borrowing Word2Vec) {
        let options = model.options
        let counts = Word2Vec.counts(of: model.vocabulary)
        keep = keepThresholds(counts: counts, subsampling: options.subsampling)
        let isSampled = options.objective == .negativeSampling
        noise = isSampled ? NoiseTable(counts: counts, power: options.noisePower) : nil
        tree = isSampled ? nil : model.tree
        negatives = isSampled ? options.negativeCount : 0
        let vocabulary = model.vocabulary
        parts = options.subwords.map { SubwordParts(vocabulary: vocabulary, grams: $0) }
        rounds = TrainingRounds(
            counts: counts, keep: keep, noise: noise, negatives: negatives, parts: parts)
    }

    /// Calls `body` with the kernel's view of the tables, valid during the call only.
    func withKernel(_ body: (inout sesame_word2vec) -> Void) {
        var kernel = sesame_word2vec()
        kernel.negatives = negatives
        kernel.outputs = tree.map { max(1, $0.longestPath) } ?? negatives + 1
        kernel.block = rounds.block
        kernel.round = rounds.round
        kernel.noise_count = noise?.cells.count ?? 0
        keep.withUnsafeBufferPointer { keep in
            (noise?.cells ?? []).withUnsafeBufferPointer { cells in
                (tree?.offsets ?? []).withUnsafeBufferPointer { paths in
                    (tree?.nodes ?? []).withUnsafeBufferPointer { nodes in
                        (parts?.offsets ?? []).withUnsafeBufferPointer { parts in
                            (self.parts?.rows ?? []).withUnsafeBufferPointer { rows in
                                kernel.keep = keep.baseAddress
                                kernel.noise = cells.baseAddress
                                kernel.path_offsets = paths.baseAddress
                                kernel.path_nodes = nodes.baseAddress
                                kernel.part_offsets =
                                    self.parts == nil ? nil : parts.baseAddress
                                kernel.parts = rows.baseAddress
                                body(&kernel)
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How many centres are computed before their updates are added.
///
/// The steps of one round are all taken from where its vectors stood before. For a row that occurs seldom that makes
/// no difference; one that occurs in every window takes a step so long that it overshoots. So the rounds are made
/// short enough for the row that is expected most often: in a large vocabulary 128 centres.
struct TrainingRounds {
    /// Centres that share copies of their inputs.
    let block: Int
    /// Blocks a round.
    let round: Int

    /// How often a row of the inputs may be expected among a round's words, and of the outputs among its centres and
    /// negatives. An English text without subsampling has 7 and 17 for its commonest word in 128 centres.
    private static let limits = (input: 8.0, output: 20.0)
    private static let largest = (block: 16, round: 8)

    init(
        counts: [Int], keep: [UInt32], noise: NoiseTable?, negatives: Int, parts: SubwordParts?
    ) {
        var shares = zip(counts, keep).map { Double($0) * Double($1) }
        let total = max(shares.reduce(0, +), 1)
        for word in shares.indices { shares[word] /= total }
        var inputs = shares
        if let parts {
            inputs = [Double](repeating: 0, count: Int(parts.rows.max() ?? 0) + 1)
            for word in shares.indices {
                for row in parts.rows(of: word) { inputs[Int(row)] += shares[word] }
            }
        }
        // The root of a tree is in every path.
        let outputs =
            noise.map {
                zip(shares, $0.probabilities).map { $0 + Double(negatives) * $1 }.max() ?? 1
            } ?? 1
        let centres = min(
            Self.limits.input / max(inputs.max() ?? 1, 1e-9),
            Self.limits.output / max(outputs, 1e-9),
            Double(Self.largest.block * Self.largest.round))
        block = max(2, min(Self.largest.block, Int(centres) / Self.largest.round))
        round = max(1, min(Self.largest.round, Int(centres) / block))
    }
}
