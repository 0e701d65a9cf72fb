/// Puts byte-level tokens together: each is spelt back into bytes, and the bytes are read as UTF-8.
///
/// Bytes that are not UTF-8, as where a character is not complete, become U+FFFD, one for each maximal
/// subpart. A token with a character that is not of the alphabet, such as an added one, stands for its
/// own UTF-8.
public struct ByteLevelDecoder: TokenDecoder, Equatable {
    /// Spells tokens back.
    public init() {}

    /// See ``TokenDecoder``.
    public func decode(_ tokens: [String]) -> String {
        var bytes: [UInt8] = []
        for token in tokens {
            withUTF8Bytes(of: token) { token in
                if !ByteAlphabet.append(bytesOf: token, to: &bytes) {
                    bytes.append(contentsOf: token)
                }
            }
        }
        return UTF8Repair.repair(bytes).text
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        .init(
            "ByteLevel",
            [
                "add_prefix_space": .flag(true), "trim_offsets": .flag(true),
                "use_regex": .flag(true),
            ])
    }
}
