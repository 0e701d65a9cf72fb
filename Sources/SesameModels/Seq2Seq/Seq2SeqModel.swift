import SesameNN
import SesameTensor

/// A model that turns a sequence into another: an encoder that reads the source, and a decoder that says the
/// target token by token.
///
/// Training, translation and evaluation know a model by this protocol alone.
public protocol Seq2SeqModel: PretrainedModel {
    /// Says targets with ``beamSearch(with:state:startID:maximumLengths:options:sourceLengths:keepsAttention:)``.
    associatedtype Decoder: SequenceDecoder

    /// What training and translation need to know of the vocabularies.
    var vocabularies: Seq2SeqVocabularies { get }

    /// Whether a decoder tells where in the source it looks.
    var hasAttention: Bool { get }

    /// The mean cross-entropy of the targets' tokens, in nats, the decoder being told the right token before
    /// each (teacher forcing).
    ///
    /// - Parameters:
    ///   - source: `[batch, source time]`, padded at the end.
    ///   - sourceLengths: The sources' tokens, padding not counted; each at least 1.
    ///   - input: What the decoder reads, `[batch, target time]`: the beginning, then the target.
    ///   - output: What it is to say, `[batch, target time]`: the target, then the end; -100 is not scored.
    ///   - targetLengths: The tokens of each row of `input`, padding not counted; each at least 1.
    ///   - labelSmoothing: In `0...1`; see `crossEntropy`.
    ///   - context: Gives precision, mode and key.
    func loss(
        _ source: IDTensor, sourceLengths: [Int], input: IDTensor, output: IDTensor,
        targetLengths: [Int], labelSmoothing: Float, context: ForwardContext
    ) -> ProjectedLoss

    /// A decoder, in evaluation.
    func decoder(precision: Precision) -> Decoder

    /// Reads sources, and gives a decoder's state before the first token, one row a source.
    ///
    /// Parameters as for the loss.
    func encoded(
        _ source: IDTensor, lengths: [Int], precision: Precision
    ) -> Decoder.State
}
