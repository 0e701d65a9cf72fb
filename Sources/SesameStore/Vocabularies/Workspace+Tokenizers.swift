import SesameText

extension Workspace {
    /// Keeps a tokenizer with its vocabulary and counts.
    ///
    /// - Parameters:
    ///   - tokenizer: The tokenizer.
    ///   - name: The vocabulary's name, unique in the workspace.
    ///   - counts: How often each token occurs in the corpus, in the order of ids; by default those
    ///     of the tokenizer's own vocabulary.
    ///   - corpus: The corpus that it was made from.
    ///   - options: The options that it was made with, as JSON.
    ///   - replacing: Whether a vocabulary of that name gives way.
    /// - Throws: ``StoreError`` with code `.nameTaken` or `.invalidName`; `TextError` for a tokenizer
    ///   that cannot be written down.
    @discardableResult
    public func saveVocabulary(
        _ tokenizer: Tokenizer, name: String, counts: [Int]? = nil, corpus: String? = nil,
        options: String? = nil, replacing: Bool = false
    ) throws -> VocabularySummary {
        let vocabulary = tokenizer.vocabulary
        let tokens = (0..<Int32(vocabulary.count)).map { id in
            vocabulary.withBytes(of: id) { Array($0) }
        }
        return try saveVocabulary(
            VocabularyRecord(
                name: name, kind: tokenizer.kind.rawValue, fingerprint: tokenizer.fingerprint,
                tokenizer: try tokenizer.json(), tokens: tokens,
                counts: counts ?? vocabulary.counts, corpus: corpus, options: options),
            replacing: replacing)
    }

    /// The tokenizer of a vocabulary.
    ///
    /// - Throws: ``StoreError`` with code `.notFound`, which lists the names there are; `TextError` for
    ///   one that a newer version wrote.
    public func tokenizer(named name: String) throws -> Tokenizer {
        try Tokenizer(json: tokenizerJSON(vocabulary: name))
    }
}
