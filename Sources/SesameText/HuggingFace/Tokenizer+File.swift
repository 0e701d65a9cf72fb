#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Tokenizer {
    /// Reads a tokenizer from one of the files that Hugging Face's libraries keep it in.
    ///
    /// What is in the file decides: a `tokenizer.json`; the `vocab.json` (or `encoder.json`) of a byte-level
    /// BPE, with `merges.txt` (or `vocab.bpe`) in the same folder; or else a BERT `vocab.txt`.
    /// - Parameters:
    ///   - url: The file.
    ///   - lowercase: For a vocab.txt, which does not say: true for uncased models. The others know by
    ///     themselves, and this is not looked at.
    /// - Throws: ``TextError``, naming the file.
    public static func load(_ url: URL, lowercase: Bool = false) throws -> Tokenizer {
        let data = try readFile(url)
        let ending = url.pathExtension.lowercased()
        guard ending == "json" || (ending != "txt" && data.first == UInt8(ascii: "{")) else {
            return try wordPiece(
                vocabulary: Vocabulary(vocabularyText: data, path: url.path), lowercase: lowercase)
        }
        let file = try jsonValue(data, path: url.path)
        if BytePairFiles.isVocabulary(file) {
            return try BytePairFiles.tokenizer(
                vocabulary: file, at: url, in: url.deletingLastPathComponent(), settings: .init())
        }
        return try Tokenizer(file, path: url.path, settings: .init())
    }

    /// Reads the content of a `tokenizer.json` in Hugging Face's format.
    ///
    /// - Throws: ``TextError`` with code `invalidFormat`, `unsupportedVersion`, `unknownStage`,
    ///   `invalidOption`, `invalidID`, `invalidMerge`, `missingSpecialToken` or one of the vocabulary's.
    public init(json data: Data) throws {
        try self.init(Self.jsonValue(data, path: nil), path: nil, settings: .init())
    }

    static func jsonValue(_ data: Data, path: String?) throws -> StageConfiguration.Value {
        try data.withUnsafeBytes {
            try JSONReader.read($0.bindMemory(to: UInt8.self), path: path)
        }
    }

    /// Writes a `tokenizer.json` in Hugging Face's format, under a temporary name first.
    ///
    /// The `tokenizers` library reads it and gives the same ids, but for what its format cannot express:
    /// ICU's word boundaries and case mappings with context are written as types that start with
    /// "Sesame.", which that library refuses. Parts of special tokens and counts are kept beside the
    /// model's options, where it does not look.
    /// - Throws: ``TextError`` with code `unwritableFile`.
    public func save(to url: URL) throws {
        try writeFile(json(), to: url)
    }

    /// The content of a `tokenizer.json`: the same bytes for equal tokenizers.
    public func json() throws -> Data {
        Data(JSONWriter.write(TokenizerFile.value(of: self)) + [0x0A])
    }

    /// A hash of everything that decides which ids a text gets: 32 hexadecimal digits, the same on every
    /// machine and in every run. How ids are decoded, counts, and the file's truncation and padding play no
    /// part.
    ///
    /// It is worked out anew on each call, in about a millisecond for 30,000 tokens.
    public var fingerprint: String {
        // FNV-1a with 128 bits.
        var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
        func combine(_ byte: UInt8) {
            hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B
        }
        for byte in JSONWriter.write(TokenizerFile.identity(of: self), isSpaced: false) {
            combine(byte)
        }
        for id in 0..<Int32(vocabulary.count) {
            combine(0xFF)  // never part of UTF-8, so tokens cannot run together
            vocabulary.withBytes(of: id) { for byte in $0 { combine(byte) } }
        }
        if let model = model as? ByteLevelBPEModel {
            for pair in model.merges {
                combine(0xFE)
                for id in [pair.left, pair.right] {
                    for shift in stride(from: 0, to: 32, by: 8) {
                        combine(UInt8(truncatingIfNeeded: id >> Int32(shift)))
                    }
                }
            }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
