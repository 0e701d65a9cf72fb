import SesameNN
import SesameTensor

/// A batch of sentences, in whatever form a ``WordTagger`` reads them.
public protocol WordTaggerInput: Sendable {
    /// How many words each sentence has.
    var lengths: [Int] { get }
}

/// A model that gives each word of a sentence a tag, by itself or, with a conditional random field, in a sequence.
public protocol WordTagger: PretrainedModel {
    /// What it reads.
    associatedtype Input: WordTaggerInput

    /// The scores of tag sequences; nil where each tag is scored by itself.
    var field: LinearChainCRF? { get }

    /// The tags' scores at each word, before the field.
    ///
    /// - Returns: `[batch, words, tags]`; what stands at padding means nothing.
    func scores(_ input: Input, context: ForwardContext) -> Tensor
}

extension WordTagger {
    /// The mean over the sentences of the negative logarithm of their tags' probability; without a field, the mean
    /// cross-entropy of a word.
    ///
    /// - Parameters:
    ///   - input: The sentences.
    ///   - tags: `[batch, words]`; what lies beyond the lengths is not read.
    ///   - context: Gives precision, mode and key.
    /// - Returns: A tensor of one element, in nats.
    public func loss(_ input: Input, tags: IDTensor, context: ForwardContext) -> Tensor {
        let scores = scores(input, context: context)
        if let field {
            return field.loss(emissions: scores, tags: tags, lengths: input.lengths)
        }
        let time = tags.shape[1]
        let targets = tags.scalars.enumerated().map { place, tag in
            place % time < input.lengths[place / time] ? tag : -100
        }
        return crossEntropy(logits: scores, targets: IDTensor(targets, shape: tags.shape))
    }

    /// The likeliest tags of each sentence, as numbers.
    ///
    /// - Parameters:
    ///   - input: The sentences.
    ///   - allowed: Which tags may follow each other, for a model with a field; nil for all.
    ///   - precision: Of matrix products.
    public func tags(
        _ input: Input, allowed: TagConstraints? = nil, precision: Precision = .float32
    ) -> [[Int]] {
        let scores = scores(input, context: .evaluation(precision: precision))
        if let field {
            return field.decode(emissions: scores, lengths: input.lengths, allowed: allowed)
        }
        let best = scores.argmaxRows().scalars
        let time = scores.shape[1]
        return input.lengths.enumerated().map { row, length in
            best[row * time..<row * time + length].map(Int.init)
        }
    }
}
