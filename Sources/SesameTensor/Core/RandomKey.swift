import CSesameKernels

/// The key of a stream of random numbers: equal keys give equal numbers, on every machine.
///
/// Keys are values, and there is no global seed: a place that needs randomness derives its own key from
/// the run's seed, the step and its position in the model. Numbers come from Philox 4×32-10, a
/// counter-based generator (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), so that
/// number i of a stream can be computed without the ones before it.
public struct RandomKey: Sendable, Hashable, Codable {
    /// The run.
    public var seed: UInt64

    /// The place and step within the run.
    public var stream: UInt64

    /// The key of `seed` and `stream`.
    public init(seed: UInt64, stream: UInt64 = 0) {
        self.seed = seed
        self.stream = stream
    }

    /// The key of a place within this one: the same seed, another stream.
    public func derived(_ site: UInt64) -> RandomKey {
        // splitmix64's step and finalizer (Steele et al. 2014), over the stream and the site.
        RandomKey(seed: seed, stream: RandomKey.mix(RandomKey.mix(stream) &+ site))
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    var kernel: sesame_key { sesame_key(seed: seed, stream: stream) }
}

extension Tensor {
    /// Independent values, uniform in `range`.
    public static func uniform(_ shape: Shape, in range: Range<Float>, key: RandomKey) -> Tensor {
        Tensor(shape: shape) {
            sesame_random_uniform(
                shape.elementCount, key.kernel, 0, range.lowerBound, range.upperBound, $0)
        }
    }

    /// Independent values, uniform in `range` (the upper bound itself has no probability).
    public static func uniform(_ shape: Shape, in range: ClosedRange<Float>, key: RandomKey)
        -> Tensor
    {
        Tensor(shape: shape) {
            sesame_random_uniform(
                shape.elementCount, key.kernel, 0, range.lowerBound, range.upperBound, $0)
        }
    }

    /// Independent values of a normal distribution.
    public static func normal(
        _ shape: Shape, mean: Float = 0, standardDeviation: Float = 1, key: RandomKey
    ) -> Tensor {
        Tensor(shape: shape) {
            sesame_random_normal(shape.elementCount, key.kernel, 0, mean, standardDeviation, $0)
        }
    }
}
