import SesameText
import Testing

/// Properties and mappings against values of the Unicode Character Database.
@Suite struct CharacterPropertiesTests {
    @Test(
        "General category and script",
        arguments: [
            ("A", "Lu", "Latn"), ("ß", "Ll", "Latn"), ("ǅ", "Lt", "Latn"), ("ʰ", "Lm", "Latn"),
            ("中", "Lo", "Hani"), ("あ", "Lo", "Hira"), ("ア", "Lo", "Kana"), ("한", "Lo", "Hang"),
            ("\u{301}", "Mn", "Zinh"), ("\u{903}", "Mc", "Deva"), ("\u{20DD}", "Me", "Zinh"),
            ("5", "Nd", "Zyyy"), ("Ⅷ", "Nl", "Latn"), ("½", "No", "Zyyy"), (" ", "Zs", "Zyyy"),
            ("\u{2028}", "Zl", "Zyyy"), ("\u{2029}", "Zp", "Zyyy"), ("\n", "Cc", "Zyyy"),
            ("\u{AD}", "Cf", "Zyyy"), ("\u{E000}", "Co", "Zzzz"), ("\u{378}", "Cn", "Zzzz"),
            ("_", "Pc", "Zyyy"), ("-", "Pd", "Zyyy"), ("(", "Ps", "Zyyy"), (")", "Pe", "Zyyy"),
            ("«", "Pi", "Zyyy"), ("»", "Pf", "Zyyy"), ("!", "Po", "Zyyy"), ("+", "Sm", "Zyyy"),
            ("€", "Sc", "Zyyy"), ("^", "Sk", "Zyyy"), ("😀", "So", "Zyyy"), ("ก", "Lo", "Thai"),
            ("Ω", "Lu", "Grek"), ("Я", "Lu", "Cyrl"), ("א", "Lo", "Hebr"),
        ])
    func categoryAndScript(text: String, category: String, script: String) throws {
        let scalar = try #require(text.unicodeScalars.first)
        #expect(CharacterProperties.generalCategory(of: scalar).code == category)
        #expect(CharacterProperties.script(of: scalar).code == script)
    }

    @Test("Other properties")
    func others() {
        #expect(CharacterProperties.script(of: "Ж").name == "Cyrillic")
        #expect(CharacterProperties.combiningClass(of: "\u{301}") == 230)
        #expect(CharacterProperties.combiningClass(of: "\u{323}") == 220)
        #expect(CharacterProperties.combiningClass(of: "a") == 0)
        #expect(
            CharacterProperties.isWhiteSpace("\u{3000}")
                && CharacterProperties.isWhiteSpace("\u{85}"))
        #expect(!CharacterProperties.isWhiteSpace("\u{200B}"))
        #expect(CharacterProperties.isIdeographic("中") && !CharacterProperties.isIdeographic("あ"))
        #expect(CharacterProperties.isAlphabetic("é") && !CharacterProperties.isAlphabetic("1"))
        #expect(Double(CharacterProperties.unicodeVersion).map { $0 >= 13 } == true)
        for scalar in (0..<0x3000 as Range<UInt32>).compactMap(Unicode.Scalar.init) {
            let category = CharacterProperties.generalCategory(of: scalar)
            #expect(category.isPunctuation == category.code.hasPrefix("P"))
            #expect(category.isLetter == category.code.hasPrefix("L"))
        }
    }

    @Test(
        "Case mappings in context",
        arguments: [
            (CaseMapping.lower, "", "ΟΔΟΣ ΣΟΦΟΣ.", "οδος σοφος."),
            (.lower, "", "İSTANBUL", "i\u{307}stanbul"),
            (.lower, "tr", "İSTANBUL IĞDIR", "istanbul ığdır"),
            (.upper, "", "straße ﬁn ŉ", "STRASSE FIN ʼN"),
            (.upper, "tr", "istanbul", "İSTANBUL"),
            (.upper, "el", "άδικος", "ΑΔΙΚΟΣ"),
            (.title, "", "hello wORLD ǆungla", "Hello World ǅungla"),
            (.title, "nl", "ijsselmeer", "IJsselmeer"),
            (.fold, "", "Straße ΣΊΣΥΦΟΣ", "strasse σίσυφοσ"),
            (.lower, "", "", ""),
        ])
    func caseMapping(mapping: CaseMapping, locale: String, text: String, expected: String) {
        let mapped = TextNormalization.mapCase(text, mapping, locale: locale)
        #expect(Array(mapped.utf8) == Array(expected.utf8), "\(mapped)")
    }

    @Test(
        "Normal forms",
        arguments: [
            (NormalForm.nfc, "e\u{301}", "\u{E9}"), (.nfd, "\u{E9}", "e\u{301}"),
            (.nfkc, "ﬁ５㍿", "fi5株式会社"), (.nfkd, "한½", "\u{1112}\u{1161}\u{11AB}1\u{2044}2"),
            (.nfc, "plain", "plain"), (.nfd, "", ""),
        ])
    func normalForms(form: NormalForm, text: String, expected: String) {
        let result = TextNormalization.normalize(text, form)
        #expect(Array(result.utf8) == Array(expected.utf8))
        #expect(TextNormalization.isNormalized(result, form))
    }

    @Test("Alignment through several rewritings")
    func alignment() {
        // ﬁ (3 bytes) becomes fi, É (2 bytes) e and an accent, which goes.
        var aligned = AlignedText("ﬁ É!")
        aligned.normalize(.nfkc)
        aligned.mapCase(.lower)
        AccentStripper().normalize(&aligned)
        #expect(aligned.text == "fi e!")
        #expect(
            (0..<5).map { aligned.originalRange($0..<$0 + 1) } == [
                0..<3, 0..<3, 3..<4, 4..<6, 6..<7,
            ])
        #expect(aligned.originalRange(0..<5) == 0..<7)
    }
}
