/// The hash of byte strings that every table here uses: FNV-1a, taken a byte at a time, then mixed.
///
/// A byte at a time because WordPiece asks for all prefixes of a word: the state after each byte is the
/// hash of that prefix, so all of them cost one pass. The hash has no random seed, so the order of
/// anything built on it is the same in every run.
struct ByteHash {
    private(set) var state: UInt64 = 0xCBF2_9CE4_8422_2325

    init() {}

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { combine(byte) }
    }

    @inline(__always)
    mutating func combine(_ byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    /// The hash so far. FNV's low bits are weak, so the high ones are folded in.
    @inline(__always)
    var value: UInt32 { Self.mixed(state) }

    @inline(__always)
    static func mixed(_ state: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: (state ^ state >> 29) &* 0xBF58_476D_1CE4_E5B9 >> 32)
    }
}
