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
    public var configuration: StageConfiguration { .init("form", ["form": .text(form.rawValue)]) }
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
        .init("case", ["mapping": .text(mapping.rawValue), "locale": .text(locale)])
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
    public var configuration: StageConfiguration { .init("stripAccents") }
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
        .init("sequence", ["stages": .stages(normalizers.map(\.configuration))])
    }
}

/// The stage a configuration describes.
func makeNormalizer(_ configuration: StageConfiguration) throws -> any Normalizer {
    switch configuration.type {
    case "bert":
        return BERTNormalizer(
            cleansText: try configuration.flag("cleanText", default: true),
            spacesIdeographs: try configuration.flag("spaceIdeographs", default: true),
            stripsAccents: try configuration.flag("stripAccents", default: true),
            lowercases: try configuration.flag("lowercase", default: true))
    case "form": return FormNormalizer(try configuration.choice("form", default: .nfc))
    case "case":
        return CaseNormalizer(
            try configuration.choice("mapping", default: .lower),
            locale: try configuration.text("locale", default: ""))
    case "stripAccents": return AccentStripper()
    case "sequence":
        return NormalizerSequence(try configuration.stages("stages").map(makeNormalizer))
    default: throw TextError(.unknownStage(role: "normalizer", type: configuration.type))
    }
}
