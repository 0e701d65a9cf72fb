import CSesameKernels

/// Random numbers one after the other from the stream of a ``RandomKey``.
///
/// The state is the key and the number of values drawn so far, so that a saved generator goes on exactly
/// where it was.
public struct RandomGenerator: RandomNumberGenerator, Sendable, Codable {
    /// The stream.
    public let key: RandomKey

    /// How many 32-bit values have been drawn.
    public private(set) var counter: UInt64

    private var block = SIMD16<UInt32>()
    /// The stream's position of `block`; one that is no multiple of 16 says that there is none.
    private var blockStart = UInt64.max

    /// The generator of `key`'s stream, from value `counter` on.
    public init(key: RandomKey, counter: UInt64 = 0) {
        self.key = key
        self.counter = counter
    }

    /// The generator of a seed.
    public init(seed: UInt64) { self.init(key: RandomKey(seed: seed)) }

    /// The next 32 random bits.
    public mutating func nextBits() -> UInt32 {
        let lane = Int(counter & 15)
        let start = counter &- UInt64(lane)
        if blockStart != start {
            blockStart = start
            withUnsafeMutableBytes(of: &block) { bytes in
                bytes.withMemoryRebound(to: UInt32.self) { words in
                    if let base = words.baseAddress {
                        sesame_random_bits(16, key.kernel, start, base)
                    }
                }
            }
        }
        counter &+= 1
        return block[lane]
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        let low = UInt64(nextBits())
        return low | UInt64(nextBits()) << 32
    }

    /// The next value, uniform in `0..<1` (24 bits).
    public mutating func nextUniform() -> Float { Float(nextBits() >> 8) * 0x1p-24 }

    /// The next value, uniform in `0..<1` (53 bits).
    public mutating func nextUniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// The next integer, uniform in `0..<limit`, without bias.
    ///
    /// - Precondition: `limit` is at least 1.
    public mutating func next(below limit: Int) -> Int {
        require(limit > 0, "RandomGenerator.next(below:): at least 1, found \(limit)")
        // Lemire 2019, "Fast random integer generation in an interval".
        let range = UInt64(limit)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// Puts the elements into a random order (Fisher and Yates).
    ///
    /// Its own loop rather than the standard library's, whose order may change between versions.
    public mutating func shuffle<Element>(_ array: inout [Element]) {
        for index in stride(from: array.count - 1, to: 0, by: -1) {
            array.swapAt(index, next(below: index + 1))
        }
    }

    private enum CodingKeys: String, CodingKey { case key, counter }
}

extension RandomGenerator: Equatable {
    /// Whether both will give the same numbers.
    public static func == (a: RandomGenerator, b: RandomGenerator) -> Bool {
        a.key == b.key && a.counter == b.counter
    }
}
