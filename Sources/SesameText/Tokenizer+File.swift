#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The content of a tokenizer.json of ours.
private struct TokenizerFile: Codable {
    static let format = "sesame-tokenizer"
    static let version = 1

    var format = TokenizerFile.format
    var version = TokenizerFile.version
    let kind: Tokenizer.Kind
    let specialTokens: SpecialTokens
    let matchesSpecialTokens: Bool
    let normalizer: StageConfiguration?
    let preTokenizer: StageConfiguration
    let model: StageConfiguration
    let postProcessor: StageConfiguration?
    let decoder: StageConfiguration
    /// Tokens by id, and how often each was seen. Nil only while a fingerprint is taken.
    var vocabulary: [String]?
    var counts: [Int]?

    /// What is read first, so that a file of another kind gives a clear error.
    struct Header: Decodable {
        let format: String?
        let version: Int?

        enum CodingKeys: CodingKey { case format, version }

        init(from decoder: any Swift.Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            // Other programs write a version that is no number.
            format = try? container.decodeIfPresent(String.self, forKey: .format)
            version = try? container.decodeIfPresent(Int.self, forKey: .version)
        }
    }
}

extension Tokenizer {
    /// Reads a tokenizer: a `tokenizer.json` that ``save(to:)`` wrote, or a BERT `vocab.txt`.
    ///
    /// A file whose name ends in .json, or in no .txt and starts with a brace, is taken for the former.
    /// - Parameters:
    ///   - url: The file.
    ///   - lowercase: For a vocab.txt, which does not say: true for uncased models. A tokenizer.json
    ///     knows by itself, and this is not looked at.
    /// - Throws: ``TextError``, naming the file.
    public static func load(_ url: URL, lowercase: Bool = false) throws -> Tokenizer {
        let data = try readFile(url)
        let ending = url.pathExtension.lowercased()
        let isJSON = ending == "json" || (ending != "txt" && data.first == UInt8(ascii: "{"))
        if isJSON { return try Tokenizer(json: data, path: url.path) }
        return try wordPiece(
            vocabulary: Vocabulary(vocabularyText: data, path: url.path), lowercase: lowercase)
    }

    /// Writes a `tokenizer.json` with every stage and the vocabulary, under a temporary name first.
    ///
    /// - Throws: ``TextError`` with code `unwritableFile`.
    public func save(to url: URL) throws {
        try writeFile(json(), to: url)
    }

    /// Reads the content of a `tokenizer.json`.
    ///
    /// - Throws: ``TextError`` with code `invalidFormat`, `unsupportedVersion`, `unknownStage`,
    ///   `invalidOption` or one of the vocabulary's.
    public init(json data: Data) throws { try self.init(json: data, path: nil) }

    init(json data: Data, path: String?) throws {
        let file: TokenizerFile
        do {
            let header = try JSONDecoder().decode(TokenizerFile.Header.self, from: data)
            guard header.format == TokenizerFile.format else {
                throw TextError(
                    .invalidFormat(
                        path: path,
                        reason: "it has no \"format\": \"\(TokenizerFile.format)\"; of other "
                            + "programs' tokenizers only vocab.txt is read"))
            }
            guard let version = header.version, version >= 1 else {
                throw TextError(.invalidFormat(path: path, reason: "it has no version number"))
            }
            guard version <= TokenizerFile.version else {
                throw TextError(
                    .unsupportedVersion(found: version, newest: TokenizerFile.version))
            }
            file = try JSONDecoder().decode(TokenizerFile.self, from: data)
        } catch let error as DecodingError {
            throw TextError(.invalidFormat(path: path, reason: Self.reason(error)))
        }
        try self.init(file)
    }

    private init(_ file: TokenizerFile) throws {
        let vocabulary = try Vocabulary(tokens: file.vocabulary ?? [], counts: file.counts)
        try self.init(
            kind: file.kind,
            normalizer: file.normalizer.map(makeNormalizer),
            preTokenizer: makePreTokenizer(file.preTokenizer),
            model: makeTokenModel(file.model, vocabulary: vocabulary),
            postProcessor: file.postProcessor.map(makePostProcessor),
            decoder: makeTokenDecoder(file.decoder),
            specialTokens: file.specialTokens,
            matchesSpecialTokens: file.matchesSpecialTokens)
    }

    /// The content of a `tokenizer.json`: the same bytes for equal tokenizers.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(file(withVocabulary: true))
    }

    private func file(withVocabulary: Bool) -> TokenizerFile {
        TokenizerFile(
            kind: kind, specialTokens: specialTokens, matchesSpecialTokens: matchesSpecialTokens,
            normalizer: normalizer?.configuration, preTokenizer: preTokenizer.configuration,
            model: model.configuration, postProcessor: postProcessor?.configuration,
            decoder: decoder.configuration,
            vocabulary: withVocabulary ? vocabulary.tokens : nil,
            counts: withVocabulary ? vocabulary.counts : nil)
    }

    /// A hash of everything that decides which ids a text gets: 32 hexadecimal digits, the same on every
    /// machine and in every run. Counts play no part.
    ///
    /// It is worked out anew on each call, in about a millisecond for 30,000 tokens.
    public var fingerprint: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A file without vocabulary holds only texts, numbers and switches, which always encode.
        let stages = (try? encoder.encode(file(withVocabulary: false))) ?? Data()
        // FNV-1a with 128 bits.
        var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
        func combine(_ byte: UInt8) {
            hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B
        }
        for byte in stages { combine(byte) }
        for id in 0..<Int32(vocabulary.count) {
            combine(0xFF)  // never part of UTF-8, so tokens cannot run together
            vocabulary.withBytes(of: id) { for byte in $0 { combine(byte) } }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }

    private static func reason(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? "at the top" : "at \(path)"
        }
        return switch error {
        case .keyNotFound(let key, let context):
            "\"\(key.stringValue)\" is missing \(place(context))"
        case .typeMismatch(_, let context): "a value of the wrong type \(place(context))"
        case .valueNotFound(_, let context): "a value is missing \(place(context))"
        case .dataCorrupted(let context): "it is damaged \(place(context)), or no JSON"
        @unknown default: "it cannot be read"
        }
    }
}
