/// Writes tokenizers in Hugging Face's format. ``Tokenizer/init(_:path:settings:)`` reads it.
enum TokenizerFile {
    typealias Value = StageConfiguration.Value
    typealias Member = StageConfiguration.Member

    /// The only version there is of the format.
    static let version = "1.0"
    /// Where, among the model's options, what the format has no place for is kept.
    static let ownKey = "sesame"

    /// The parts of special tokens as files name them.
    static let parts: [(name: String, path: WritableKeyPath<SpecialTokens, String?> & Sendable)] = [
        ("pad", \.pad), ("unk", \.unknown), ("cls", \.classification), ("sep", \.separator),
        ("mask", \.mask), ("bos", \.beginning), ("eos", \.end),
    ]

    /// The whole file.
    static func value(of tokenizer: Tokenizer) -> Value {
        .object([
            Member("version", .text(version)),
            Member("truncation", truncation(tokenizer.truncation)),
            Member("padding", padding(tokenizer.padding, tokenizer)),
            Member("added_tokens", addedTokens(tokenizer)),
            Member("normalizer", tokenizer.normalizer?.configuration.value ?? .null),
            Member("pre_tokenizer", tokenizer.preTokenizer.configuration.value),
            Member("post_processor", postProcessor(tokenizer)),
            Member("decoder", decoder(tokenizer.decoder)),
            Member("model", model(tokenizer)),
        ])
    }

    /// What decides which ids a text gets, but for the vocabulary and merges.
    static func identity(of tokenizer: Tokenizer) -> Value {
        .object([
            Member("added_tokens", addedTokens(tokenizer)),
            Member("normalizer", tokenizer.normalizer?.configuration.value ?? .null),
            Member("pre_tokenizer", tokenizer.preTokenizer.configuration.value),
            Member("post_processor", tokenizer.postProcessor?.configuration.value ?? .null),
            Member("model", tokenizer.model.configuration.value),
            Member("special_tokens", specialTokens(tokenizer.specialTokens)),
        ])
    }

    // MARK: Parts

    private static func addedTokens(_ tokenizer: Tokenizer) -> Value {
        let tokens = tokenizer.addedTokens.map { ($0, tokenizer.id(of: $0.content) ?? 0) }
        return .list(
            tokens.sorted { $0.1 < $1.1 }.map { token, id in
                .object([
                    Member("id", .number(Int(id))), Member("content", .text(token.content)),
                    Member("single_word", .flag(false)),
                    Member("lstrip", .flag(token.takesSpaceBefore)),
                    Member("rstrip", .flag(token.takesSpaceBehind)),
                    Member("normalized", .flag(false)), Member("special", .flag(token.isSpecial)),
                ])
            })
    }

    private static func postProcessor(_ tokenizer: Tokenizer) -> Value {
        guard let processor = tokenizer.postProcessor else { return .null }
        return withIDs(processor.configuration.value, tokenizer)
    }

    /// Puts the ids of special tokens into templates, which by themselves know only names.
    private static func withIDs(_ value: Value, _ tokenizer: Tokenizer) -> Value {
        switch value {
        case .list(let values): return .list(values.map { withIDs($0, tokenizer) })
        case .object(var members):
            guard value["type"] == .text("TemplateProcessing") else {
                return .object(members.map { Member($0.name, withIDs($0.value, tokenizer)) })
            }
            let template =
                tokenizer.postProcessor as? TemplatePostProcessor
                ?? (tokenizer.postProcessor as? ByteLevelPostProcessor)?.template
            let tokens = (template?.specialTokens ?? []).map { token in
                Member(
                    token,
                    .object([
                        Member("id", .text(token)),
                        Member("ids", .list([.number(Int(tokenizer.id(of: token) ?? 0))])),
                        Member("tokens", .list([.text(token)])),
                    ]))
            }
            members.append(Member("special_tokens", .object(tokens)))
            return .object(members)
        default: return value
        }
    }

    /// Joining with spaces is what the format means by no decoder.
    private static func decoder(_ decoder: any TokenDecoder) -> Value {
        if let joining = decoder as? ConcatenatingDecoder, joining.separator == " " { return .null }
        return decoder.configuration.value
    }

    private static func model(_ tokenizer: Tokenizer) -> Value {
        guard case .object(var members) = tokenizer.model.configuration.value else { return .null }
        let vocabulary = tokenizer.vocabulary
        members.append(Member(ownKey, own(tokenizer)))
        members.append(
            Member(
                "vocab",
                .object(
                    (0..<Int32(vocabulary.count)).map {
                        Member(vocabulary.token($0), .number(Int($0)))
                    })))
        if let model = tokenizer.model as? ByteLevelBPEModel {
            members.append(
                Member(
                    "merges",
                    .list(
                        model.merges.map {
                            .list([
                                .text(vocabulary.token($0.left)), .text(vocabulary.token($0.right)),
                            ])
                        })))
        }
        return .object(members)
    }

    private static func own(_ tokenizer: Tokenizer) -> Value {
        var members = [
            Member("kind", .text(tokenizer.kind.rawValue)),
            Member("special_tokens", specialTokens(tokenizer.specialTokens)),
        ]
        if let counts = tokenizer.vocabulary.counts {
            members.append(Member("counts", .list(counts.map { .number($0) })))
        }
        return .object(members)
    }

    private static func specialTokens(_ tokens: SpecialTokens) -> Value {
        .object(
            parts.compactMap { part in
                tokens[keyPath: part.path].map { Member(part.name, .text($0)) }
            })
    }

    private static func truncation(_ truncation: Truncation?) -> Value {
        guard let truncation else { return .null }
        let strategy =
            switch truncation.strategy {
            case .longestFirst: "LongestFirst"
            case .onlyFirst: "OnlyFirst"
            case .onlySecond: "OnlySecond"
            }
        return .object([
            Member("direction", .text("Right")),
            Member("max_length", .number(truncation.maxLength)),
            Member("strategy", .text(strategy)),
            Member("stride", .number(truncation.stride ?? 0)),
        ])
    }

    private static func padding(_ padding: Padding?, _ tokenizer: Tokenizer) -> Value {
        guard let padding else { return .null }
        let strategy: Value =
            switch padding.length {
            case .longest: .text("BatchLongest")
            case .fixed(let length): .object([Member("Fixed", .number(length))])
            }
        return .object([
            Member("strategy", strategy),
            Member("direction", .text(padding.side == .right ? "Right" : "Left")),
            Member("pad_to_multiple_of", .null),
            Member("pad_id", .number(Int(tokenizer.id(of: \.pad) ?? 0))),
            Member("pad_type_id", .number(0)),
            Member("pad_token", .text(tokenizer.specialTokens.pad ?? "[PAD]")),
        ])
    }
}
