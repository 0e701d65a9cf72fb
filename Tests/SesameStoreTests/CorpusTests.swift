import Foundation
import SesameStore
import Testing

@Suite struct CorpusTests {
    let folder: TemporaryFolder
    let workspace: Workspace

    init() throws {
        folder = try TemporaryFolder()
        workspace = try folder.workspace()
    }

    private func labelled() throws {
        try workspace.importCorpus(
            name: "c",
            documents: [
                NewDocument("One. Two!", label: "a"), NewDocument("Drei.", label: "b"),
                NewDocument("vier é", label: "a", split: .test), NewDocument("x"),
            ], options: ImportOptions(sentences: true))
    }

    @Test func statistics() throws {
        try labelled()
        let statistics = try workspace.statistics(corpus: "c")
        #expect(
            statistics.total
                == CorpusStatistics.Share(
                    documentCount: 4, byteCount: 22, characterCount: 21, sentenceCount: 5))
        #expect(statistics.bySplit[.test]?.byteCount == 7)
        #expect(statistics.bySplit[.validation] == nil)
        #expect(statistics.byLabel["a"]?[.train]?.sentenceCount == 2)
        #expect(statistics.byLabel["a"]?[.test]?.characterCount == 6)
        #expect(statistics.byLabel.keys.sorted() == ["a", "b"])
        #expect(statistics.unlabelledCount == 1)
        #expect(statistics.segmentedCount == 4)
        #expect(statistics.longestByteCount == 9)
        #expect(try workspace.labels(corpus: "c") == ["a", "b"])
        #expect(try workspace.documentCount(corpus: "c", split: .train) == 3)
        // As JSON, splits are keys.
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = String(
            decoding: try encoder.encode(statistics.summary.splitCounts), as: UTF8.self)
        #expect(json == #"{"test":1,"train":3}"#)
    }

    @Test func randomAccess() throws {
        try labelled()
        let ids = try workspace.documentIDs(corpus: "c")
        #expect(ids.count == 4)
        let chosen = [ids[2], ids[0], ids[2]]
        #expect(
            try workspace.documents(ids: chosen).map(\.text) == ["vier é", "One. Two!", "vier é"])
        #expect(try workspace.document(id: ids[3]).text == "x")
        #expect(try workspace.documentIDs(corpus: "c", split: .test) == [ids[2]])
        #expect(failure { _ = try workspace.document(id: 999) }.code == .notFound)

        let middle = try workspace.documents(corpus: "c", ordinals: 1..<3)
        #expect(try middle.nextBatch().map(\.text) == ["Drei.", "vier é"])
        #expect(try middle.next() == nil)
    }

    @Test func unknownNamesListTheKnown() throws {
        try labelled()
        try workspace.importCorpus(name: "b", documents: [NewDocument("x")])
        let error = failure { _ = try workspace.statistics(corpus: "d") }
        #expect(error.code == .notFound)
        #expect(error.message == "no corpus 'd': there is b, c")
        try workspace.deleteCorpus("b")
        try workspace.renameCorpus("c", to: "e")
        #expect(
            failure { _ = try workspace.corpus(named: "c") }.message == "no corpus 'c': there is e")
        try workspace.deleteCorpus("e")
        #expect(
            failure { _ = try workspace.corpus(named: "c") }.message
                == "no corpus 'c': there is none yet")
        #expect(try workspace.rowCount("documentText") == 0)
        #expect(try workspace.rowCount("documentSentences") == 0)
    }

    @Test func cursorNoticesAChange() throws {
        try workspace.importCorpus(
            name: "c", documents: (0..<600).map { NewDocument("document \($0)") })
        let cursor = try workspace.documents(corpus: "c")
        #expect(try cursor.next()?.text == "document 0")
        try workspace.split(corpus: "c", validation: 0.1, method: .shuffled(seed: 1))
        #expect(failure { try cursor.forEach { _ in } }.code == .changed)
        #expect(try workspace.all("c").count == 600)
    }

    @Test func sentences() throws {
        let text = "Dr. Smith paid $3.50. He\nleft!  Why?\n\nA heading\n\n今天下雨。我在家。"
        try workspace.importCorpus(name: "c", documents: [NewDocument(text), NewDocument("One.")])
        #expect(try workspace.all("c")[0].sentences == nil)
        var calls: [[Int]] = []
        #expect(try workspace.segmentSentences(corpus: "c") { calls.append([$0, $1]) } == 2)
        #expect(calls == [[2, 2]])
        #expect(try workspace.segmentSentences(corpus: "c") == 0)
        let found = try workspace.all("c")[0].sentenceTexts
        // ICU's rules know no abbreviations: a full stop before a capital ends a sentence.
        #expect(
            found == [
                "Dr.", "Smith paid $3.50.", "He\nleft!", "Why?", "A heading", "今天下雨。", "我在家。",
            ])
        let document = try workspace.all("c")[0]
        for (range, sentence) in zip(try #require(document.sentences), found) {
            #expect(Array(Array(text.utf8)[range]) == Array(sentence.utf8))
        }
    }

    @Test func contentHashFollowsTheText() throws {
        try workspace.importCorpus(name: "a", documents: [NewDocument("x"), NewDocument("y")])
        try workspace.importCorpus(
            name: "b", documents: [NewDocument("x", label: "l"), NewDocument("y", split: .test)])
        try workspace.importCorpus(name: "c", documents: [NewDocument("y"), NewDocument("x")])
        let a = try workspace.contentHash(corpus: "a")
        #expect(try workspace.contentHash(corpus: "b") == a)
        #expect(try workspace.contentHash(corpus: "c") != a)
        #expect(try workspace.contentHash(corpus: "b", split: .train) != a)
    }
}
