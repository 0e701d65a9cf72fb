import SesameStore
import Testing

/// Goldens from Python's xxhash 3 (libxxhash 0.8): `xxhash.xxh64(bytes)`.
@Suite struct ContentHashTests {
    @Test(
        arguments: [
            (0, 0xEF46_DB37_51D8_E999), (1, 0x1F25_C8D0_BC1F_4BB6), (3, 0x31D2_363F_52E5_64C9),
            (4, 0x9BB6_4B7D_66EE_9FDA), (7, 0x9A7B_1499_59CE_60D8), (8, 0xDAB9_9D95_C6F9_0092),
            (14, 0xC7F1_D4D0_ACFA_5A14), (31, 0xA2AA_5F33_CC4A_6119), (32, 0x23C3_C17E_F790_FD97),
            (33, 0x50A7_CFC7_BA58_8784), (63, 0x5E3E_54B4_31C7_493C), (64, 0x0EB6_4B3E_F6EE_B01F),
            (101, 0xBAD4_D3BF_033B_DA4C),
        ] as [(Int, UInt64)])
    func goldens(count: Int, expected: UInt64) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
        #expect(bytes.withUnsafeBytes { ContentHash.of($0) } == expected)
        // In pieces of every size, the same.
        for size in 1...40 {
            var hash = ContentHash()
            for start in stride(from: 0, to: count, by: size) {
                bytes[start..<min(start + size, count)].withUnsafeBytes { hash.update($0) }
            }
            #expect(hash.value == expected, "in pieces of \(size)")
        }
    }

    @Test func documents() {
        let abc = ContentHash.document(text: Array("abc".utf8), pair: nil)
        #expect(abc == 0x44BC_2CF5_AD77_0999)
        let pair = ContentHash.document(text: Array("text".utf8), pair: Array("pair".utf8))
        #expect(pair == 0x0C13_865B_BD0C_1726)
    }
}
