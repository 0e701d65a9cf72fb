import SesameNN
import SesameTensor

extension SequenceClassifier {
    /// How much each token speaks for one output: gradient × input.
    ///
    ///     score(t) = Σ ∂output / ∂e(t) · e(t)
    ///
    /// with e(t) the token's vector, before positions and segments are added. To first order it is how much the
    /// output falls when the vector shrinks to nothing: positive speaks for the output, negative against it.
    ///
    /// - Parameters:
    ///   - ids: One text with its special tokens.
    ///   - typeIDs: The segment of each token, for BERT; nil means all 0.
    ///   - output: The label's number, or 0 for a score.
    /// - Returns: The output (a label's logit, or the score) and a score a token.
    /// - Throws: ``ModelError`` with code `.input` for ids out of range, or a text too long or empty.
    /// - Precondition: The model has token vectors of its own.
    ///
    /// Source: Shrikumar et al. 2016, Not Just a Black Box, https://arxiv.org/abs/1605.01713.
    public func attributions(
        of ids: [Int32], typeIDs: [Int32]? = nil, output: Int
    ) throws -> (value: Float, scores: [Float]) {
        precondition(
            (0..<configuration.head.outputCount).contains(output),
            "output \(output) of \(configuration.head.outputCount)")
        try InputCheck.ids(ids, below: tokenVectors.shape[0])
        try InputCheck.length(ids.count, limit: maxSequenceLength)
        // A table with a row for each position instead of one for each token: its gradient is that of the positions.
        var model = self
        let vectors = model.tokenVectors.selectedRows(IDTensor(ids, shape: [ids.count]))
        model.tokenVectors = vectors
        let places = IDTensor(ids.indices.map { Int32($0) }, shape: [1, ids.count])
        let types = typeIDs.map { IDTensor($0, shape: [1, ids.count]) }
        let path = textCNN == nil ? ".tokenEmbedding.weight" : "textCNN.embedding.weight"
        let isTable = model.parameters.map { $0.path.hasSuffix(path) }
        let (value, gradients) = model.valueWithGradients(trainable: isTable) { model in
            model.logits(places, typeIDs: types, context: .evaluation())
                .sliced(axis: 1, output..<output + 1)
        }
        guard let index = isTable.firstIndex(of: true), let gradient = gradients[index] else {
            preconditionFailure("a classifier reads token vectors")
        }
        let products = (gradient * vectors).scalars
        let size = vectors.shape[1]
        let scores = ids.indices.map { row in
            Float(products[row * size..<(row + 1) * size].reduce(0.0) { $0 + Double($1) })
        }
        return (value, scores)
    }

    /// The backbone's table of token vectors.
    private var tokenVectors: Tensor {
        get {
            guard
                let weight = bert?.tokenEmbedding.weight ?? gpt?.tokenEmbedding.weight
                    ?? textCNN?.embedding?.weight
            else { preconditionFailure("this classifier reads vectors in context alone") }
            return weight
        }
        set {
            bert?.tokenEmbedding.weight = newValue
            gpt?.tokenEmbedding.weight = newValue
            textCNN?.embedding?.weight = newValue
        }
    }
}
