import SesameModels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Measures an n-gram model on a text.
public enum NgramEvaluation {
    /// Loss, perplexity and bits per character of every token but the first, as other language models are
    /// measured.
    public static func metrics(of model: NgramModel, on stream: PackedTokens) -> Metrics {
        var context = model.beginning
        var total = 0.0
        var isFirst = true
        for start in stride(from: 0, to: stream.count, by: 1 << 16) {
            for token in stream[start..<min(start + 1 << 16, stream.count)] {
                let probability = model.probability(of: token, advancing: &context)
                if !isFirst { total -= log(probability) }
                isFirst = false
            }
        }
        let count = stream.count - 1
        guard count > 0 else { return [:] }
        return LanguageModelMetrics.metrics(
            loss: total / Double(count), count: count, stream: stream)
    }
}
