import SesameStore
import SesameText
import Testing

@Suite struct VocabularyTests {
    let folder: TemporaryFolder
    let workspace: Workspace

    init() throws {
        folder = try TemporaryFolder()
        workspace = try folder.workspace()
    }

    private func tokenizer() throws -> Tokenizer {
        // The two ways to write é are two tokens.
        try .wordPiece(
            vocabulary: Vocabulary(
                tokens: [
                    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", "é", "e\u{301}",
                ],
                counts: [0, 0, 0, 0, 0, 12, 7, 3, 1]), lowercase: false)
    }

    @Test func roundTrip() throws {
        let tokenizer = try tokenizer()
        let summary = try workspace.saveVocabulary(
            tokenizer, name: "v", corpus: "novels", options: #"{"size":9}"#)
        #expect(summary.kind == "wordpiece")
        #expect(summary.tokenCount == 9)
        #expect(summary.fingerprint == tokenizer.fingerprint)
        #expect(summary.corpus == "novels")
        #expect(summary.options == #"{"size":9}"#)

        let loaded = try workspace.tokenizer(named: "v")
        #expect(loaded.fingerprint == tokenizer.fingerprint)
        #expect(loaded.vocabulary.counts == tokenizer.vocabulary.counts)
        #expect(loaded.encode("ab a").ids == tokenizer.encode("ab a").ids)

        let tokens = try workspace.tokens(vocabulary: "v", ids: 5..<9)
        #expect(
            tokens.map { Array($0.text.utf8) }
                == ["a", "##b", "é", "e\u{301}"].map { Array($0.utf8) })
        #expect(tokens.map(\.count) == [12, 7, 3, 1])
        #expect(try workspace.token("é", vocabulary: "v")?.id == 7)
        #expect(try workspace.token("e\u{301}", vocabulary: "v")?.id == 8)
        #expect(try workspace.token("zz", vocabulary: "v") == nil)
    }

    @Test func names() throws {
        let tokenizer = try tokenizer()
        try workspace.saveVocabulary(tokenizer, name: "v")
        #expect(failure { try workspace.saveVocabulary(tokenizer, name: "v") }.code == .nameTaken)
        try workspace.saveVocabulary(tokenizer, name: "v", replacing: true)
        try workspace.saveVocabulary(tokenizer, name: "u")
        #expect(try workspace.vocabularies().map(\.name) == ["u", "v"])
        #expect(
            failure { _ = try workspace.tokenizer(named: "w") }.message
                == "no vocabulary 'w': there is u, v")
        try workspace.deleteVocabulary("u")
        try workspace.deleteVocabulary("v")
        #expect(try workspace.vocabularies().isEmpty)
        #expect(try workspace.rowCount("vocabularyToken") == 0)
    }
}
