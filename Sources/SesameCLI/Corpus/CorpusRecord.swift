import Sesame

/// A corpus as `--json` prints it.
struct CorpusRecord: Encodable {
    let name: String
    let format: String
    let documents: Int
    let splits: [String: Int]
    let characters: Int
    let bytes: Int
    let duplicates: Int
    let droppedDuplicates: Int
    let emptyRecords: Int
    let repairs: Int
    let repairedDocuments: Int
    let sources: [String]

    init(_ summary: CorpusSummary) {
        name = summary.name
        format = summary.format
        documents = summary.documentCount
        splits = Dictionary(
            uniqueKeysWithValues: summary.splitCounts.map { ($0.key.rawValue, $0.value) })
        characters = summary.characterCount
        bytes = summary.byteCount
        duplicates = summary.duplicateCount
        droppedDuplicates = summary.droppedCount
        emptyRecords = summary.emptyCount
        repairs = summary.repairedCount
        repairedDocuments = summary.repairedDocumentCount
        sources = summary.sources
    }
}
