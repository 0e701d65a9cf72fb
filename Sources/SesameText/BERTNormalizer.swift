import CSesameICU

/// BERT's text clean-up, the first half of its "basic tokenization".
///
/// In this order, each where it is switched on:
/// 1. Clean: NUL, U+FFFD and characters of the categories Cc, Cf, Co and Cs are taken out; white space,
///    with tab, LF and CR, becomes a space.
/// 2. Ideographs get a space on either side, so that each is a word.
/// 3. Accents are stripped: NFD, then nonspacing marks (Mn) are dropped.
/// 4. Lower case, scalar by scalar, without context (Σ is always σ).
///
/// Unassigned code points are kept, and sigma has no final form, as in Hugging Face's tokenizers, whose
/// ids these match; the first BERT code, in Python, differs there.
///
/// Source: Devlin et al. 2018; google-research/bert tokenization.py; Hugging Face tokenizers 0.23.
public struct BERTNormalizer: Normalizer, Equatable {
    /// Whether control characters are dropped and white space made plain.
    public let cleansText: Bool
    /// Whether ideographs are set apart by spaces.
    public let spacesIdeographs: Bool
    /// Whether accents are taken off.
    public let stripsAccents: Bool
    /// Whether text is lower-cased.
    public let lowercases: Bool

    /// A normalizer with these steps; the defaults are those of the uncased models.
    public init(
        cleansText: Bool = true, spacesIdeographs: Bool = true, stripsAccents: Bool = true,
        lowercases: Bool = true
    ) {
        self.cleansText = cleansText
        self.spacesIdeographs = spacesIdeographs
        self.stripsAccents = stripsAccents
        self.lowercases = lowercases
    }

    /// See ``Normalizer``.
    public func normalize(_ text: inout AlignedText) {
        if cleansText {
            text.mapScalars { scalar, output in
                if BERTCharacters.isDropped(scalar) { return }
                let kept = BERTCharacters.isSpace(scalar) ? 0x20 : scalar
                UTF8Decoding.append(kept, to: &output)
            }
        }
        if spacesIdeographs {
            text.mapScalars { scalar, output in
                let ideograph = BERTCharacters.isIdeograph(scalar)
                if ideograph { output.append(0x20) }
                UTF8Decoding.append(scalar, to: &output)
                if ideograph { output.append(0x20) }
            }
        }
        if stripsAccents { AccentStripper().normalize(&text) }
        if lowercases {
            text.mapScalars { scalar, output in
                BERTCharacters.appendLowercase(scalar, to: &output)
            }
        }
    }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        .init(
            "BertNormalizer",
            [
                "clean_text": .flag(cleansText), "handle_chinese_chars": .flag(spacesIdeographs),
                "strip_accents": .flag(stripsAccents), "lowercase": .flag(lowercases),
            ])
    }
}

/// BERT's classes of characters.
enum BERTCharacters {
    static func isSpace(_ scalar: UInt32) -> Bool {
        scalar == 0x20 || scalar == 0x09 || scalar == 0x0A || scalar == 0x0D
            || sesame_icu_is_white_space(scalar)
    }

    static func isDropped(_ scalar: UInt32) -> Bool {
        if scalar == 0 || scalar == 0xFFFD { return true }
        if scalar == 0x09 || scalar == 0x0A || scalar == 0x0D { return false }
        switch CharacterProperties.category(scalar) {
        case .control, .format, .privateUse, .surrogate: return true
        default: return false
        }
    }

    /// Every ASCII character that is neither letter, digit, space nor control, and the categories P*.
    static func isPunctuation(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        case 0..<0x80: false
        default: CharacterProperties.category(scalar).isPunctuation
        }
    }

    /// The blocks that BERT's authors listed; neither kana nor hangul are among them.
    static func isIdeograph(_ scalar: UInt32) -> Bool {
        guard scalar >= 0x3400 else { return false }
        return switch scalar {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF,
            0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }

    /// Appends the full lower case of one scalar by itself.
    static func appendLowercase(_ scalar: UInt32, to output: inout [UInt8]) {
        if scalar < 0x80 {
            let isUpper = scalar >= 0x41 && scalar <= 0x5A
            output.append(UInt8(scalar) | (isUpper ? 0x20 : 0))
            return
        }
        var bytes: [UInt8] = []
        UTF8Decoding.append(scalar, to: &bytes)
        let lower = bytes.withUnsafeBufferPointer {
            TextNormalization.rewritten($0, by: .mapping(.lower, "")).bytes
        }
        output.append(contentsOf: lower)
    }
}
