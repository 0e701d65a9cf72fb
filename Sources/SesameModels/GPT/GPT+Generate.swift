import SesameNN
import SesameTensor

extension GPT {
    /// Continues a text.
    ///
    /// The prompt goes through the model at once, then one token a step, with a key/value cache. When all of
    /// the model's positions are in use, the last half of them is read again from position 0 and generation
    /// goes on; so a token always sees at least half the model's context, at a cost that stays constant.
    ///
    /// - Parameters:
    ///   - prompt: At least one token. Of a prompt longer than the context the last tokens are used.
    ///   - count: How many tokens to generate at most.
    ///   - sampler: Picks the tokens; its state moves on.
    ///   - stopIDs: Tokens that end the text; the one that did is the last of the result.
    ///   - precision: The precision of matrix products.
    ///   - onToken: Called with each token as soon as it is picked; returning false ends the text.
    /// - Returns: The new tokens, without the prompt.
    /// - Throws: ``ModelError`` with code `.input` if the prompt is empty or holds an id that is out of range; what `onToken` throws.
    public func generate(
        _ prompt: [Int32], count: Int, sampler: inout Sampler, stopIDs: Set<Int32> = [],
        precision: Precision = .float32, onToken: (Int32) throws -> Bool = { _ in true }
    ) throws -> [Int32] {
        guard !prompt.isEmpty else {
            throw ModelError(.input, "the prompt is empty, expected at least one token")
        }
        try InputCheck.ids(prompt, below: configuration.vocabularySize)
        let limit = configuration.maxSequenceLength
        var text = Array(prompt.suffix(limit))
        var cache = makeCache(capacity: text.count + min(max(0, count), limit))
        var pending = text
        var result: [Int32] = []
        while result.count < count {
            if pending.count > cache.room {
                cache.removeAll()
                pending = Array(text.suffix(max(1, limit / 2)))
            }
            let logits = nextLogits(
                IDTensor(pending, shape: [1, pending.count]), cache: &cache, precision: precision)
            let token = logits.withUnsafeBufferPointer { sampler.next($0) }
            result.append(token)
            text.append(token)
            pending = [token]
            guard try onToken(token), !stopIDs.contains(token) else { break }
        }
        return result
    }
}
