import SesameTensor

/// Vectors of a text's tokens in context, as a model gives them.
public struct TokenVectors: Sendable, Hashable {
    /// `[layers, tokens, size]`.
    public let layers: Tensor

    /// Vectors `[layers, tokens, size]`.
    public init(_ layers: Tensor) { self.layers = layers }

    /// Whether shapes and values are equal.
    public static func == (a: TokenVectors, b: TokenVectors) -> Bool {
        a.layers.shape == b.layers.shape && a.layers.scalars == b.layers.scalars
    }

    /// Hashes the shape.
    public func hash(into hasher: inout Hasher) { hasher.combine(layers.shape) }

    /// The vectors of several texts, `[layers, batch, time, size]`, zeros at padding; nil where the first has none.
    static func stacked(_ texts: [TokenVectors?], time: Int) -> Tensor? {
        guard let first = texts.first??.layers else { return nil }
        let (layers, size) = (first.shape[0], first.shape[2])
        var result = Tensor(zeros: [layers, texts.count, time, size])
        result.withUnsafeMutableBufferPointer { target in
            for (row, text) in texts.enumerated() {
                guard let vectors = text?.layers else { continue }
                let count = vectors.shape[1] * size
                vectors.withUnsafeBufferPointer { source in
                    for layer in 0..<layers {
                        let start = (layer * texts.count + row) * time * size
                        for place in 0..<count {
                            target[start + place] = source[layer * count + place]
                        }
                    }
                }
            }
        }
        return result
    }
}
