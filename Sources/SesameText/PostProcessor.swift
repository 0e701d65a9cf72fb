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

/// A post-processor by template: `["[CLS]:0", "$A:0", "[SEP]:0", "$B:1", "[SEP]:1"]`.
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

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        .init(
            "template",
            ["single": .texts(single.map(Self.text)), "pair": .texts(pair.map(Self.text))])
    }

    private static func text(_ piece: TemplatePiece) -> String {
        switch piece {
        case .first(let type): "$A:\(type)"
        case .second(let type): "$B:\(type)"
        case .special(let token, let type): "\(token):\(type)"
        }
    }

    init(_ configuration: StageConfiguration) throws {
        func pieces(_ name: String, _ texts: [String]) throws -> [TemplatePiece] {
            let pieces = try configuration.texts(name).map { text -> TemplatePiece in
                guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")),
                    let type = Int32(text[text.index(after: colon)...])
                else {
                    throw TextError(
                        .invalidOption(
                            name: "template.\(name)", expected: "pieces such as \"[CLS]:0\"",
                            found: "\"\(text)\""))
                }
                switch text[..<colon] {
                case "$A": return .first(typeID: type)
                case "$B": return .second(typeID: type)
                default: return .special(String(text[..<colon]), typeID: type)
                }
            }
            let named = pieces.compactMap { piece -> String? in
                switch piece {
                case .first: "$A"
                case .second: "$B"
                case .special: nil
                }
            }
            guard named == texts else {
                throw TextError(
                    .invalidOption(
                        name: "template.\(name)",
                        expected: "\(texts.joined(separator: " and ")) once, in this order",
                        found: named.isEmpty ? "none" : named.joined(separator: " and ")))
            }
            return pieces
        }
        single = try pieces("single", ["$A"])
        pair = try pieces("pair", ["$A", "$B"])
    }
}

/// The stage a configuration describes.
func makePostProcessor(_ configuration: StageConfiguration) throws -> any PostProcessor {
    switch configuration.type {
    case "template": return try TemplatePostProcessor(configuration)
    default: throw TextError(.unknownStage(role: "post-processor", type: configuration.type))
    }
}
