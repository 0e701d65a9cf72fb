import SesameTensor

/// How a forward pass runs: training or evaluation, the precision of its products, and the key of its randomness.
///
/// A context is a value that callers pass down; there is no global mode and no global seed. A layer that
/// holds other layers hands each of them its own ``site(_:)``, so that no two dropout masks are alike and
/// the same seed and step always give the same masks.
public struct ForwardContext: Sendable, Hashable {
    /// Whether dropout is active.
    public var training: Bool
    /// The precision of matrix products; everything else is Float32 either way.
    public var precision: Precision
    /// The key of this place and step; ``site(_:)`` derives those of the layers inside.
    public var key: RandomKey

    /// A context from its parts.
    public init(training: Bool, precision: Precision, key: RandomKey) {
        self.training = training
        self.precision = precision
        self.key = key
    }

    /// A context without dropout or randomness.
    public static func evaluation(precision: Precision = .float32) -> ForwardContext {
        ForwardContext(training: false, precision: precision, key: RandomKey(seed: 0, stream: 0))
    }

    /// A context with dropout, whose masks are a function of the seed and the step alone.
    ///
    /// - Parameters:
    ///   - seed: The run's seed.
    ///   - step: The forward pass's number within the run; with gradient accumulation every micro-batch counts.
    ///   - precision: The precision of matrix products.
    public static func training(
        seed: UInt64, step: Int, precision: Precision = .float32
    ) -> ForwardContext {
        precondition(step >= 0, "step \(step) is negative")
        let key = RandomKey(seed: seed, stream: 0x5e5a_3e0d_0b0d_0001).derived(UInt64(step))
        return ForwardContext(training: true, precision: precision, key: key)
    }

    /// The context of the `index`-th layer inside this one.
    public func site(_ index: Int) -> ForwardContext {
        guard training else { return self }
        return ForwardContext(
            training: true, precision: precision, key: key.derived(UInt64(index)))
    }

    /// The dropout that attention should apply: nil in evaluation or where `probability` is 0.
    public func dropoutSite(_ probability: Float) -> DropoutSite? {
        training && probability > 0 ? DropoutSite(probability: probability, key: key) : nil
    }

    /// Whether dropout of this probability does anything here.
    func drops(_ probability: Float) -> Bool { training && probability > 0 }
}
