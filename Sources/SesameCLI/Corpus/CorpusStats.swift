import ArgumentParser
import Sesame

struct CorpusStats: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count a corpus's documents, sentences, characters and labels.",
        discussion: "Example:  sesame corpus stats reviews"
    )

    @Argument(help: "The name of the corpus.")
    var name: String

    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        let statistics = try workspace.open().statistics(corpus: name)
        if format.json { return try JSON.print(Record(statistics)) }

        var splits = TextTable([
            ("split", .left), ("documents", .right), ("sentences", .right), ("characters", .right),
            ("bytes", .right),
        ])
        let hasSentences = statistics.segmentedCount == statistics.summary.documentCount
        func add(_ title: String, _ share: CorpusStatistics.Share) {
            splits.add(
                title, share.documentCount.grouped,
                hasSentences ? share.sentenceCount.grouped : "-",
                share.characterCount.grouped, share.byteCount.grouped)
        }
        for (split, share) in statistics.bySplit.sorted(by: { $0.key < $1.key }) {
            add(split.rawValue, share)
        }
        add("all", statistics.total)
        splits.print()

        if !statistics.byLabel.isEmpty {
            StandardOutput.line()
            var labels = TextTable([
                ("label", .left), ("documents", .right), ("train", .right), ("validation", .right),
                ("test", .right),
            ])
            for (label, shares) in statistics.byLabel.sorted(by: { $0.key < $1.key }) {
                let counts = Split.allCases.map { shares[$0]?.documentCount ?? 0 }
                labels.add(
                    label, counts.reduce(0, +).grouped, counts[0].grouped, counts[1].grouped,
                    counts[2].grouped)
            }
            labels.print()
        }

        StandardOutput.line()
        let mean =
            Double(statistics.total.characterCount) / Double(max(statistics.total.documentCount, 1))
        StandardOutput.line(
            "Mean document: \(mean.fixed(0)) characters. Longest: \(statistics.longestByteCount.byteSize). "
                + "Duplicates: \(statistics.summary.duplicateCount.grouped). "
                + "Repaired byte sequences: \(statistics.summary.repairedCount.grouped).")
        if !statistics.byLabel.isEmpty && statistics.unlabelledCount > 0 {
            StandardOutput.line(
                "\(statistics.unlabelledCount.counted("document")) without a label.")
        }
    }

    private struct Record: Encodable {
        let corpus: CorpusRecord
        let total: Share
        let splits: [String: Share]
        let labels: [String: [String: Int]]
        let unlabelled: Int
        let longestBytes: Int

        init(_ statistics: CorpusStatistics) {
            corpus = CorpusRecord(statistics.summary)
            total = Share(statistics.total)
            splits = Dictionary(
                uniqueKeysWithValues: statistics.bySplit.map { ($0.key.rawValue, Share($0.value)) })
            labels = statistics.byLabel.mapValues { shares in
                Dictionary(
                    uniqueKeysWithValues: shares.map { ($0.key.rawValue, $0.value.documentCount) })
            }
            unlabelled = statistics.unlabelledCount
            longestBytes = statistics.longestByteCount
        }
    }

    private struct Share: Encodable {
        let documents: Int
        let sentences: Int
        let characters: Int
        let bytes: Int

        init(_ share: CorpusStatistics.Share) {
            documents = share.documentCount
            sentences = share.sentenceCount
            characters = share.characterCount
            bytes = share.byteCount
        }
    }
}
