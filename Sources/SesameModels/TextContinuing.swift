import SesameTensor

/// A model that continues a sequence of tokens.
public protocol TextContinuing: Sendable {
    /// Continues a sequence.
    ///
    /// - Parameters:
    ///   - prompt: At least one token.
    ///   - count: How many tokens to generate at most.
    ///   - sampler: Picks the tokens; its state moves on.
    ///   - stopIDs: Tokens that end the text; the one that did is the last of the result.
    ///   - precision: The precision of matrix products.
    ///   - onToken: Called with each token as soon as it is picked; returning false ends the text.
    /// - Returns: The new tokens, without the prompt.
    /// - Throws: ``ModelError`` with code `.input` if the prompt is empty or holds an id that is out of
    ///   range; what `onToken` throws.
    func generate(
        _ prompt: [Int32], count: Int, sampler: inout Sampler, stopIDs: Set<Int32>,
        precision: Precision, onToken: (Int32) throws -> Bool
    ) throws -> [Int32]
}

extension GPT: TextContinuing {}
