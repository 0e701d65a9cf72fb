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
    ///   `.diverged` for a learning rate that is too high, `.file` where counts that lie in a file cannot be sorted into
    ///   another; and what `progress` throws.
    public mutating func train(
        on counts: Cooccurrences,
        progress: (GloVe, GloVeProgress) throws -> Void = { _, _ in }
    ) throws {
        try TrainedText.check(
            counts.vocabulary, of: "counts", for: vocabulary, fingerprint: counts.fingerprint,
            begun: &position.fingerprint)
        let blocks = try GloVeBlocks(counts, seed: options.seed)
        let classes = GloVeBlocks.classes
        let clock = ContinuousClock()
        let start = clock.now
        var trained = 0
        while position.iteration < options.iterationCount {
            let order = GloVeBlocks.order(
                seed: options.seed, pass: position.firstIteration + position.iteration)
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
                pass: position.iteration + 1, passCount: options.iterationCount,
                entryCount: position.count, totalEntryCount: counts.count,
                loss: position.cost / Double(max(1, position.count)),
                entriesPerSecond: Double(trained) / max(elapsed, 1e-9))
            if position.round == classes {
                position.costs.append(report.loss)
                position.iteration += 1
                position.round = 0
                position.cost = 0
                position.count = 0
            }
            try progress(self, report)
        }
    }

    private mutating func step(
        _ entries: CooccurrenceEntries, _ begins: [UInt64], _ ends: [UInt64]
    ) -> [Double] {
        var costs = [Double](repeating: 0, count: begins.count)
        let (options, stride) = (options, stride)
        words.withUnsafeMutableBufferPointer { words in
            contexts.withUnsafeMutableBufferPointer { contexts in
                var model = sesame_glove(
                    width: options.width, stride: stride, words: words.baseAddress,
                    contexts: contexts.baseAddress, learning_rate: Float(options.learningRate),
                    maximum: Float(options.maximum), power: Float(options.power))
                entries.withUnsafeEntries { entries in
                    sesame_glove_train(
                        &model, entries.baseAddress, begins.count, begins, ends, &costs)
                }
            }
        }
        return costs
    }
}
