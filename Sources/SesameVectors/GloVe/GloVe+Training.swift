import CSesameKernels
import SesameTensor

extension GloVe {
    /// Makes all passes over the counts, or those that are left.
    ///
    /// The model is whole after each call of `progress`, and goes on from there if that throws: throw to stop.
    /// - Parameters:
    ///   - counts: Of the model's words, the same until all passes are made.
    ///   - progress: Called after each of a pass's 16 rounds.
    /// - Throws: ``VectorError`` with code `.badWords` for counts of other words or, on going on, others of these,
    ///   `.diverged` for a learning rate that is too high; and what `progress` throws.
    public mutating func train(
        on counts: Cooccurrences,
        progress: (GloVe, GloVeProgress) throws -> Void = { _, _ in }
    ) throws {
        try check(counts)
        let blocks = GloVeBlocks(counts, seed: options.seed)
        let classes = GloVeBlocks.classes
        let clock = ContinuousClock()
        let start = clock.now
        var trained = 0
        while position.iteration < options.iterationCount {
            let order = GloVeBlocks.order(seed: options.seed, pass: position.iteration)
            let shift = order[position.round]
            var (begins, ends) = ([UInt64](), [UInt64]())
            for row in 0..<classes {
                let block = row * classes + (row + shift) % classes
                begins.append(blocks.offsets[block])
                ends.append(blocks.offsets[block + 1])
            }
            // Added up in the order of blocks.
            for cost in step(blocks.entries, begins, ends) { position.cost += cost }
            guard position.cost.isFinite else {
                throw VectorError(.diverged(place: "pass \(position.iteration + 1)"))
            }
            let count = zip(begins, ends).reduce(0) { $0 + Int($1.1 - $1.0) }
            trained += count
            position.count += count
            position.round += 1
            let elapsed = start.duration(to: clock.now) / .seconds(1)
            let report = GloVeProgress(
                iteration: position.iteration + 1, iterationCount: options.iterationCount,
                entryCount: position.count, totalEntryCount: counts.count,
                cost: position.cost / Double(max(1, position.count)),
                entriesPerSecond: Double(trained) / max(elapsed, 1e-9))
            if position.round == classes {
                position.costs.append(report.cost)
                position.iteration += 1
                position.round = 0
                position.cost = 0
                position.count = 0
            }
            try progress(self, report)
        }
    }

    private mutating func check(_ counts: Cooccurrences) throws(VectorError) {
        guard
            counts.vocabulary.count == vocabulary.count,
            counts.vocabulary.tokens == vocabulary.tokens
        else {
            throw VectorError(
                .badWords(
                    expected: "counts of the model's \(vocabulary.count) words",
                    found: "of \(counts.vocabulary.count), or of others"))
        }
        let fingerprint = counts.fingerprint
        if position.fingerprint == 0 {
            position.fingerprint = fingerprint
        } else if position.fingerprint != fingerprint {
            throw VectorError(
                .badWords(
                    expected: "the counts that training began with", found: "others"))
        }
    }

    private mutating func step(
        _ entries: [sesame_cooccurrence], _ begins: [UInt64], _ ends: [UInt64]
    ) -> [Double] {
        var costs = [Double](repeating: 0, count: begins.count)
        let (options, stride) = (options, stride)
        words.withUnsafeMutableBufferPointer { words in
            contexts.withUnsafeMutableBufferPointer { contexts in
                var model = sesame_glove(
                    width: options.width, stride: stride, words: words.baseAddress,
                    contexts: contexts.baseAddress, learning_rate: Float(options.learningRate),
                    maximum: Float(options.maximum), power: Float(options.power))
                sesame_glove_train(&model, entries, begins.count, begins, ends, &costs)
            }
        }
        return costs
    }
}

/// The matrix in 16 × 16 blocks: a word's class is its id modulo 16, so that each has its share of frequent words.
struct GloVeBlocks {
    static let classes = 16

    /// Block r · 16 + c is `entries[offsets[r · 16 + c]..<offsets[r · 16 + c + 1]]`, in random order.
    let entries: [sesame_cooccurrence]
    let offsets: [UInt64]

    init(_ counts: Cooccurrences, seed: UInt64) {
        let classes = Self.classes
        func block(_ entry: sesame_cooccurrence) -> Int {
            Int(entry.row) % classes * classes + Int(entry.column) % classes
        }
        var offsets = [UInt64](repeating: 0, count: classes * classes + 1)
        for entry in counts.entries { offsets[block(entry) + 1] += 1 }
        for index in 0..<classes * classes { offsets[index + 1] += offsets[index] }
        var next = offsets
        let starts = offsets
        entries = [sesame_cooccurrence](unsafeUninitializedCapacity: counts.count) {
            target, count in
            for entry in counts.entries {
                let index = block(entry)
                target[Int(next[index])] = entry
                next[index] += 1
            }
            count = counts.count
            let sorted = target
            parallelFor(classes * classes) { index in
                let range = Int(starts[index])..<Int(starts[index + 1])
                var random = RandomGenerator(
                    key: RandomKey(seed: seed, stream: 2 + UInt64(index)))
                for place in stride(from: range.count - 1, to: 0, by: -1) {
                    sorted.swapAt(
                        range.lowerBound + place,
                        range.lowerBound + random.next(below: place + 1))
                }
            }
        }
        self.offsets = offsets
    }

    /// The order of a pass's rounds.
    static func order(seed: UInt64, pass: Int) -> [Int] {
        var order = Array(0..<classes)
        var random = RandomGenerator(
            key: RandomKey(seed: seed, stream: UInt64(1000 + pass)))
        random.shuffle(&order)
        return order
    }
}
