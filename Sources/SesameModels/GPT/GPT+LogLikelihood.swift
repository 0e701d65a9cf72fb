import SesameNN
import SesameTensor

/// The tokens that a model has read last, with their keys and values.
///
/// A prompt that begins as the one before it did is read from where they differ: questions behind the same
/// examples cost no more than the questions. A copy is a snapshot.
public struct PromptCache: Sendable {
    /// What has been read.
    public fileprivate(set) var ids: [Int32] = []
    fileprivate var states: KeyValueCache

    fileprivate init(_ states: KeyValueCache) { self.states = states }
}

extension GPT {
    /// An empty cache for prompts to this model.
    public func makePromptCache() -> PromptCache { PromptCache(makeCache()) }

    /// How likely each of some continuations of a prompt is, token by token.
    ///
    /// The prompt goes through the model once for all continuations, and only from where it differs from the
    /// prompt before; the continuations then go through it side by side, each seeing the prompt and itself. That changes
    /// nothing beyond rounding.
    ///
    /// - Parameters:
    ///   - continuations: Each at least one token.
    ///   - prompt: At least one token.
    ///   - cache: Of this model; holds the prompt afterwards.
    ///   - precision: The precision of matrix products.
    ///   - tokensPerPass: How many tokens of continuations go through the model at once; memory grows with it.
    /// - Returns: For each continuation the natural logarithm of each of its tokens' probability, given all before it.
    /// - Throws: ``ModelError`` with code `.input` if a text is empty or holds an id that is out of range, or if
    ///   prompt and continuation have more than one token more than the model has positions: the last is
    ///   predicted, not read.
    public func logLikelihoods(
        of continuations: [[Int32]], after prompt: [Int32], cache: inout PromptCache,
        precision: Precision = .float32, tokensPerPass: Int = 2048
    ) throws -> [[Float]] {
        let limit = configuration.maxSequenceLength
        for ids in continuations + [prompt] {
            try InputCheck.ids(ids, below: configuration.vocabularySize)
        }
        for continuation in continuations {
            try InputCheck.length(continuation.count, limit: limit)
            try InputCheck.length(prompt.count + continuation.count - 1, limit: limit)
        }
        try InputCheck.length(prompt.count, limit: limit)
        let context = ForwardContext.evaluation(precision: precision)
        let last = read(prompt, cache: &cache, context: context)
        var result: [[Float]] = []
        var start = 0
        while start < continuations.count {
            var (end, tokens) = (start, 0)
            while end < continuations.count,
                end == start || tokens + continuations[end].count <= tokensPerPass
            {
                tokens += continuations[end].count
                end += 1
            }
            result += score(
                Array(continuations[start..<end]), after: last, cache: &cache.states,
                context: context)
            start = end
        }
        return result
    }

    /// Reads a prompt, and gives the state that predicts what follows it, `[1, hidden]`.
    private func read(
        _ prompt: [Int32], cache: inout PromptCache, context: ForwardContext
    ) -> Tensor {
        var shared = 0
        // The last token is always read, for its state.
        while shared < min(cache.ids.count, prompt.count - 1), cache.ids[shared] == prompt[shared] {
            shared += 1
        }
        cache.states.keepFirst(shared)
        let new = IDTensor(Array(prompt[shared...]), shape: [1, prompt.count - shared])
        let state = lastStates(new, cache: &cache.states, context: context)
        cache.ids = prompt
        return state
    }

    /// The log-probabilities of continuations of what a cache holds, whose last state is `last`.
    private func score(
        _ continuations: [[Int32]], after last: Tensor, cache: inout KeyValueCache,
        context: ForwardContext
    ) -> [[Float]] {
        // The first token follows the prompt, each other one those before it; nothing follows the last.
        let inner = continuations.map { Array($0.dropLast()) }.filter { !$0.isEmpty }
        var states = last
        if !inner.isEmpty {
            let branches = PackedSequences(lengths: inner.map(\.count))
            let embedded = inner.map {
                embed(IDTensor($0, shape: [1, $0.count]), start: cache.count, context: context)
            }
            var x = embedded.count == 1 ? embedded[0] : concatenated(embedded, axis: 1)
            for (i, layer) in layers.enumerated() {
                x = layer(x, cache: &cache, layer: i, branches: branches, context: context)
            }
            let rows = x.reshaped([branches.tokenCount, x.shape.last])
            states = concatenated([last, finalNorm(rows, context: context)], axis: 0)
        }
        var rows: [Int32] = []
        var next: Int32 = 1
        for continuation in continuations {
            rows.append(0)
            for _ in continuation.dropFirst() {
                rows.append(next)
                next += 1
            }
        }
        let targets = continuations.flatMap { $0 }
        let likelihoods = projectedLogLikelihoods(
            hidden: states.selectedRows(IDTensor(rows, shape: [rows.count])), weight: outputWeight,
            targets: IDTensor(targets, shape: [targets.count]), precision: context.precision)
        var start = 0
        return continuations.map { continuation in
            defer { start += continuation.count }
            return Array(likelihoods[start..<(start + continuation.count)])
        }
    }
}
