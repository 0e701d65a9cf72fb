import SesameNN
import SesameTensor

extension RecurrentSeq2Seq {
    /// Says targets step by step.
    public struct StepDecoder: SequenceDecoder {
        let model: RecurrentSeq2Seq
        let context: ForwardContext

        /// What the next step depends on.
        public struct State: Sendable {
            /// The sources, as the encoder read them.
            let sources: Encoded
            /// The source of each row.
            var rows: [Int32]
            /// The sources' states in the rows' order, kept from step to step as long as that is the same.
            var arranged: Encoded
            var recurrent: RecurrentState
            /// rₜ₋₁, `[rows, 1, embedding]`, where the decoder reads it.
            var readout: Tensor?
        }

        /// Reads one token a row; see ``SequenceDecoder``.
        public func next(_ tokens: [Int32], state: inout State) -> DecoderStep {
            let ids = IDTensor(tokens, shape: [tokens.count, 1])
            var x = model.targetEmbedding(ids, context: context)
            if model.configuration.inputFeeding {
                let last =
                    state.readout
                    ?? Tensor(zeros: [tokens.count, 1, model.configuration.embeddingSize])
                x = concatenated([x, last], axis: 2)
            }
            let (output, next) = model.decoder(x, state: state.recurrent, context: context)
            state.recurrent = next
            let (features, weights) = model.read(output, state.arranged, context: context)
            let readout = model.readout(features, activation: .tanh, context: context)
            if model.configuration.inputFeeding { state.readout = readout }
            return DecoderStep(
                logProbabilities: model.logProbabilities(
                    readout.reshaped([tokens.count, readout.shape.last]),
                    precision: context.precision),
                attention: weights.map { $0.reshaped([tokens.count, $0.shape.last]) })
        }

        /// Puts rows in another order; see ``SequenceDecoder``.
        public func select(_ rows: [Int32], in state: inout State) {
            let sources = rows.map { state.rows[Int($0)] }
            let ids = IDTensor(rows, shape: [rows.count])
            state.recurrent = state.recurrent.selectedRows(ids)
            if let readout = state.readout {
                let size = readout.shape.last
                state.readout = readout.reshaped([readout.shape[0], size]).selectedRows(ids)
                    .reshaped([rows.count, 1, size])
            }
            guard sources != state.rows else { return }
            state.rows = sources
            state.arranged = state.sources.selectedRows(
                IDTensor(sources, shape: [sources.count]), needsStates: model.hasAttention)
        }
    }

    /// A decoder, in evaluation.
    public func decoder(precision: Precision = .float32) -> StepDecoder {
        StepDecoder(model: self, context: .evaluation(precision: precision))
    }

    /// Reads sources; see ``Seq2SeqModel``.
    public func encoded(
        _ source: IDTensor, lengths: [Int], precision: Precision = .float32
    ) -> StepDecoder.State {
        let encoded = encode(
            source, lengths: lengths, context: .evaluation(precision: precision))
        return StepDecoder.State(
            sources: encoded, rows: lengths.indices.map(Int32.init), arranged: encoded,
            recurrent: encoded.initial)
    }
}

extension RecurrentSeq2Seq.Encoded {
    /// The states of some sources, in this order; the decoder's first state is not among them.
    fileprivate func selectedRows(_ rows: IDTensor, needsStates: Bool) -> Self {
        guard needsStates else { return self }
        func selected(_ tensor: Tensor) -> Tensor {
            let (time, size) = (tensor.shape[1], tensor.shape[2])
            return tensor.reshaped([tensor.shape[0], time * size]).selectedRows(rows)
                .reshaped([rows.elementCount, time, size])
        }
        var result = self
        result.states = selected(states)
        result.keys = keys.map(selected)
        result.lengths = rows.scalars.map { lengths[Int($0)] }
        return result
    }
}
