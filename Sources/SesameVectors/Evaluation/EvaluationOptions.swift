/// How a table's words are met with those of an evaluation set. The defaults are gensim's, but for its
/// limit of 300,000 words.
public struct EvaluationOptions: Sendable, Hashable {
    /// Takes the first rows alone, by custom the most frequent words; nil for all.
    public var limit: Int?
    /// Whether words are compared in upper case. Of the words that differ in case alone the first is taken.
    public var foldsCase = true
    /// Whether what holds an unknown word counts as failed (a question answered wrong, a pair of similarity 0) rather
    /// than being left out.
    public var countsUnknown = false
    /// How analogies are answered.
    public var method = AnalogyMethod.addition

    /// The defaults.
    public init() {}

    /// The rows of a table's words within the limit.
    func rows(of table: VectorTable) throws(VectorError) -> [String: Int] {
        guard limit ?? 1 > 0 else {
            throw VectorError(
                .invalidOption(name: "limit", expected: "at least 1", found: "\(limit ?? 0)"))
        }
        var rows: [String: Int] = [:]
        for row in 0..<min(limit ?? table.count, table.count) {
            let key = folded(table.word(row))
            if rows[key] == nil { rows[key] = row }
        }
        return rows
    }

    func folded(_ word: String) -> String { foldsCase ? word.uppercased() : word }
}
