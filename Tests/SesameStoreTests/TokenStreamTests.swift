import SesameStore
import Testing

@Suite struct TokenStreamTests {
    let folder: TemporaryFolder
    let workspace: Workspace

    init() throws {
        folder = try TemporaryFolder()
        workspace = try folder.workspace()
    }

    /// Every document names how many ids it gets and where they begin.
    private static func encode(_ document: Document, below bound: Int) -> [Int32] {
        let parts = document.text.split(separator: " ").compactMap { Int($0) }
        return (0..<parts[0]).map { Int32(truncatingIfNeeded: (parts[1] + $0 * 31) % bound) }
    }

    @Test(arguments: [300, 65_536, 65_537, 1_000_000])
    func randomAccessEqualsWhole(vocabularySize: Int) throws {
        // 10,000 documents, some empty of tokens, over several chunks of ids and of boundaries.
        let documents = (0..<10_000).map { NewDocument("\($0 % 40) \($0)") }
        try workspace.importCorpus(name: "c", documents: documents)
        var expected: [Int32] = []
        var ends: [Int] = []
        for document in try workspace.all("c") {
            expected += Self.encode(document, below: vocabularySize)
            ends.append(expected.count)
        }
        let stream = try workspace.tokenStream(
            corpus: "c", split: .train, fingerprint: "f", vocabularySize: vocabularySize
        ) { batch in batch.map { Self.encode($0, below: vocabularySize) } }
        #expect(stream.count == 195_000)
        #expect(stream.documentCount == 10_000)
        #expect(try stream.ids() == expected)
        #expect(try stream.documentEnds() == ends)
        for (lower, count) in [
            (0, 0), (0, 1), (65_535, 1), (65_535, 2), (65_536, 1), (65_000, 70_000),
            (131_072, 10), (194_999, 1), (195_000, 0),
        ] {
            let range = lower..<lower + count
            #expect(try stream.ids(in: range) == Array(expected[range]), "\(range)")
        }
        let listed = try workspace.tokenStreams()
        #expect(listed.map(\.tokenCount) == [195_000])
        #expect(listed[0].byteCount == 195_000 * (vocabularySize > 65_536 ? 4 : 2))
    }

    @Test func rebuiltOnlyWhenContentsChange() throws {
        try workspace.importCorpus(name: "c", documents: (1..<5).map { NewDocument("\($0) 0") })
        var builds = 0
        func stream(_ fingerprint: String = "f") throws -> TokenStream {
            try workspace.tokenStream(
                corpus: "c", split: .train, fingerprint: fingerprint, vocabularySize: 1000
            ) { batch in
                builds += 1
                return batch.map { Self.encode($0, below: 1000) }
            }
        }
        let first = try stream()
        #expect(try first.ids().count == 10)
        _ = try stream()
        #expect(builds == 1)
        _ = try stream("other")
        #expect(builds == 2)
        // A new revision with the same documents in train keeps the stream.
        try workspace.split(corpus: "c", validation: 0, method: .contiguous(cutting: false))
        _ = try stream()
        #expect(builds == 2)
        try workspace.importCorpus(
            name: "c", documents: [NewDocument("5 0")], options: .init(existing: .append))
        let second = try stream()
        #expect(builds == 3)
        #expect(try second.ids().count == 15)
        #expect(failure { _ = try first.ids() }.code == .changed)
        #expect(failure { _ = try first.documentEnds() }.code == .changed)
        try workspace.deleteTokenStreams(corpus: "c")
        #expect(try workspace.tokenStreams(corpus: "c").isEmpty)
        #expect(try workspace.rowCount("tokenChunk") == 0)
        #expect(try workspace.rowCount("tokenBoundary") == 0)
    }

    @Test func failedBuildLeavesNothing() throws {
        struct Stop: Error {}
        try workspace.importCorpus(
            name: "c", documents: (0..<2000).map { NewDocument("100 \($0)") })
        #expect(throws: Stop.self) {
            try workspace.tokenStream(
                corpus: "c", split: nil, fingerprint: "f", vocabularySize: 70_000,
                progress: { done, total in
                    #expect(total == 2000)
                    if done > 1000 { throw Stop() }
                }, encode: { $0.map { Self.encode($0, below: 70_000) } })
        }
        let range = failure {
            _ = try workspace.tokenStream(
                corpus: "c", split: nil, fingerprint: "f", vocabularySize: 10
            ) { $0.map { _ in [10] } }
        }
        #expect(range.code == .tokenOutOfRange)
        #expect(try workspace.rowCount("tokenStream") == 0)
        #expect(try workspace.rowCount("tokenChunk") == 0)
    }
}
