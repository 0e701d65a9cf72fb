import CSesameICU

/// The general category of a character, as the Unicode Character Database has it.
public enum GeneralCategory: UInt8, Sendable, CaseIterable {
    // The order is ICU's, whose numbers these are.
    case unassigned, uppercaseLetter, lowercaseLetter, titlecaseLetter, modifierLetter, otherLetter
    case nonspacingMark, enclosingMark, spacingMark
    case decimalNumber, letterNumber, otherNumber
    case spaceSeparator, lineSeparator, paragraphSeparator
    case control, format, privateUse, surrogate
    case dashPunctuation, openPunctuation, closePunctuation, connectorPunctuation, otherPunctuation
    case mathSymbol, currencySymbol, modifierSymbol, otherSymbol
    case initialPunctuation, finalPunctuation

    private static let codes = [
        "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd", "Nl", "No", "Zs", "Zl", "Zp",
        "Cc", "Cf", "Co", "Cs", "Pd", "Ps", "Pe", "Pc", "Po", "Sm", "Sc", "Sk", "So", "Pi", "Pf",
    ]

    /// The two-letter code, such as "Lu".
    public var code: String { Self.codes[Int(rawValue)] }

    /// Whether the category is one of the seven kinds of punctuation (P*).
    public var isPunctuation: Bool {
        switch self {
        case .dashPunctuation, .openPunctuation, .closePunctuation, .connectorPunctuation,
            .otherPunctuation, .initialPunctuation, .finalPunctuation:
            true
        default: false
        }
    }

    /// Whether the category is one of the five kinds of letter (L*).
    public var isLetter: Bool {
        switch self {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            true
        default: false
        }
    }
}

/// A script of the Unicode Character Database.
public struct Script: Sendable, Hashable, CustomStringConvertible {
    let number: Int32

    /// The ISO 15924 code, such as "Latn"; "Zyyy" for characters common to many scripts.
    public var code: String { sesame_icu_script_code(number).map { String(cString: $0) } ?? "Zzzz" }

    /// The Unicode name, such as "Latin".
    public var name: String {
        sesame_icu_script_name(number).map { String(cString: $0) } ?? "Unknown"
    }

    /// The Unicode name.
    public var description: String { name }
}

/// Unicode properties of single characters, from ICU.
///
/// Swift's own `Unicode.Scalar.Properties` may follow another version of Unicode than the segmentation
/// and normalization here, which is why tokenizers ask these.
public enum CharacterProperties {
    /// The version of Unicode that ICU implements, such as "15.0".
    public static var unicodeVersion: String { String(cString: sesame_icu_unicode_version()) }

    /// The version of ICU, such as "72.1".
    public static var libraryVersion: String { String(cString: sesame_icu_library_version()) }

    /// The general category.
    public static func generalCategory(of scalar: Unicode.Scalar) -> GeneralCategory {
        category(scalar.value)
    }

    /// The script.
    public static func script(of scalar: Unicode.Scalar) -> Script {
        Script(number: sesame_icu_script(scalar.value))
    }

    /// The canonical combining class; 0 for characters that start a combining sequence.
    public static func combiningClass(of scalar: Unicode.Scalar) -> UInt8 {
        sesame_icu_combining_class(scalar.value)
    }

    /// Whether the character has the property White_Space.
    public static func isWhiteSpace(_ scalar: Unicode.Scalar) -> Bool {
        sesame_icu_is_white_space(scalar.value)
    }

    /// Whether the character has the property Alphabetic.
    public static func isAlphabetic(_ scalar: Unicode.Scalar) -> Bool {
        sesame_icu_is_alphabetic(scalar.value)
    }

    /// Whether the character has the property Ideographic: Han characters and a few others.
    public static func isIdeographic(_ scalar: Unicode.Scalar) -> Bool {
        sesame_icu_is_ideographic(scalar.value)
    }

    static func category(_ scalar: UInt32) -> GeneralCategory {
        GeneralCategory(rawValue: sesame_icu_general_category(scalar)) ?? .unassigned
    }
}
