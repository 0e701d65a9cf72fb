/// Rewrites text before it is split: normal forms, case, accents.
public protocol Normalizer: TokenizerStage {
    /// Rewrites `text`, keeping account of where each byte came from.
    func normalize(_ text: inout AlignedText)
}

/// Puts text in a Unicode normal form.
public struct FormNormalizer: Normalizer {
    /// The form.
    public let form: NormalForm

    /// Normalizes to `form`.
    public init(_ form: NormalForm) { self.form = form }

    /// See ``Normalizer``.
    public func normalize(_ text: inout AlignedText) { text.normalize(form) }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration { .init(form.rawValue.uppercased()) }
}

/// Maps the case of text, with the context rules of a locale.
public struct CaseNormalizer: Normalizer {
    /// The mapping.
    public let mapping: CaseMapping
    /// The locale whose rules apply; empty for the root locale.
    public let locale: String

    /// Maps case.
    public init(_ mapping: CaseMapping, locale: String = "") {
        self.mapping = mapping
        self.locale = locale
    }

    /// See ``Normalizer``.
    public func normalize(_ text: inout AlignedText) { text.mapCase(mapping, locale: locale) }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        .init("Sesame.Case", ["mapping": .text(mapping.rawValue), "locale": .text(locale)])
    }
}

/// Takes accents off: decomposes (NFD) and drops nonspacing marks.
public struct AccentStripper: Normalizer {
    /// Takes accents off.
    public init() {}

    /// See ``Normalizer``.
    public func normalize(_ text: inout AlignedText) {
        text.normalize(.nfd)
        text.mapScalars { scalar, output in
            if CharacterProperties.category(scalar) != .nonspacingMark {
                UTF8Decoding.append(scalar, to: &output)
            }
        }
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        BERTNormalizer(
            cleansText: false, spacesIdeographs: false, stripsAccents: true, lowercases: false
        ).configuration
    }
}

/// Drops combining marks of all three kinds (M), without decomposing first.
public struct MarkStripper: Normalizer {
    /// Drops combining marks.
    public init() {}

    /// See ``Normalizer``.
    public func normalize(_ text: inout AlignedText) {
        text.mapScalars { scalar, output in
            switch CharacterProperties.category(scalar) {
            case .nonspacingMark, .spacingMark, .enclosingMark: break
            default: UTF8Decoding.append(scalar, to: &output)
            }
        }
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration { .init("StripAccents") }
}

/// Lower case character by character, without context: Σ is always σ. ``CaseNormalizer`` knows the final
/// form.
public struct LowercaseNormalizer: Normalizer {
    /// Lower-cases.
    public init() {}

    /// See ``Normalizer``.
    public func normalize(_ text: inout AlignedText) {
        text.mapScalars { scalar, output in
            BERTCharacters.appendLowercase(scalar, to: &output)
        }
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration { .init("Lowercase") }
}

/// Several normalizers, one after the other.
public struct NormalizerSequence: Normalizer {
    /// The normalizers, in order.
    public let normalizers: [any Normalizer]

    /// Runs `normalizers` in order.
    public init(_ normalizers: [any Normalizer]) { self.normalizers = normalizers }

    /// See ``Normalizer``.
    public func normalize(_ text: inout AlignedText) {
        for normalizer in normalizers { normalizer.normalize(&text) }
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        .init("Sequence", ["normalizers": .list(normalizers.map(\.configuration.value))])
    }
}

/// The stage a configuration describes.
func makeNormalizer(_ configuration: StageConfiguration) throws -> any Normalizer {
    switch configuration.type {
    case "BertNormalizer":
        let lowercases = try configuration.flag("lowercase", default: true)
        return BERTNormalizer(
            cleansText: try configuration.flag("clean_text", default: true),
            spacesIdeographs: try configuration.flag("handle_chinese_chars", default: true),
            // Null means: as the case.
            stripsAccents: try configuration.flag("strip_accents", default: lowercases),
            lowercases: lowercases)
    case "NFC", "NFD", "NFKC", "NFKD":
        return FormNormalizer(NormalForm(rawValue: configuration.type.lowercased()) ?? .nfc)
    case "Lowercase": return LowercaseNormalizer()
    case "StripAccents": return MarkStripper()
    case "Sequence":
        return NormalizerSequence(
            try configuration.stages("normalizers", role: "normalizer").map(makeNormalizer))
    case "Sesame.Case":
        return CaseNormalizer(
            try configuration.choice("mapping", default: .lower),
            locale: try configuration.text("locale", default: ""))
    default:
        throw TextError(
            .unknownStage(
                role: "normalizer", type: configuration.type,
                supported: "BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, "
                    + "Sequence, Sesame.Case"))
    }
}
