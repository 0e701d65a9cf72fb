import SesameStore
import SesameTestSupport
import Testing

/// Tagged sentences of CoNLL's format.
@Suite struct TaggedImportTests {
    let folder: TemporaryFolder
    let workspace: Workspace

    init() throws {
        folder = try TemporaryFolder()
        workspace = try folder.workspace()
    }

    private func importing(
        _ content: String, _ columns: TaggedColumns = TaggedColumns()
    ) throws -> [Document] {
        let path = try folder.write("t.conll", content)
        try workspace.importCorpus(
            name: "c", from: CorpusSource(.conll(columns), paths: [path]),
            options: ImportOptions(existing: .replace))
        return try workspace.all("c")
    }

    @Test func sentencesBecomeDocuments() throws {
        let content = """
            -DOCSTART- -X- O O

            Ada NNP I-NP I-PER
            Lovelace NNP I-NP I-PER
            lived VBD I-VP O

            \t
            in IN I-PP O
            # # # O
            London NNP I-NP I-LOC
            -DOCSTART- -X- O O
            IBM NNP I-NP I-ORG
            """
        for text in [content, content.replacing("\n", with: "\r\n")] {
            let documents = try importing(text)
            #expect(documents.map(\.text) == ["Ada Lovelace lived", "in # London", "IBM"])
            #expect(documents.map(\.pair) == ["B-PER I-PER O", "O O B-LOC", "B-ORG"])
            #expect(documents.map(\.line) == [3, 8, 12])
        }
        let columns = TaggedColumns(word: 1, tag: 2, scheme: nil)
        #expect(try importing(content, columns).map(\.pair) == ["NNP NNP VBD", "IN # NNP", "NNP"])
    }

    @Test func schemesAreConverted() throws {
        let content = "a\tB-X\nb\tE-X\nc\tS-Y\n\nd\tI-X\ne\tB-X\n"
        #expect(try importing(content).map(\.pair) == ["B-X I-X B-Y", "B-X B-X"])
        #expect(
            try importing(content, TaggedColumns(scheme: .bioes)).map(\.pair) == [
                "B-X E-X S-Y", "S-X S-X",
            ])
        #expect(
            try importing(content, TaggedColumns(scheme: .io)).map(\.pair) == [
                "I-X I-X I-Y", "I-X I-X",
            ])
    }

    @Test func aTabSeparatesBeforeASpaceDoes() throws {
        #expect(try importing("a\u{00A0}b\tO\n")[0].text == "a\u{00A0}b")
    }

    @Test(arguments: [
        ("a O\nb\n", 2, "1 column"), ("a O\n\nc d\te f\n", 3, "spaces"),
        ("a O\nb NN\n", 2, "another tag"), ("a\tO\n\tO\n", 2, "nothing"),
        ("a\tO\nb\t\n", 2, "nothing"),
    ])
    func badLinesAreNamed(_ content: String, _ line: Int, _ mention: String) {
        let found = failure { _ = try importing(content) }
        #expect(found.code == .malformed)
        #expect(found.message.contains("t.conll:\(line)"), "\(found.message)")
        #expect(found.message.contains(mention), "\(found.message)")
    }

    @Test func columnsBeyondTheLineAreRefused() {
        let found = failure { _ = try importing("a b O\n", TaggedColumns(word: 1, tag: 5)) }
        #expect(found.code == .malformed && found.message.contains("5 columns"))
    }

    @Test(.enabled(if: TestData.file("wikigold") != nil))
    func wikigoldIsRead() throws {
        let path = try #require(TestData.file("wikigold/wikigold.first80.conll")).path
        let summary = try workspace.importCorpus(
            name: "wikigold", from: CorpusSource(.suggested(forPath: path), paths: [path]))
        #expect(summary.documentCount == 1315)
        let words = try workspace.all("wikigold").map {
            ($0.text.split(separator: " ").count, $0.pair?.split(separator: " ").count)
        }
        #expect(words.allSatisfy { $0.0 == $0.1 })
    }
}
