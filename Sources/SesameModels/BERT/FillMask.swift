import SesameNN
import SesameTensor

/// A token that may stand at a masked position.
public struct MaskPrediction: Sendable, Hashable {
    /// The token.
    public let id: Int32
    /// Its probability among all tokens.
    public let probability: Float

    /// A prediction from its parts.
    public init(id: Int32, probability: Float) {
        self.id = id
        self.probability = probability
    }
}

extension BERTForPretraining {
    /// The likeliest tokens at each masked position of a text.
    ///
    /// - Parameters:
    ///   - ids: One text with its special tokens.
    ///   - typeIDs: The segment of each position; nil means all 0.
    ///   - maskID: The id that stands for a masked token.
    ///   - count: How many predictions a position.
    ///   - precision: The precision of matrix products.
    /// - Returns: One list a masked position, in the text's order, the likeliest token first; of tokens
    ///   equally likely the lower id comes first.
    /// - Throws: ``ModelError`` with code `.input` if an id is out of range, or the text too long or empty.
    public func fillMask(
        _ ids: [Int32], typeIDs: [Int32]? = nil, maskID: Int32, count: Int = 5,
        precision: Precision = .float32
    ) throws -> [(position: Int, predictions: [MaskPrediction])] {
        try InputCheck.ids(ids, below: configuration.vocabularySize)
        try InputCheck.length(ids.count, limit: configuration.maxSequenceLength)
        if let typeIDs {
            try InputCheck.types(
                typeIDs, count: ids.count, below: configuration.typeCount)
        }
        let positions = ids.indices.filter { ids[$0] == maskID }
        guard !positions.isEmpty else { return [] }
        let context = ForwardContext.evaluation(precision: precision)
        let states = bert.hidden(
            IDTensor(ids, shape: [1, ids.count]),
            typeIDs: typeIDs.map { IDTensor($0, shape: [1, ids.count]) }, context: context)
        let probabilities = softmax(
            tokenLogits(states, rows: positions.map(Int32.init), context: context))
        let V = configuration.vocabularySize
        return probabilities.withUnsafeBufferPointer { values in
            positions.enumerated().map { row, position in
                let chances = values[(row * V)..<((row + 1) * V)]
                let best = largest(UnsafeBufferPointer(rebasing: chances), count: count)
                return (
                    position,
                    best.map { MaskPrediction(id: Int32($0), probability: chances[row * V + $0]) }
                )
            }
        }
    }
}

/// Checks of ids that come from outside.
enum InputCheck {
    static func ids(_ ids: [Int32], below limit: Int) throws {
        guard let i = ids.firstIndex(where: { $0 < 0 || Int($0) >= limit }) else { return }
        throw ModelError(
            .input, "id \(ids[i]) at position \(i), expected below the vocabulary's size, \(limit)")
    }

    static func length(_ count: Int, limit: Int) throws {
        guard count < 1 || count > limit else { return }
        throw ModelError(.input, "a text of \(count) tokens, expected 1 to \(limit)")
    }

    static func types(_ types: [Int32], count: Int, below limit: Int) throws {
        guard types.count == count else {
            throw ModelError(.input, "\(types.count) type ids for \(count) tokens")
        }
        guard let i = types.firstIndex(where: { $0 < 0 || Int($0) >= limit }) else { return }
        throw ModelError(.input, "type id \(types[i]) at position \(i), expected below \(limit)")
    }
}
