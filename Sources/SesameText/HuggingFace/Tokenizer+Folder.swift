#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Tokenizer {
    /// Reads the tokenizer of a model folder in Hugging Face's layout.
    ///
    /// The first of these that is there: `tokenizer.json`; `vocab.txt`; `vocab.json` with `merges.txt`, or
    /// `encoder.json` with `vocab.bpe`. What these do not say comes from `tokenizer_config.json` (case,
    /// accents, the tokens' parts) and `special_tokens_map.json`. Where nobody says whether a vocab.txt is
    /// uncased, it is if no token has a capital letter.
    /// - Throws: ``TextError`` that names the file; with code `unreadableFile` where there is none.
    public static func load(folder: URL) throws -> Tokenizer {
        func file(_ name: String) -> URL? { BytePairFiles.file([name], in: folder) }
        let settings = try TokenizerSettings(folder: folder)
        if let url = file("tokenizer.json") {
            let value = try jsonValue(readFile(url), path: url.path)
            return try Tokenizer(value, path: url.path, settings: settings)
        }
        if let url = file("vocab.txt") {
            let vocabulary = try Vocabulary.load(url)
            let lowercases = settings.lowercases ?? !vocabulary.hasCapitals
            let special = settings.specialTokens(over: .found(in: vocabulary), in: vocabulary)
            do {
                return try wordPiece(
                    vocabulary: vocabulary,
                    normalizer: BERTNormalizer(
                        spacesIdeographs: settings.spacesIdeographs ?? true,
                        stripsAccents: settings.stripsAccents ?? lowercases,
                        lowercases: lowercases),
                    specialTokens: special)
            } catch let error as TextError {
                throw error.located(in: url.path)
            }
        }
        if let url = BytePairFiles.file(BytePairFiles.vocabularyNames, in: folder) {
            let value = try jsonValue(readFile(url), path: url.path)
            return try BytePairFiles.tokenizer(
                vocabulary: value, at: url, in: folder, settings: settings)
        }
        throw TextError(.noTokenizer(path: folder.path))
    }
}

extension Vocabulary {
    /// Whether a token that is no special one has a capital ASCII letter.
    fileprivate var hasCapitals: Bool {
        (0..<Int32(count)).contains { id in
            withBytes(of: id) { token in
                token.first != UInt8(ascii: "[") && token.contains { $0 >= 0x41 && $0 <= 0x5A }
            }
        }
    }
}

extension TokenizerSettings {
    /// What `tokenizer_config.json` and `special_tokens_map.json` of a folder say; the latter counts for
    /// less, and neither needs to be there.
    init(folder: URL) throws {
        for name in ["special_tokens_map.json", "tokenizer_config.json"] {
            guard let url = BytePairFiles.file([name], in: folder) else { continue }
            let value = try Tokenizer.jsonValue(readFile(url), path: url.path)
            guard case .object = value else {
                throw TextError(
                    .invalidFormat(path: url.path, reason: "it holds no JSON object"))
            }
            read(value)
        }
    }

    private mutating func read(_ value: StageConfiguration.Value) {
        for part in TokenizerFile.parts {
            switch value["\(part.name)_token"] {
            case .text(let token)?: specialTokens[keyPath: part.path] = token
            case .object(let options)?:
                let options = StageConfiguration.Value.object(options)
                guard case .text(let token)? = options["content"] else { continue }
                specialTokens[keyPath: part.path] = token
                addedTokens.append(
                    AddedToken(
                        token, takesSpaceBefore: options["lstrip"] == .flag(true),
                        takesSpaceBehind: options["rstrip"] == .flag(true)))
            default: break
            }
        }
        func flag(_ name: String) -> Bool? {
            if case .flag(let flag)? = value[name] { flag } else { nil }
        }
        lowercases = flag("do_lower_case") ?? lowercases
        stripsAccents = flag("strip_accents") ?? stripsAccents
        spacesIdeographs = flag("tokenize_chinese_chars") ?? spacesIdeographs
        addsPrefixSpace = flag("add_prefix_space") ?? addsPrefixSpace
        trimsOffsets = flag("trim_offsets") ?? trimsOffsets
        if case .text(let name)? = value["tokenizer_class"] {
            isRoberta = name.hasPrefix("Roberta")
        }
    }
}
