import SesameNN
import SesameTensor

extension Transformer {
    /// Says targets token by token.
    ///
    /// Keys and values of the tokens said so far are kept, as are those of the sources, so a step computes
    /// those of one token alone.
    public struct StepDecoder: SequenceDecoder {
        let model: Transformer
        let context: ForwardContext
        /// The decoder layer, from 0, whose attention to the source is told, as the mean of its heads; the last
        /// unless set.
        public var attentionLayer: Int

        /// What the next step depends on.
        public struct State: Sendable {
            /// What each layer reads of the sources.
            let memories: [AttentionMemory]
            /// Where each source lies in them.
            let sources: [Range<Int>]
            /// The source of each row.
            var rows: [Int32]
            /// Keys and values of the tokens so far.
            var cache: KeyValueCache
        }

        /// Reads one token a row; see ``SequenceDecoder``.
        public func next(_ tokens: [Int32], state: inout State) -> DecoderStep {
            let size = model.configuration.sizes.hiddenSize
            state.cache.makeRoom(for: 1)
            var x = model.embed(
                IDTensor(tokens, shape: [tokens.count, 1]), with: model.targetEmbedding,
                at: [Int](repeating: state.cache.count, count: tokens.count), context: context)
            let groups = Self.groups(state.rows)
            let sources = groups.map { state.sources[Int(state.rows[$0.lowerBound])] }
            let width = state.sources.lazy.map(\.count).max() ?? 0
            var attention: Tensor?
            for (index, layer) in model.decoderLayers.enumerated() {
                var memory = state.memories[index]
                memory.sequences = sources
                func keep(_ weights: Tensor) {
                    attention = Self.meanOfHeads(
                        weights, groups: groups, rowCount: tokens.count, width: width)
                }
                x = layer(
                    x, cache: &state.cache, layer: index, memory: memory, groups: groups,
                    onWeights: index == attentionLayer ? keep : nil, context: context)
            }
            state.cache.advance(by: 1)
            if let norm = model.decoderNorm { x = norm(x, context: context) }
            return DecoderStep(
                logProbabilities: model.logProbabilities(
                    x.reshaped([tokens.count, size]), precision: context.precision),
                attention: attention)
        }

        /// Puts rows in another order; see ``SequenceDecoder``.
        public func select(_ rows: [Int32], in state: inout State) {
            state.cache.select(rows)
            state.rows = rows.map { state.rows[Int($0)] }
        }

        /// Neighbouring rows of the same source.
        private static func groups(_ rows: [Int32]) -> [Range<Int>] {
            var groups: [Range<Int>] = []
            for row in rows.indices {
                if let last = groups.last, rows[last.lowerBound] == rows[row] {
                    groups[groups.count - 1] = last.lowerBound..<row + 1
                } else {
                    groups.append(row..<row + 1)
                }
            }
            return groups
        }

        /// A row's weights for each of the rows that `groups` cover, as wide as the longest source.
        private static func meanOfHeads(
            _ weights: Tensor, groups: [Range<Int>], rowCount: Int, width: Int
        ) -> Tensor {
            let (heads, queries, keys) = (weights.shape[1], weights.shape[2], weights.shape[3])
            var mean = [Float](repeating: 0, count: rowCount * width)
            weights.withUnsafeBufferPointer { weights in
                for (group, range) in groups.enumerated() {
                    for (query, row) in range.enumerated() {
                        for head in 0..<heads {
                            let start = ((group * heads + head) * queries + query) * keys
                            for key in 0..<keys {
                                mean[row * width + key] += weights[start + key] / Float(heads)
                            }
                        }
                    }
                }
            }
            return Tensor(mean, shape: [rowCount, width])
        }
    }

    /// A decoder, in evaluation.
    public func decoder(precision: Precision = .float32) -> StepDecoder {
        StepDecoder(
            model: self, context: .evaluation(precision: precision),
            attentionLayer: decoderLayers.count - 1)
    }

    /// Room in a fresh cache; it grows.
    private static let firstCapacity = 32

    /// Reads sources; see ``Seq2SeqModel``.
    public func encoded(
        _ source: IDTensor, lengths: [Int], precision: Precision = .float32
    ) -> StepDecoder.State {
        let context = ForwardContext.evaluation(precision: precision)
        let (states, sequences) = encode(source, lengths: lengths, context: context)
        return StepDecoder.State(
            memories: decoderLayers.compactMap { layer in
                layer.memory(states, sequences: sequences.ranges, context: context)
            },
            sources: sequences.ranges, rows: lengths.indices.map(Int32.init),
            cache: KeyValueCache(
                layerCount: decoderLayers.count, batchSize: lengths.count,
                capacity: Self.firstCapacity, hiddenSize: configuration.sizes.hiddenSize))
    }
}
