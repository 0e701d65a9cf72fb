import Sesame

/// A vocabulary as `--json` prints it.
struct VocabularyRecord: Encodable {
    let name: String
    let kind: String
    let tokens: Int
    let corpus: String?
    let fingerprint: String

    init(_ summary: VocabularySummary) {
        name = summary.name
        kind = summary.kind
        tokens = summary.tokenCount
        corpus = summary.corpus
        fingerprint = summary.fingerprint
    }
}
