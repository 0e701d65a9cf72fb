import SesameStore
import Testing

@Suite struct SplitTests {
    let folder: TemporaryFolder
    let workspace: Workspace

    init() throws {
        folder = try TemporaryFolder()
        workspace = try folder.workspace()
    }

    private func numbers(_ count: Int, name: String = "c") throws {
        try workspace.importCorpus(name: name, documents: (0..<count).map { NewDocument("d\($0)") })
    }

    @Test func shuffledIsDeterministic() throws {
        try numbers(100)
        try numbers(100, name: "again")
        for corpus in ["c", "again"] {
            let summary = try workspace.split(
                corpus: corpus, validation: 0.2, test: 0.1, method: .shuffled(seed: 7))
            #expect(summary.splitCounts == [.train: 70, .validation: 20, .test: 10])
        }
        let first = try workspace.texts("c", .validation)
        #expect(try workspace.texts("again", .validation) == first)
        #expect(first != (0..<20).map { "d\($0)" })
        try workspace.split(corpus: "c", validation: 0.2, test: 0.1, method: .shuffled(seed: 8))
        #expect(try workspace.texts("c", .validation) != first)
        try workspace.split(corpus: "c", validation: 0.2, test: 0.1, method: .shuffled(seed: 7))
        #expect(try workspace.texts("c", .validation) == first)
        // Worked out apart (SplitMix64, Lemire's bounds, Fisher-Yates from the front), so that no
        // later version draws others for the seed.
        #expect(try workspace.texts("c", .test) == Self.goldenTest)
    }

    private static let goldenTest = [12, 24, 29, 31, 48, 55, 56, 58, 73, 97].map {
        "d\($0)"
    }

    @Test(
        arguments: [
            (15, 0.2, 0.0, [5, 10, 15], []), (10, 0.1, 0.1, [10], [5]),
            (12, 0.25, 0.25, [4, 8, 12], [2, 6, 10]), (10, 0.3, 0.2, [4, 7, 10], [3, 8]),
            (7, 0.0, 0.5, [], [1, 3, 5, 7]),
        ] as [(Int, Double, Double, [Int], [Int])])
    func interleavedIsEven(
        count: Int, validation: Double, test: Double, expected: [Int], expectedTest: [Int]
    ) throws {
        try numbers(count)
        try workspace.split(corpus: "c", validation: validation, test: test, method: .interleaved)
        // Documents are counted from 1.
        #expect(try workspace.texts("c", .validation) == expected.map { "d\($0 - 1)" })
        #expect(try workspace.texts("c", .test) == expectedTest.map { "d\($0 - 1)" })
    }

    @Test(arguments: [
        (-0.1, 0.0), (0.5, 0.5), (1.0, 0.0), (Double.nan, 0.0), (0.0, Double.infinity),
    ])
    func fractionsOutOfRange(validation: Double, test: Double) throws {
        try numbers(10)
        let error = failure {
            try workspace.split(
                corpus: "c", validation: validation, test: test, method: .shuffled(seed: 0))
        }
        #expect(error.code == .invalidSplit)
    }

    @Test func tooFewDocuments() throws {
        try numbers(1)
        let error = failure {
            try workspace.split(corpus: "c", validation: 0.1, method: .shuffled(seed: 0))
        }
        #expect(error.code == .invalidSplit)
        #expect(error.message.contains("contiguously"))
        #expect(
            failure {
                try workspace.split(corpus: "c", validation: 0.1, method: .interleaved)
            }.code == .invalidSplit)
        try numbers(3, name: "three")
        let summary = try workspace.split(
            corpus: "three", validation: 0.01, test: 0.01, method: .shuffled(seed: 0))
        #expect(summary.splitCounts == [.train: 1, .validation: 1, .test: 1])
    }

    @Test func oneDocumentIsCutAtACharacter() throws {
        // 25 characters of one, two, three and four bytes; 90 % is 22.5, so training has 22.
        let text = "aé天😀b" + "aé天😀b" + "aé天\n😀" + "aé天😀b" + "xé天😀z"
        try workspace.importCorpus(
            name: "c", documents: [NewDocument(text)], options: .init(sentences: true))
        let scalars = Array(text.unicodeScalars)
        #expect(scalars.count == 25)
        func string(_ range: Range<Int>) -> String {
            String(String.UnicodeScalarView(scalars[range]))
        }
        let summary = try workspace.split(
            corpus: "c", validation: 0.1, method: .contiguous(cutting: true))
        #expect(summary.documentCount == 2)
        #expect(summary.characterCount == 25)
        #expect(summary.byteCount == text.utf8.count)
        #expect(try workspace.texts("c", .train) == [string(0..<22)])
        #expect(try workspace.texts("c", .validation) == [string(22..<25)])
        let tail = try workspace.all("c", .validation)[0]
        #expect(tail.byteOffset == string(0..<22).utf8.count)
        #expect(try workspace.check() == [])

        // Cutting anew joins first.
        try workspace.split(
            corpus: "c", validation: 0.2, test: 0.2, method: .contiguous(cutting: true))
        #expect(
            try workspace.texts("c") == [string(0..<15), string(15..<20), string(20..<25)])
        #expect(try workspace.all("c").map(\.split) == [.train, .validation, .test])
        try workspace.split(corpus: "c", validation: 0, method: .contiguous(cutting: true))
        #expect(try workspace.texts("c") == [text])
        #expect(try workspace.all("c").map(\.ordinal) == [0])
        #expect(try workspace.check() == [])
    }

    @Test func severalDocumentsInOrder() throws {
        try workspace.importCorpus(
            name: "c", documents: ["aaaa", "bbbb", "cccc", "dddd", "eeee"].map { NewDocument($0) })
        // 20 characters, 14 for training: within "dddd".
        try workspace.split(corpus: "c", validation: 0.3, method: .contiguous(cutting: true))
        #expect(try workspace.texts("c", .train) == ["aaaa", "bbbb", "cccc", "dd"])
        #expect(try workspace.texts("c", .validation) == ["dd", "eeee"])
        #expect(try workspace.all("c").map(\.ordinal) == [0, 1, 2, 3, 4, 5])
        try workspace.split(corpus: "c", validation: 0.3, method: .contiguous(cutting: false))
        #expect(try workspace.texts("c", .train) == ["aaaa", "bbbb", "cccc", "dddd"])
        #expect(try workspace.texts("c", .validation) == ["eeee"])
    }
}
