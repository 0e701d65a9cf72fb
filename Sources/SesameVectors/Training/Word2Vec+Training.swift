import CSesameKernels
import SesameTensor

extension Word2Vec {
    /// Chunks trained between two reports; a multiple of the kernel's groups, so that a run that was stopped goes
    /// on with the same bits.
    static let piece = 64

    /// Makes all passes over a stream, or those that are left.
    ///
    /// The model is whole after each call of `progress`, and goes on from there if that throws: throw to stop.
    /// - Parameters:
    ///   - stream: The text, the same one until all passes are made.
    ///   - progress: Called every 64 chunks (some 130,000 words) and at the end of each pass.
    /// - Throws: ``VectorError`` with code `.badWords` for a stream of other words or, on going on, of another text;
    ///   `.diverged` for a learning rate that is too high; and what `progress` throws.
    public mutating func train(
        on stream: WordStream,
        progress: (Word2Vec, Word2VecProgress) throws -> Void = { _, _ in }
    ) throws {
        try TrainedText.check(
            stream.vocabulary, of: "text", for: vocabulary, fingerprint: stream.fingerprint,
            begun: &position.fingerprint)
        guard position.chunk <= stream.chunkCount else {
            throw VectorError(
                .badWords(
                    expected: "the text that training began with", found: "a shorter one"))
        }
        let tables = SamplingTables(model: self)
        var order = ChunkOrder(stream, seed: options.seed, pass: pass)
        let clock = ContinuousClock()
        let start = clock.now
        var trained = 0
        while position.epoch < options.epochCount {
            let first = position.chunk
            let places = first..<min(first + Self.piece, stream.chunkCount)
            let rates = places.map { learningRate(after: order.wordCounts[$0], of: stream) }
            let sums = step(stream, order.chunks[places], rates, tables)
            for chunk in sums {
                position.sums.loss += chunk.loss
                position.sums.pairs += chunk.pairs
                position.sums.words += chunk.words
            }
            guard position.sums.loss.isFinite else {
                throw VectorError(.diverged(place: "pass \(position.epoch + 1)"))
            }
            position.chunk = places.upperBound
            let end = order.wordCounts[places.upperBound]
            trained += end - order.wordCounts[first]
            let elapsed = start.duration(to: clock.now) / .seconds(1)
            let report = Word2VecProgress(
                pass: position.epoch + 1, passCount: options.epochCount, wordCount: end,
                totalWordCount: stream.count,
                loss: position.sums.loss / Double(max(1, position.sums.pairs)),
                pairCount: Int(position.sums.pairs), learningRate: rates.last.map(Double.init) ?? 0,
                wordsPerSecond: Double(trained) / max(elapsed, 1e-9))
            if position.chunk == stream.chunkCount {
                position.losses.append(report.loss)
                position.epoch += 1
                position.chunk = 0
                position.sums = Word2VecSums()
                order = ChunkOrder(stream, seed: options.seed, pass: pass)
            }
            try progress(self, report)
        }
    }

    /// The pass under way, those over earlier texts counted.
    private var pass: Int { position.firstPass + position.epoch }

    /// Linear over all passes, as word2vec.c has it, but by the words before a chunk rather than by those that any
    /// thread has got through.
    private func learningRate(after wordCount: Int, of stream: WordStream) -> Float {
        let done = Double(position.epoch) * Double(stream.count) + Double(wordCount)
        let share = done / (Double(options.epochCount) * Double(max(1, stream.count)))
        let rate = options.startingRate * (1 - share) + options.finalLearningRate * share
        return Float(rate)
    }

    private mutating func step(
        _ stream: WordStream, _ chunks: ArraySlice<Int>, _ rates: [Float], _ tables: SamplingTables
    ) -> [sesame_word2vec_sums] {
        var sums = [sesame_word2vec_sums](repeating: .init(), count: chunks.count)
        let begins = chunks.map { stream.chunkOffsets[$0] }
        let ends = chunks.map { stream.chunkOffsets[$0 + 1] }
        let key = sesame_key(seed: options.seed, stream: Self.passStream(pass))
        let (options, stride) = (options, stride)
        input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                tables.withKernel { kernel in
                    kernel.cbow = options.architecture == .cbow
                    kernel.shared = options.mode == .fastest
                    kernel.stride = stride
                    kernel.window = options.window
                    kernel.input = input.baseAddress
                    kernel.output = output.baseAddress
                    kernel.key = key
                    sesame_word2vec_train(
                        &kernel, stream.ids, begins.count, begins, ends, rates, &sums)
                }
            }
        }
        return sums
    }
}
