import SesameNN
import SesameTensor

/// How the states of a text's tokens become one vector.
public enum SentencePooling: String, Sendable, Codable, Hashable, CaseIterable {
    /// The mean of all tokens' states, special tokens included.
    case mean
    /// The first token's state, that of `[CLS]`.
    case cls
}

extension BERT {
    /// One vector a text, without any work on padding.
    ///
    /// The texts' tokens go through the layers end to end; only attention sees them text by text. Texts of
    /// one length should stand together.
    ///
    /// - Parameters:
    ///   - texts: Ids with their special tokens; each has at least one and at most the configuration's
    ///     maxSequenceLength.
    ///   - pooling: How a text's states become its vector.
    ///   - normalized: Whether vectors are brought to length 1; one of zeros stays so.
    ///   - precision: The precision of matrix products.
    /// - Returns: `[texts, hidden]`.
    /// - Throws: ``ModelError`` with code `.input` if an id is out of range, or a text too long or empty.
    public func vectors(
        of texts: [[Int32]], pooling: SentencePooling = .mean, normalized: Bool = true,
        precision: Precision = .float32
    ) throws -> Tensor {
        for ids in texts {
            try InputCheck.ids(ids, below: configuration.vocabularySize)
            try InputCheck.length(ids.count, limit: configuration.maxSequenceLength)
        }
        guard !texts.isEmpty else { return Tensor(zeros: [0, configuration.hiddenSize]) }
        let sequences = PackedSequences(lengths: texts.map(\.count))
        let states = packedHidden(
            texts, sequences, context: .evaluation(precision: precision))
        let pooled = sequences.runs.map { run in
            let x = states.sliced(axis: 1, run.range)
                .reshaped([run.count, run.length, configuration.hiddenSize])
            return switch pooling {
            case .mean: x.mean(axis: 1)
            case .cls:
                x.sliced(axis: 1, 0..<1).reshaped([run.count, configuration.hiddenSize])
            }
        }
        var vectors = pooled.count == 1 ? pooled[0] : concatenated(pooled, axis: 0)
        if normalized { vectors.normalizeRows() }
        return vectors
    }

    /// The last layer's states of texts that lie end to end, `[1, tokens, hidden]`.
    package func packedHidden(
        _ texts: [[Int32]], _ sequences: PackedSequences, context: ForwardContext
    ) -> Tensor {
        var first = 0
        let embedded = sequences.runs.map { run in
            defer { first += run.count }
            let ids = texts[first..<first + run.count].flatMap { $0 }
            return embed(
                IDTensor(ids, shape: [run.count, run.length]), typeIDs: nil, context: context
            ).reshaped([1, run.range.count, configuration.hiddenSize])
        }
        var x = embedded.count == 1 ? embedded[0] : concatenated(embedded, axis: 1)
        for (i, layer) in layers.enumerated() {
            x = layer(x, sequences: sequences, context: context.site(1 + i))
        }
        return x
    }
}

extension Tensor {
    /// Divides each row of a matrix by its Euclidean length; a row of zeros stays.
    fileprivate mutating func normalizeRows() {
        let (rows, columns) = (shape[0], shape[1])
        withUnsafeMutableBufferPointer { values in
            for row in 0..<rows {
                let range = row * columns..<(row + 1) * columns
                let squares = values[range].reduce(0.0) { $0 + Double($1) * Double($1) }
                guard squares > 0 else { continue }
                let scale = Float(1 / squares.squareRoot())
                for i in range { values[i] *= scale }
            }
        }
    }
}
