import Foundation
import SesameStore
import SesameTestSupport
import Testing

/// Questions of SQuAD's format.
@Suite struct QuestionImportTests {
    let folder: TemporaryFolder
    let workspace: Workspace

    init() throws {
        folder = try TemporaryFolder()
        workspace = try folder.workspace()
    }

    private func importing(_ content: String) throws -> [Document] {
        let path = try folder.write("q.json", content)
        try workspace.importCorpus(
            name: "c", from: CorpusSource(.suggested(forPath: path), paths: [path]),
            options: ImportOptions(existing: .replace))
        return try workspace.all("c")
    }

    private func questions(_ document: Document) throws -> [SpanQuestion] {
        try JSONDecoder().decode([SpanQuestion].self, from: Data((document.pair ?? "").utf8))
    }

    @Test func paragraphsBecomeDocuments() throws {
        let documents = try importing(
            """
            {"version": "v2.0", "data": [
              {"title": "A", "paragraphs": [
                {"context": "Zoë lived in Łódź, 🙂 then in Ulm.", "qas": [
                  {"id": "1", "question": "Where first?", "answers": [
                    {"text": "Łódź", "answer_start": 13}, {"text": "in Łódź", "answer_start": 10}]},
                  {"id": "2", "question": "Why?", "is_impossible": true, "answers": [],
                   "plausible_answers": [{"text": "Ulm", "answer_start": 29}]},
                  {"id": "3", "question": "Where then?", "is_impossible": false,
                   "answers": [{"text": "Ulm", "answer_start": 29}]}]}]},
              {"title": "B", "paragraphs": [{"context": "Nothing.\\n\\nNo one asks.", "qas": []}]}]}
            """)
        #expect(
            documents.map(\.text) == [
                "Zoë lived in Łódź, 🙂 then in Ulm.", "Nothing.\n\nNo one asks.",
            ])
        let asked = try questions(documents[0])
        #expect(asked.map(\.id) == ["1", "2", "3"] && asked[1].answers.isEmpty)
        #expect(
            asked[0].answers == [
                .init(text: "Łódź", start: 13), .init(text: "in Łódź", start: 10),
            ])
        #expect(try questions(documents[1]).isEmpty)
        // A corpus splits by paragraphs, and the same questions give the same bytes.
        #expect(
            try importing(try String(contentsOfFile: folder.path("q.json"), encoding: .utf8))
                .map(\.hash) == documents.map(\.hash))
    }

    @Test(arguments: [
        ("[1, 2]", "something"), ("{\"data\": 3}", "another type at data"),
        ("{\"version\": \"1\"}", "no 'data'"), ("{\"data\": [", "not one JSON object"),
        ("{\"data\": [{\"paragraphs\": [{\"context\": \"x\"}]}]}", "no 'qas' in data"),
        (
            "{\"data\": [{\"paragraphs\": [{\"context\": \"a b\", \"qas\": [{\"id\": \"q7\", "
                + "\"question\": \"?\", \"answers\": [{\"text\": \"b\", \"answer_start\": 1}]}]}]}]}",
            "another text at 1 for question 'q7'"
        ),
        (
            "{\"data\": [{\"paragraphs\": [{\"context\": \"a b\", \"qas\": [{\"id\": \"q8\", "
                + "\"question\": \"?\", \"answers\": [{\"text\": \"b\", \"answer_start\": "
                + "9223372036854775807}]}]}]}]}",
            "for question 'q8'"
        ),
    ])
    func otherFilesAreRefused(_ content: String, _ found: String) {
        let result = failure { _ = try importing(content) }
        #expect(result.code == .malformed || result.code == .emptyCorpus)
        #expect(result.message.contains(found) && result.message.contains("q.json"), "\(result)")
    }

    @Test func anotherFormatCanBeSaid() throws {
        let path = try folder.write("notes.json", "{\"a\": 1}")
        try workspace.importCorpus(
            name: "t", from: CorpusSource(.text(unit: .file), paths: [path]))
        #expect(try workspace.texts("t") == ["{\"a\": 1}"])
    }

    @Test(
        .enabled(if: TestData.file("xquad") != nil, "SESAME_DATA holds no xquad"),
        arguments: ["en", "de", "zh", "th"])
    func publishedQuestions(_ language: String) throws {
        let path = try #require(TestData.file("xquad/xquad.\(language).json")).path
        let summary = try workspace.importCorpus(
            name: language, from: CorpusSource(.squad, paths: [path]))
        #expect(summary.documentCount == 240)
        let count = try workspace.all(language).reduce(0) { $0 + (try questions($1)).count }
        #expect(count == 1190)
    }
}
