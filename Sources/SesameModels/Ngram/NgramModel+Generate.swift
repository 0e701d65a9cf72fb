import SesameTensor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension NgramModel {
    /// Continues a text; see ``TextContinuing``. `precision` plays no part: there are no matrix products.
    public func generate(
        _ prompt: [Int32], count: Int, sampler: inout Sampler, stopIDs: Set<Int32> = [],
        precision: Precision = .float32, onToken: (Int32) throws -> Bool = { _ in true }
    ) throws -> [Int32] {
        guard !prompt.isEmpty else {
            throw ModelError(.input, "the prompt is empty, expected at least one token")
        }
        try InputCheck.ids(prompt, below: configuration.vocabularySize)
        // More than the order cannot matter, but where the last text began does.
        var context = context(after: prompt.suffix(configuration.order))
        var result: [Int32] = []
        while result.count < count {
            let token = sampler.next(distribution(context).map { Float(log($0)) })
            result.append(token)
            _ = probability(of: token, advancing: &context)
            guard try onToken(token), !stopIDs.contains(token) else { break }
        }
        return result
    }
}
