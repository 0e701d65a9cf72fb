/// An ordered set of tokens, each a byte string; a token's id is its place.
///
/// Keys are bytes, never `String`: Swift compares strings by canonical equivalence, under which the two
/// spellings of "é" would be one key. Tokens are valid UTF-8, none is empty, and none comes twice. All
/// tokens lie in one array of bytes and the table over them is one array of ids, so a vocabulary of
/// 30,000 tokens loads in a few milliseconds and a lookup allocates nothing.
///
/// A vocabulary is an immutable value; copies share storage, and any number of threads may read it.
public struct Vocabulary: Sendable {
    final class Storage: Sendable {
        let bytes: [UInt8]
        /// `count + 1` offsets into `bytes`.
        let offsets: [UInt32]
        /// Open addressing over a power of two of slots: id + 1, and the hash to spare comparisons.
        let slots: [Slot]
        let counts: [Int]?
        let longestTokenLength: Int

        struct Slot: Sendable {
            var hash: UInt32
            var idPlusOne: Int32
        }

        init(bytes: [UInt8], offsets: [UInt32], slots: [Slot], counts: [Int]?, longest: Int) {
            self.bytes = bytes
            self.offsets = offsets
            self.slots = slots
            self.counts = counts
            self.longestTokenLength = longest
        }
    }

    let storage: Storage

    /// The number of tokens; ids run from 0 to one below.
    public var count: Int { storage.offsets.count - 1 }

    /// How often each token was seen in the text the vocabulary was made from, where known.
    public var counts: [Int]? { storage.counts }

    /// The length of the longest token, in bytes.
    public var longestTokenLength: Int { storage.longestTokenLength }

    /// A vocabulary of `tokens`, in this order.
    ///
    /// - Parameters:
    ///   - tokens: The tokens, special ones first by custom.
    ///   - counts: How often each was seen, one a token.
    /// - Throws: ``TextError`` with code `emptyVocabulary`, `emptyToken`, `duplicateToken` or
    ///   `countMismatch`.
    public init(tokens: some Sequence<String>, counts: [Int]? = nil) throws {
        var bytes: [UInt8] = []
        var offsets: [UInt32] = [0]
        for token in tokens {
            bytes.append(contentsOf: token.utf8)
            offsets.append(UInt32(bytes.count))
        }
        try self.init(bytes: bytes, offsets: offsets, counts: counts, path: nil)
    }

    /// Takes over tokens that lie one after the other; they are known to be valid UTF-8.
    package init(bytes: [UInt8], offsets: [UInt32], counts: [Int]?, path: String?) throws {
        let count = offsets.count - 1
        guard count > 0 else { throw TextError(.emptyVocabulary(path: path)) }
        if let counts, counts.count != count {
            throw TextError(.countMismatch(tokens: count, counts: counts.count))
        }
        var slotCount = 16
        while slotCount < count * 2 { slotCount *= 2 }
        var slots = [Storage.Slot](repeating: .init(hash: 0, idPlusOne: 0), count: slotCount)
        var longest = 0
        try bytes.withUnsafeBufferPointer { bytes in
            for id in 0..<count {
                let token = UnsafeBufferPointer(
                    rebasing: bytes[Int(offsets[id])..<Int(offsets[id + 1])])
                guard !token.isEmpty else {
                    throw TextError(.emptyToken(line: id + 1, path: path))
                }
                longest = max(longest, token.count)
                let hash = ByteHash(token).value
                var slot = Int(hash) & (slotCount - 1)
                while slots[slot].idPlusOne != 0 {
                    if slots[slot].hash == hash {
                        let other = Int(slots[slot].idPlusOne) - 1
                        let range = Int(offsets[other])..<Int(offsets[other + 1])
                        if bytes[range].elementsEqual(token) {
                            throw TextError(
                                .duplicateToken(
                                    token: String(decoding: token, as: UTF8.self), line: id + 1,
                                    firstLine: other + 1, path: path))
                        }
                    }
                    slot = (slot + 1) & (slotCount - 1)
                }
                slots[slot] = .init(hash: hash, idPlusOne: Int32(id + 1))
            }
        }
        storage = Storage(
            bytes: bytes, offsets: offsets, slots: slots, counts: counts, longest: longest)
    }

    /// The id of a token, or nil where the vocabulary lacks it.
    public func id(of token: String) -> Int32? {
        withUTF8Bytes(of: token) { id(of: $0) }
    }

    /// The id of the token with these UTF-8 bytes, or nil.
    public func id(of token: UnsafeBufferPointer<UInt8>) -> Int32? {
        guard let base = token.baseAddress else { return nil }
        return id(hash: ByteHash(token).value, prefix: 0, base, token.count)
    }

    /// Whether an id belongs to the vocabulary.
    public func contains(id: Int32) -> Bool { id >= 0 && Int(id) < count }

    /// The token with an id.
    ///
    /// - Parameter id: From 0 to one below ``count``; ask ``contains(id:)`` where it may not be.
    public func token(_ id: Int32) -> String {
        withBytes(of: id) { String(decoding: $0, as: UTF8.self) }
    }

    /// All tokens, by id.
    public var tokens: [String] { (0..<Int32(count)).map { token($0) } }

    /// Runs `body` over the UTF-8 of a token.
    public func withBytes<Result>(
        of id: Int32, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        precondition(contains(id: id), "token id \(id) outside a vocabulary of \(count)")
        let range = Int(storage.offsets[Int(id)])..<Int(storage.offsets[Int(id) + 1])
        return try storage.bytes.withUnsafeBufferPointer {
            try body(UnsafeBufferPointer(rebasing: $0[range]))
        }
    }

    /// Looks up `prefix` bytes that are known to match the first ones of any candidate found under
    /// this hash only if they are compared, followed by `count` bytes at `base`.
    ///
    /// - Parameters:
    ///   - hash: The hash of prefix and bytes together.
    ///   - prefix: The length of ``ContinuationPrefix`` bytes before `base`, which the caller compares
    ///     through `prefixBytes`.
    @inline(__always)
    func id(
        hash: UInt32, prefix: Int, _ base: UnsafePointer<UInt8>, _ count: Int,
        prefixBytes: UnsafePointer<UInt8>? = nil
    ) -> Int32? {
        storage.slots.withUnsafeBufferPointer { slots in
            let mask = slots.count - 1
            var slot = Int(hash) & mask
            while true {
                let entry = slots[slot]
                if entry.idPlusOne == 0 { return nil }
                if entry.hash == hash {
                    let id = Int(entry.idPlusOne) - 1
                    let start = Int(storage.offsets[id])
                    if Int(storage.offsets[id + 1]) - start == prefix + count {
                        let same = storage.bytes.withUnsafeBufferPointer { bytes in
                            for i in 0..<prefix where bytes[start + i] != prefixBytes?[i] {
                                return false
                            }
                            for i in 0..<count where bytes[start + prefix + i] != base[i] {
                                return false
                            }
                            return true
                        }
                        if same { return Int32(id) }
                    }
                }
                slot = (slot + 1) & mask
            }
        }
    }
}

extension Vocabulary: Equatable {
    /// Equal tokens in equal order, with equal counts.
    public static func == (a: Vocabulary, b: Vocabulary) -> Bool {
        a.storage === b.storage
            || a.storage.bytes == b.storage.bytes && a.storage.offsets == b.storage.offsets
                && a.counts == b.counts
    }
}
