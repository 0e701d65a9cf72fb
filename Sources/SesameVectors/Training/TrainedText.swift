import SesameText

/// What a model and the text that it is trained on must have in common, whatever the method.
enum TrainedText {
    /// Requires that a text has the model's words, and is the one that training began with.
    ///
    /// - Parameters:
    ///   - words: Of the text, or of what was counted in it.
    ///   - what: "text" or "counts".
    ///   - vocabulary: The model's words.
    ///   - fingerprint: Of the text.
    ///   - begun: The fingerprint of the text that training began with; 0 before that, and then set.
    /// - Throws: ``VectorError`` with code `.badWords`.
    static func check(
        _ words: Vocabulary, of what: String, for vocabulary: Vocabulary, fingerprint: UInt64,
        begun: inout UInt64
    ) throws(VectorError) {
        guard words.count == vocabulary.count, words.tokens == vocabulary.tokens else {
            throw VectorError(
                .badWords(
                    expected: "\(what) of the model's \(vocabulary.count) words",
                    found: words.count == vocabulary.count
                        ? "as many others" : "\(words.count) words"))
        }
        guard begun == 0 || begun == fingerprint else {
            throw VectorError(
                .badWords(
                    expected: "the \(what) that training began with",
                    found: "other \(what) of the same words"))
        }
        begun = fingerprint
    }

    /// Requires that words' counts, where there are any, can be those of a text.
    ///
    /// - Throws: ``VectorError`` with code `.badWords`.
    static func checkCounts(of vocabulary: Vocabulary) throws(VectorError) {
        guard let counts = vocabulary.counts else { return }
        guard areCounts(counts), counts.contains(where: { $0 > 0 }) else {
            throw VectorError(
                .badWords(
                    expected: "counts from 0 on, not all 0, fewer than 2⁵³ words together",
                    found: "others"))
        }
    }

    /// Whether numbers are from 0 on, with a sum that a Double holds exactly.
    static func areCounts(_ counts: some Sequence<Int>) -> Bool {
        var room = 1 << 53
        for count in counts {
            guard (0...room).contains(count) else { return false }
            room -= count
        }
        return true
    }

    /// Requires that a vocabulary begins with all words of another, in their order.
    ///
    /// - Throws: ``VectorError`` with code `.badWords`.
    static func checkGrowth(
        of vocabulary: Vocabulary, to grown: Vocabulary
    ) throws(VectorError) {
        for id in 0..<Int32(vocabulary.count) {
            guard grown.contains(id: id), grown.id(of: vocabulary.token(id)) == id else {
                throw VectorError(
                    .badWords(
                        expected:
                            "the model's \(vocabulary.count) words first, made with finish(extending:)",
                        found: "another word \(id)"))
            }
        }
    }
}
