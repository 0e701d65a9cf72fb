/// What the files beside a tokenizer's own say of it: `tokenizer_config.json`, `special_tokens_map.json`.
struct TokenizerSettings {
    /// The parts of special tokens that are named.
    var specialTokens = SpecialTokens()
    /// Those of them that were given with options.
    var addedTokens: [AddedToken] = []
    var lowercases: Bool?
    var stripsAccents: Bool?
    var spacesIdeographs: Bool?
    var addsPrefixSpace: Bool?
    var trimsOffsets: Bool?
    /// Whether the model puts special tokens around as RoBERTa does.
    var isRoberta = false

    /// Adds what is named here, and is in the vocabulary, to what was found.
    func specialTokens(over found: SpecialTokens, in vocabulary: Vocabulary) -> SpecialTokens {
        var result = found
        for part in TokenizerFile.parts {
            if let token = specialTokens[keyPath: part.path], vocabulary.id(of: token) != nil {
                result[keyPath: part.path] = token
            }
        }
        return result
    }
}

extension Tokenizer {
    /// The tokenizer that a file in Hugging Face's format describes.
    init(_ file: StageConfiguration.Value, path: String?, settings: TokenizerSettings) throws {
        do {
            try self.init(file, settings, path)
        } catch let error as TextError {
            throw error.located(in: path)
        }
    }

    private init(
        _ file: StageConfiguration.Value, _ settings: TokenizerSettings, _ path: String?
    ) throws {
        guard case .object = file, let modelValue = file["model"], modelValue != .null else {
            throw TextError(
                .invalidFormat(
                    path: path,
                    reason: "it has no \"model\" as Hugging Face's tokenizer.json has; "
                        + "give a tokenizer.json, a vocab.txt or a vocab.json"))
        }
        if let version = file["version"], version != .text(TokenizerFile.version) {
            throw TextError(.unsupportedVersion(found: version.summary))
        }
        let modelConfiguration = try Self.modelConfiguration(modelValue)
        let added = try AddedTokenEntry.read(file["added_tokens"])
        let own = modelConfiguration.options[TokenizerFile.ownKey]
        let vocabulary = try Self.vocabulary(
            modelValue["vocab"], added: added, counts: own?["counts"], path: path)
        func stage<Stage>(
            _ name: String, _ role: String, _ make: (StageConfiguration) throws -> Stage
        ) throws -> Stage? {
            guard let value = file[name], value != .null else { return nil }
            return try make(StageConfiguration(value, role: role))
        }
        let normalizer = try stage("normalizer", "normalizer", makeNormalizer)
        guard let preTokenizer = try stage("pre_tokenizer", "pre-tokenizer", makePreTokenizer)
        else {
            throw TextError(
                .invalidOption(
                    name: "pre_tokenizer", expected: "how a text is split", found: "null"))
        }
        let model = try Self.model(modelConfiguration, modelValue, vocabulary, path)
        guard (preTokenizer is ByteLevelPreTokenizer) == (model is ByteLevelBPEModel) else {
            throw TextError(
                .invalidOption(
                    name: "pre_tokenizer.type",
                    expected: "ByteLevel with a BPE model and only there",
                    found: "\"\(preTokenizer.configuration.type)\" with "
                        + modelConfiguration.type))
        }
        if normalizer != nil, let token = added.first(where: \.isNormalized) {
            throw TextError(
                .invalidOption(
                    name: "added_tokens.normalized",
                    expected: "false, for tokens found before the text is normalized",
                    found: "true for \"\(token.token.content)\""))
        }
        try self.init(
            kind: Self.kind(own, model, preTokenizer), normalizer: normalizer,
            preTokenizer: preTokenizer, model: model,
            postProcessor: try stage("post_processor", "post-processor", makePostProcessor),
            decoder: try stage("decoder", "decoder", makeTokenDecoder)
                ?? ConcatenatingDecoder(separator: " "),
            specialTokens: Self.specialTokens(own, file, model, settings),
            addedTokens: added.map(\.token))
        truncation = try Self.truncation(file["truncation"])
        padding = try Self.padding(file["padding"])
    }

    // MARK: The model

    private static func modelConfiguration(
        _ value: StageConfiguration.Value
    ) throws -> StageConfiguration {
        if value["type"] != nil { return try StageConfiguration(value, role: "model") }
        // Files of early versions do not name the type.
        guard case .object(var members) = value else {
            return try StageConfiguration(value, role: "model")
        }
        let type =
            value["merges"] != nil
            ? "BPE" : value["continuing_subword_prefix"] != nil ? "WordPiece" : "WordLevel"
        members.insert(.init("type", .text(type)), at: 0)
        return try StageConfiguration(.object(members), role: "model")
    }

    private static func model(
        _ configuration: StageConfiguration, _ value: StageConfiguration.Value,
        _ vocabulary: Vocabulary, _ path: String?
    ) throws -> any TokenModel {
        switch configuration.type {
        case "WordLevel":
            let unknown = try configuration.text("unk_token", default: "")
            return try WholeTokenModel(
                vocabulary: vocabulary, unknownToken: unknown.isEmpty ? nil : unknown)
        case "WordPiece":
            return try WordPieceModel(
                vocabulary: vocabulary,
                unknownToken: configuration.text("unk_token", default: "[UNK]"),
                continuationPrefix: configuration.text("continuing_subword_prefix", default: "##"),
                maximumWordLength: configuration.number(
                    "max_input_chars_per_word", default: 100, in: 1...1_000_000))
        case "BPE":
            try configuration.require(
                "dropout", [.null, .number(0), .decimal(0)], or: "null: merges are never left out")
            try configuration.require("byte_fallback", [.null, .flag(false)], or: "false")
            for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
                try configuration.require(
                    name, [.null, .text("")], or: "none, as in byte-level models")
            }
            return try ByteLevelBPEModel(
                vocabulary: vocabulary,
                table: BytePairFiles.table(value["merges"], vocabulary, path: path),
                unknownToken: try configuration.optionalText("unk_token"),
                fusesUnknown: try configuration.flag("fuse_unk", default: false),
                ignoresMerges: try configuration.flag("ignore_merges", default: false))
        default:
            throw TextError(
                .unknownStage(
                    role: "model", type: configuration.type,
                    supported: "WordPiece, BPE over bytes, WordLevel"))
        }
    }

    /// The tokens by id: the model's, and added ones that it lacks.
    private static func vocabulary(
        _ value: StageConfiguration.Value?, added: [AddedTokenEntry],
        counts: StageConfiguration.Value?, path: String?
    ) throws -> Vocabulary {
        guard case .object(let members)? = value else {
            throw TextError(
                .invalidOption(
                    name: "model.vocab", expected: "tokens with their ids",
                    found: value?.summary ?? "none"))
        }
        let entries = try members.map { member in
            guard case .number(let id) = member.value, id >= 0 else {
                throw TextError(
                    .invalidID(token: member.name, found: member.value.summary, path: path))
            }
            return (token: member.name, id: id)
        }
        let counts = try counts.map { counts -> [Int] in
            guard case .list(let values) = counts else {
                throw TextError(
                    .invalidOption(
                        name: "model.sesame.counts", expected: "a list", found: counts.summary))
            }
            return try values.map { value in
                guard case .number(let count) = value else {
                    throw TextError(
                        .invalidOption(
                            name: "model.sesame.counts", expected: "whole numbers",
                            found: value.summary))
                }
                return count
            }
        }
        return try Vocabulary(
            entries: entries, added: added.map { ($0.token.content, $0.id) }, counts: counts,
            path: path)
    }

    // MARK: What the format does not say

    private static func kind(
        _ own: StageConfiguration.Value?, _ model: any TokenModel,
        _ preTokenizer: any PreTokenizer
    ) throws -> Kind {
        if let value = own?["kind"] {
            guard case .text(let name) = value, let kind = Kind(rawValue: name) else {
                throw TextError(
                    .invalidOption(
                        name: "model.sesame.kind",
                        expected: "one of "
                            + Kind.allCases.map(\.rawValue).joined(separator: ", "),
                        found: value.summary))
            }
            return kind
        }
        if model is WordPieceModel { return .wordpiece }
        if model is ByteLevelBPEModel { return .byteLevelBPE }
        return preTokenizer is CharacterPreTokenizer ? .character : .word
    }

    private static func specialTokens(
        _ own: StageConfiguration.Value?, _ file: StageConfiguration.Value,
        _ model: any TokenModel, _ settings: TokenizerSettings
    ) throws -> SpecialTokens {
        if let tokens = own?["special_tokens"] {
            var result = SpecialTokens()
            for part in TokenizerFile.parts {
                guard let value = tokens[part.name] else { continue }
                guard case .text(let token) = value else {
                    throw TextError(
                        .invalidOption(
                            name: "model.sesame.special_tokens.\(part.name)", expected: "a text",
                            found: value.summary))
                }
                result[keyPath: part.path] = token
            }
            return result
        }
        var found = SpecialTokens.found(in: model.vocabulary)
        if case .text(let unknown)? = file["model"]?["unk_token"],
            model.vocabulary.id(of: unknown) != nil
        {
            found.unknown = unknown
        }
        if case .text(let pad)? = file["padding"]?["pad_token"],
            model.vocabulary.id(of: pad) != nil
        {
            found.pad = pad
        }
        return settings.specialTokens(over: found, in: model.vocabulary)
    }

    // MARK: Truncation and padding

    private static func truncation(_ value: StageConfiguration.Value?) throws -> Truncation? {
        guard let value, value != .null else { return nil }
        let options = try StageConfiguration(value, unnamed: "truncation")
        try options.require("direction", [.text("Right")], or: "\"Right\": the end is cut off")
        let strategy: Truncation.Strategy =
            switch try options.text("strategy", default: "LongestFirst") {
            case "LongestFirst": .longestFirst
            case "OnlyFirst": .onlyFirst
            case "OnlySecond": .onlySecond
            default:
                throw options.invalid("strategy", "LongestFirst, OnlyFirst or OnlySecond")
            }
        let stride = try options.number("stride", default: 0, in: 0...Int(Int32.max))
        return Truncation(
            maxLength: try options.number("max_length", default: 512, in: 1...Int(Int32.max)),
            strategy: strategy, stride: stride == 0 ? nil : stride)
    }

    private static func padding(_ value: StageConfiguration.Value?) throws -> Padding? {
        guard let value, value != .null else { return nil }
        let options = try StageConfiguration(value, unnamed: "padding")
        let side: Padding.Side =
            switch try options.text("direction", default: "Right") {
            case "Right": .right
            case "Left": .left
            default: throw options.invalid("direction", "Right or Left")
            }
        switch options.options["strategy"] {
        case nil, .text("BatchLongest")?: return Padding(.longest, side: side)
        case .object(let members)?:
            guard members.count == 1, members[0].name == "Fixed",
                case .number(let length) = members[0].value, length >= 0
            else { throw options.invalid("strategy", "BatchLongest or a Fixed length") }
            return Padding(.fixed(length), side: side)
        default: throw options.invalid("strategy", "BatchLongest or a Fixed length")
        }
    }
}

/// An entry of `added_tokens`.
struct AddedTokenEntry {
    let token: AddedToken
    let id: Int
    /// Whether it is looked for in normalized text.
    let isNormalized: Bool

    static func read(_ value: StageConfiguration.Value?) throws -> [AddedTokenEntry] {
        guard let value, value != .null else { return [] }
        guard case .list(let values) = value else {
            throw TextError(
                .invalidOption(name: "added_tokens", expected: "a list", found: value.summary))
        }
        return try values.map { value in
            let options = try StageConfiguration(value, unnamed: "added_tokens")
            try options.require(
                "single_word", [.null, .flag(false)], or: "false: tokens are found within words")
            let isSpecial = try options.flag("special", default: false)
            return AddedTokenEntry(
                token: AddedToken(
                    try options.text("content"), isSpecial: isSpecial,
                    takesSpaceBefore: try options.flag("lstrip", default: false),
                    takesSpaceBehind: try options.flag("rstrip", default: false)),
                id: try options.number("id", default: -1, in: 0...Int(Int32.max)),
                isNormalized: try options.flag("normalized", default: !isSpecial))
        }
    }
}

extension StageConfiguration {
    /// An object of options that has no type.
    init(_ value: Value, unnamed name: String) throws {
        guard case .object(let members) = value else {
            throw TextError(
                .invalidOption(name: name, expected: "an object", found: value.summary))
        }
        try self.init(
            .object([Member("type", .text(name))] + members.filter { $0.name != "type" }),
            role: name)
    }
}
