/// XXH64, the 64-bit hash that identifies contents in a workspace.
///
/// It is stable across machines and versions, runs at memory speed, and is not cryptographic: it
/// finds duplicates and changes, and protects against nothing else. A document's hash covers its
/// text's UTF-8 bytes and, where there is a pair, the byte `0xFF` (which UTF-8 never uses) and the
/// pair's bytes. A corpus's or split's hash covers its documents' hashes in order, each as eight
/// little-endian bytes.
///
/// Source: Yann Collet, xxHash, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
package struct ContentHash: Sendable {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    private var lane1, lane2, lane3, lane4: UInt64
    private let seed: UInt64
    private var byteCount: UInt64 = 0
    /// Up to 31 bytes that do not fill a stripe yet.
    private var pending: [UInt8] = []

    package init(seed: UInt64 = 0) {
        self.seed = seed
        lane1 = seed &+ Self.prime1 &+ Self.prime2
        lane2 = seed &+ Self.prime2
        lane3 = seed
        lane4 = seed &- Self.prime1
        pending.reserveCapacity(32)
    }

    /// The hash of one run of bytes.
    package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = ContentHash()
        hash.update(bytes)
        return hash.value
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        byteCount &+= UInt64(bytes.count)
        var rest = bytes
        if !pending.isEmpty {
            let taken = min(32 - pending.count, rest.count)
            pending.append(contentsOf: rest.prefix(taken))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(taken))
            guard pending.count == 32 else { return }
            let stripe = pending
            stripe.withUnsafeBytes { consume($0, at: 0) }
            pending.removeAll(keepingCapacity: true)
        }
        var offset = 0
        while offset + 32 <= rest.count {
            consume(rest, at: offset)
            offset += 32
        }
        pending.append(contentsOf: rest.dropFirst(offset))
    }

    package mutating func update(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { update($0) }
    }

    /// The hash of everything so far.
    package var value: UInt64 {
        var hash: UInt64
        if byteCount >= 32 {
            hash = Self.rotate(lane1, 1) &+ Self.rotate(lane2, 7) &+ Self.rotate(lane3, 12)
            hash = hash &+ Self.rotate(lane4, 18)
            for lane in [lane1, lane2, lane3, lane4] {
                hash = (hash ^ Self.round(0, lane)) &* Self.prime1 &+ Self.prime4
            }
        } else {
            hash = seed &+ Self.prime5
        }
        hash &+= byteCount
        pending.withUnsafeBytes { tail in
            var offset = 0
            while offset + 8 <= tail.count {
                let word = UInt64(
                    littleEndian: tail.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                hash = Self.rotate(hash ^ Self.round(0, word), 27) &* Self.prime1 &+ Self.prime4
                offset += 8
            }
            if offset + 4 <= tail.count {
                let word = UInt32(
                    littleEndian: tail.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                hash = Self.rotate(hash ^ (UInt64(word) &* Self.prime1), 23) &* Self.prime2
                hash &+= Self.prime3
                offset += 4
            }
            while offset < tail.count {
                hash = Self.rotate(hash ^ (UInt64(tail[offset]) &* Self.prime5), 11) &* Self.prime1
                offset += 1
            }
        }
        hash = (hash ^ (hash >> 33)) &* Self.prime2
        hash = (hash ^ (hash >> 29)) &* Self.prime3
        return hash ^ (hash >> 32)
    }

    @inline(__always)
    private mutating func consume(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        lane1 = Self.round(lane1, Self.word(bytes, offset))
        lane2 = Self.round(lane2, Self.word(bytes, offset + 8))
        lane3 = Self.round(lane3, Self.word(bytes, offset + 16))
        lane4 = Self.round(lane4, Self.word(bytes, offset + 24))
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        (value << count) | (value >> (64 - count))
    }
}

extension ContentHash {
    /// A hash as 16 hexadecimal digits.
    package static func text(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// A document's hash.
    package static func document(text: [UInt8], pair: [UInt8]?) -> UInt64 {
        guard let pair else { return text.withUnsafeBytes { of($0) } }
        var hash = ContentHash()
        text.withUnsafeBytes { hash.update($0) }
        [0xFF as UInt8].withUnsafeBytes { hash.update($0) }
        pair.withUnsafeBytes { hash.update($0) }
        return hash.value
    }
}
