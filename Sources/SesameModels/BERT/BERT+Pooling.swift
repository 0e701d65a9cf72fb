import SesameNN
import SesameTensor

/// How the states of a text's tokens become one vector.
public enum SentencePooling: String, Sendable, Codable, Hashable, CaseIterable {
    /// The mean of all tokens' states, special tokens included.
    case mean
    /// The first token's state, that of `[CLS]`.
    case cls
}

/// The states of all tokens of a batch, in an order of their own.
package struct TokenStates {
    /// `[rows, hidden]`.
    package let states: Tensor
    /// The row of each text's first token; its others are behind it.
    package let starts: [Int]
    /// How many positions each text has in the batch, padding included.
    let time: Int

    /// The row of a token by its place in the batch, text · time + position.
    func row(at place: Int) -> Int32 { Int32(starts[place / time] + place % time) }
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

    /// The pooled state of each text, `[batch, hidden]`, without any work on padding that is behind the texts.
    ///
    /// Parameters as for ``hidden(_:typeIDs:mask:context:)``.
    /// - Precondition: The model has a ``pooler``.
    package func pooled(
        _ ids: IDTensor, typeIDs: IDTensor?, mask: AttentionMask?, context: ForwardContext
    ) -> Tensor {
        let tokens = tokenStates(ids, typeIDs: typeIDs, mask: mask, context: context)
        let rows = tokens.starts.map { Int32($0) }
        return pool(tokens.states, rows: IDTensor(rows, shape: [rows.count]), context: context)
    }

    /// The last layer's states of all tokens, without any work on padding that is behind the texts.
    ///
    /// Parameters as for ``hidden(_:typeIDs:mask:context:)``.
    package func tokenStates(
        _ ids: IDTensor, typeIDs: IDTensor?, mask: AttentionMask?, context: ForwardContext
    ) -> TokenStates {
        let (batch, time) = (ids.shape[0], ids.shape[1])
        guard let mask, mask.keepsPrefixes, case let lengths = mask.lengths, !lengths.contains(0)
        else {
            let states = hidden(ids, typeIDs: typeIDs, mask: mask, context: context)
            return TokenStates(
                states: states.reshaped([batch * time, configuration.hiddenSize]),
                starts: (0..<batch).map { $0 * time }, time: time)
        }
        func rows(_ tensor: IDTensor) -> [[Int32]] {
            lengths.indices.map { Array(tensor.scalars[$0 * time..<$0 * time + lengths[$0]]) }
        }
        // Texts of one length stand together, which makes the fewest runs.
        let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        let texts = rows(ids)
        let types = typeIDs.map(rows)
        let states = packedHidden(
            order.map { texts[$0] }, typeIDs: types.map { types in order.map { types[$0] } },
            PackedSequences(lengths: order.map { lengths[$0] }), context: context)
        var starts = [Int](repeating: 0, count: lengths.count)
        var start = 0
        for text in order {
            starts[text] = start
            start += lengths[text]
        }
        return TokenStates(
            states: states.reshaped([start, configuration.hiddenSize]), starts: starts, time: time)
    }

    /// The last layer's states of texts that lie end to end, `[1, tokens, hidden]`.
    package func packedHidden(
        _ texts: [[Int32]], typeIDs: [[Int32]]? = nil, _ sequences: PackedSequences,
        context: ForwardContext
    ) -> Tensor {
        var first = 0
        let embedded = sequences.runs.enumerated().map { index, run in
            defer { first += run.count }
            func ids(_ rows: [[Int32]]) -> IDTensor {
                IDTensor(
                    rows[first..<first + run.count].flatMap { $0 }, shape: [run.count, run.length])
            }
            return embed(
                ids(texts), typeIDs: typeIDs.map(ids),
                context: context.site(1 + configuration.layerCount + index)
            ).reshaped([1, run.range.count, configuration.hiddenSize])
        }
        var x = embedded.count == 1 ? embedded[0] : concatenated(embedded, axis: 1)
        for (i, layer) in passes.enumerated() {
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
