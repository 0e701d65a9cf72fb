import CSesameICU

/// The four Unicode normalization forms.
public enum NormalForm: String, Codable, Sendable, CaseIterable {
    /// Composed, canonical: é is one character.
    case nfc
    /// Decomposed, canonical: é is e and an accent.
    case nfd
    /// Composed, compatible: ﬁ becomes fi, ５ becomes 5.
    case nfkc
    /// Decomposed, compatible.
    case nfkd

    var shimForm: sesame_icu_form {
        switch self {
        case .nfc: SESAME_ICU_NFC
        case .nfd: SESAME_ICU_NFD
        case .nfkc: SESAME_ICU_NFKC
        case .nfkd: SESAME_ICU_NFKD
        }
    }
}

/// The case mappings.
public enum CaseMapping: String, Codable, Sendable, CaseIterable {
    /// Lower case, with its context rules (final sigma).
    case lower
    /// Upper case; ß becomes SS.
    case upper
    /// The first letter of each word in title case, the others in lower case.
    case title
    /// Full case folding, for comparison; it knows no locale.
    case fold

    var shimMapping: sesame_icu_case {
        switch self {
        case .lower: SESAME_ICU_LOWER
        case .upper: SESAME_ICU_UPPER
        case .title: SESAME_ICU_TITLE
        case .fold: SESAME_ICU_FOLD
        }
    }
}

/// Normal forms and case mappings of whole texts, by ICU.
public enum TextNormalization {
    /// `text` in a normal form.
    public static func normalize(_ text: String, _ form: NormalForm) -> String {
        withUTF8Bytes(of: text) { bytes in
            if isASCII(bytes) { return text }
            return String(decoding: rewritten(bytes, by: .form(form)).bytes, as: UTF8.self)
        }
    }

    /// Whether `text` is in a normal form already.
    public static func isNormalized(_ text: String, _ form: NormalForm) -> Bool {
        withUTF8Bytes(of: text) { bytes in
            if isASCII(bytes) { return true }
            var answer = false
            let status = sesame_icu_is_normalized(
                form.shimForm, bytes.baseAddress, bytes.count, &answer)
            precondition(status == SESAME_ICU_OK, "is_normalized: status \(status.rawValue)")
            return answer
        }
    }

    /// `text` with its case mapped, by the rules of a locale ("tr", "az", "lt", "nl", "el" have their
    /// own); the root locale by default.
    public static func mapCase(_ text: String, _ mapping: CaseMapping, locale: String = "")
        -> String
    {
        withUTF8Bytes(of: text) { bytes in
            String(decoding: rewritten(bytes, by: .mapping(mapping, locale)).bytes, as: UTF8.self)
        }
    }

    enum Rewriting {
        case form(NormalForm)
        case mapping(CaseMapping, String)
    }

    /// The rewritten bytes and, where asked for, the account of what became of which stretch.
    static func rewritten(
        _ bytes: UnsafeBufferPointer<UInt8>, by rewriting: Rewriting, wantsEdits: Bool = false
    ) -> (bytes: [UInt8], edits: [sesame_icu_edit]) {
        var byteCapacity = bytes.count + bytes.count / 2 + 64
        var editCapacity = wantsEdits ? bytes.count / 4 + 16 : 0
        while true {
            var edits: [sesame_icu_edit] = []
            var output = sesame_icu_output()
            var status = SESAME_ICU_OK
            let result = [UInt8](unsafeUninitializedCapacity: byteCapacity) { buffer, written in
                func run(_ editBuffer: UnsafeMutableBufferPointer<sesame_icu_edit>?) {
                    output.bytes = buffer.baseAddress
                    output.byte_capacity = byteCapacity
                    output.edits = editBuffer?.baseAddress
                    output.edit_capacity = editBuffer?.count ?? 0
                    switch rewriting {
                    case .form(let form):
                        status = sesame_icu_normalize(
                            form.shimForm, bytes.baseAddress, bytes.count, &output)
                    case .mapping(let mapping, let locale):
                        status = locale.withCString {
                            sesame_icu_map_case(
                                mapping.shimMapping, $0, bytes.baseAddress, bytes.count, &output)
                        }
                    }
                }
                if wantsEdits {
                    edits = [sesame_icu_edit](unsafeUninitializedCapacity: editCapacity) {
                        run(UnsafeMutableBufferPointer(rebasing: $0[..<editCapacity]))
                        $1 = status == SESAME_ICU_OK ? output.edit_length : 0
                    }
                } else {
                    run(nil)
                }
                written = status == SESAME_ICU_OK ? output.byte_length : 0
            }
            if status == SESAME_ICU_OK { return (result, edits) }
            // The answer to a valid call can only be a lack of room. Text above 1 GiB is no valid
            // call, and nothing here can hold its result either.
            precondition(
                status == SESAME_ICU_BUFFER_TOO_SMALL,
                "rewriting \(bytes.count) bytes: status \(status.rawValue)")
            byteCapacity = max(byteCapacity, output.byte_length)
            editCapacity = max(editCapacity, output.edit_length)
        }
    }

    static func isASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.allSatisfy { $0 < 0x80 }
    }
}
