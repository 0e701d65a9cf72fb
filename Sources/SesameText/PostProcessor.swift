/// Puts special tokens around the tokens of one or two texts.
public protocol PostProcessor: TokenizerStage {
    /// What an encoding of one text, or of two, is made of.
    func template(isPair: Bool) -> [TemplatePiece]
}

/// A part of an encoding.
public enum TemplatePiece: Sendable, Equatable {
    /// The tokens of the first text, with a type id.
    case first(typeID: Int32)
    /// The tokens of the second text.
    case second(typeID: Int32)
    /// A special token.
    case special(String, typeID: Int32)
}

/// A post-processor by template, such as `[CLS] A [SEP] B [SEP]` with a type id for each part.
public struct TemplatePostProcessor: PostProcessor, Equatable {
    private let single: [TemplatePiece]
    private let pair: [TemplatePiece]

    /// A template for one text and one for two; each names its texts once.
    public init(single: [TemplatePiece], pair: [TemplatePiece]) {
        self.single = single
        self.pair = pair
    }

    /// BERT's: `[CLS] A [SEP]`, and `[CLS] A [SEP] B [SEP]` with B and its `[SEP]` of type 1.
    public static func bert(classification: String, separator: String) -> TemplatePostProcessor {
        TemplatePostProcessor(
            single: [
                .special(classification, typeID: 0), .first(typeID: 0),
                .special(separator, typeID: 0),
            ],
            pair: [
                .special(classification, typeID: 0), .first(typeID: 0),
                .special(separator, typeID: 0), .second(typeID: 1), .special(separator, typeID: 1),
            ])
    }

    /// RoBERTa's: `<s> A </s>`, and `<s> A </s></s> B </s>`, all of type 0.
    public static func roberta(
        classification: String, separator: String
    ) -> TemplatePostProcessor {
        let open = TemplatePiece.special(classification, typeID: 0)
        let close = TemplatePiece.special(separator, typeID: 0)
        return TemplatePostProcessor(
            single: [open, .first(typeID: 0), close],
            pair: [open, .first(typeID: 0), close, close, .second(typeID: 0), close])
    }

    /// For left-to-right models: beginning and end around each text, where there are such tokens.
    public static func languageModel(beginning: String?, end: String?) -> TemplatePostProcessor {
        let open = beginning.map { [TemplatePiece.special($0, typeID: 0)] } ?? []
        let close = end.map { [TemplatePiece.special($0, typeID: 0)] } ?? []
        return TemplatePostProcessor(
            single: open + [.first(typeID: 0)] + close,
            pair: open + [.first(typeID: 0)] + close + open + [.second(typeID: 0)] + close)
    }

    /// See ``PostProcessor``.
    public func template(isPair: Bool) -> [TemplatePiece] { isPair ? pair : single }

    /// See ``TokenizerStage``; ids of special tokens are put in when a tokenizer is written.
    public var configuration: StageConfiguration {
        .init(
            "TemplateProcessing",
            ["single": .list(single.map(\.value)), "pair": .list(pair.map(\.value))])
    }

    /// The special tokens that it puts in, each once.
    var specialTokens: [String] {
        var result: [String] = []
        for case .special(let token, _) in single + pair where !result.contains(token) {
            result.append(token)
        }
        return result
    }

    init(_ configuration: StageConfiguration) throws {
        let known = configuration.options["special_tokens"]
        func pieces(_ name: String, _ texts: [String]) throws -> [TemplatePiece] {
            var named: [String] = []
            let pieces = try configuration.list(name).flatMap { value -> [TemplatePiece] in
                if let text = value["Sequence"], case .text(let which)? = text["id"],
                    let type = text.typeID, texts.contains(which)
                {
                    named.append(which)
                    return [which == "A" ? .first(typeID: type) : .second(typeID: type)]
                }
                if let special = value["SpecialToken"], case .text(let token)? = special["id"],
                    let type = special.typeID
                {
                    guard case .list(let tokens)? = known?[token]?["tokens"] else {
                        return [.special(token, typeID: type)]
                    }
                    return try tokens.map { token in
                        guard case .text(let token) = token else {
                            throw configuration.invalid("special_tokens", "tokens that are texts")
                        }
                        return .special(token, typeID: type)
                    }
                }
                throw configuration.invalid(
                    name, "pieces such as {\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}")
            }
            guard named == texts else {
                throw TextError(
                    .invalidOption(
                        name: "TemplateProcessing.\(name)",
                        expected: "\(texts.joined(separator: " and ")) once, in this order",
                        found: named.isEmpty ? "none" : named.joined(separator: " and ")))
            }
            return pieces
        }
        single = try pieces("single", ["A"])
        pair = try pieces("pair", ["A", "B"])
    }
}

extension TemplatePiece {
    /// As tokenizer.json has it.
    fileprivate var value: StageConfiguration.Value {
        func piece(_ kind: String, _ id: String, _ type: Int32) -> StageConfiguration.Value {
            .object([
                .init(
                    kind, .object([.init("id", .text(id)), .init("type_id", .number(Int(type)))]))
            ])
        }
        return switch self {
        case .first(let type): piece("Sequence", "A", type)
        case .second(let type): piece("Sequence", "B", type)
        case .special(let token, let type): piece("SpecialToken", token, type)
        }
    }
}

extension StageConfiguration.Value {
    fileprivate var typeID: Int32? {
        if case .number(let type)? = self["type_id"] { Int32(exactly: type) } else { nil }
    }
}

/// The stage a configuration describes.
func makePostProcessor(_ configuration: StageConfiguration) throws -> any PostProcessor {
    func token(_ name: String) throws -> String {
        guard case .text(let token)? = try configuration.list(name).first else {
            throw configuration.invalid(name, "a token and its id")
        }
        return token
    }
    switch configuration.type {
    case "TemplateProcessing": return try TemplatePostProcessor(configuration)
    case "BertProcessing":
        return TemplatePostProcessor.bert(
            classification: try token("cls"), separator: try token("sep"))
    case "RobertaProcessing":
        return ByteLevelPostProcessor(
            trimsOffsets: try configuration.flag("trim_offsets", default: true),
            addsPrefixSpace: try configuration.flag("add_prefix_space", default: true),
            template: .roberta(classification: try token("cls"), separator: try token("sep")))
    case "ByteLevel":
        return ByteLevelPostProcessor(
            trimsOffsets: try configuration.flag("trim_offsets", default: true),
            addsPrefixSpace: try configuration.flag("add_prefix_space", default: true))
    case "Sequence":
        let stages = try configuration.stages("processors", role: "post-processor")
            .map(makePostProcessor)
        if stages.count == 1 { return stages[0] }
        guard stages.count == 2, let first = stages[0] as? ByteLevelPostProcessor,
            first.template == nil, let second = stages[1] as? TemplatePostProcessor
        else {
            throw configuration.invalid("processors", "ByteLevel, then TemplateProcessing")
        }
        return ByteLevelPostProcessor(
            trimsOffsets: first.trimsOffsets, addsPrefixSpace: first.addsPrefixSpace,
            template: second)
    default:
        throw TextError(
            .unknownStage(
                role: "post-processor", type: configuration.type,
                supported: "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, "
                    + "Sequence"))
    }
}
