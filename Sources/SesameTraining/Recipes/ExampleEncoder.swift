import SesameModels
import SesameTensor
import SesameText

/// Tokenises labelled texts for a head, and reads what their labels mean to it.
struct ExampleEncoder {
    let tokenizer: Tokenizer
    let head: SequenceHead
    let maxLength: Int
    /// How a GPT reads texts and pairs; nil where the tokenizer's own special tokens are around them.
    var inputForm: GPTInputForm?
    /// Gives vectors of the words in context; nil where the model takes none.
    var context: (any ContextVectors)?

    /// How many of the texts or pairs have more tokens than are encoded.
    func countTooLong(_ texts: [LabelledText]) -> Int {
        let isPaired = texts.contains { $0.pair != nil }
        let formCount = inputForm?.tokenCount(isPair: isPaired) ?? 0
        return tokenizer.encodeBatch(
            texts.map(\.text), pairs: isPaired ? texts.map { $0.pair ?? "" } : nil,
            addSpecialTokens: inputForm == nil
        ).count { $0.count + formCount > maxLength }
    }

    /// Examples in the order of the texts.
    /// - Throws: ``TrainingError`` with code `.badLabel` for a label that the model does not know, or
    ///   that is no number where scores are learnt.
    func encode(_ texts: [LabelledText]) throws -> [SequenceExample] {
        // A set has pairs throughout or not at all.
        let isPaired = texts.contains { $0.pair != nil }
        if let inputForm {
            var examples = self.examples(
                texts, in: inputForm, isPaired: isPaired || inputForm.readsBothOrders)
            try readLabels(of: texts, into: &examples)
            return examples
        }
        let encodings = tokenizer.encodeBatch(
            texts.map(\.text), pairs: isPaired ? texts.map { $0.pair ?? "" } : nil,
            truncation: Truncation(maxLength: maxLength))
        var examples = encodings.map { encoding in
            // An empty text still needs a token to look at.
            SequenceExample(
                ids: encoding.ids.isEmpty ? [0] : encoding.ids,
                typeIDs: isPaired && !encoding.ids.isEmpty ? encoding.typeIDs : [])
        }
        if let context {
            // The two texts of a pair are read apart.
            let words = zip(texts, encodings).map { Self.words(of: $0, $1) }
            var vectors = try context.layers(of: words.flatMap { $0 })[...]
            for (index, encoding) in encodings.enumerated() {
                let own = Array(vectors.prefix(words[index].count))
                vectors = vectors.dropFirst(own.count)
                examples[index].vectors = Self.spread(
                    own.count == 1 ? own[0] : concatenated(own, axis: 1), over: encoding)
            }
        }
        try readLabels(of: texts, into: &examples)
        return examples
    }

    /// Texts between the tokens of a form, cut longest first.
    private func examples(
        _ texts: [LabelledText], in form: GPTInputForm, isPaired: Bool
    ) -> [SequenceExample] {
        let first = tokenizer.encodeIDsBatch(texts.map(\.text))
        let second = isPaired ? tokenizer.encodeIDsBatch(texts.map { $0.pair ?? "" }) : nil
        let truncation = Truncation(maxLength: maxLength)
        return texts.indices.map { index in
            let pair = second?[index]
            let kept = truncation.kept(
                first: first[index].count, second: pair?.count,
                budget: maxLength - form.tokenCount(isPair: isPaired))
            let a = Array(first[index].prefix(kept.first))
            guard let pair else { return SequenceExample(ids: form.input(a)) }
            let b = Array(pair.prefix(kept.second))
            var example = SequenceExample(ids: form.input(a, pair: b))
            if form.readsBothOrders { example.otherOrder = form.input(b, pair: a) }
            return example
        }
    }

    /// What the texts' labels mean to the head.
    private func readLabels(
        of texts: [LabelledText], into examples: inout [SequenceExample]
    ) throws {
        switch head {
        case .classification(let labels):
            let indices = Dictionary(
                uniqueKeysWithValues: labels.enumerated().map {
                    ($0.element, Int32($0.offset))
                })
            for (index, text) in texts.enumerated() {
                guard let name = text.label else { continue }
                guard let label = indices[name] else {
                    throw TrainingError(
                        .badLabel(
                            problem:
                                "'\(shown(name))'\(place(text)) is not among the model's classes "
                                + labels.joined(separator: ", "),
                            remedy: "use texts with the labels that the model was trained on"))
                }
                examples[index].label = label
            }
        case .regression:
            for (index, text) in texts.enumerated() {
                guard let label = text.label else { continue }
                guard let score = Double(label), score.isFinite else {
                    throw TrainingError(
                        .badLabel(
                            problem: "'\(shown(label))'\(place(text)) is not a number",
                            remedy: "give the column of the scores, or classify instead"))
                }
                examples[index].score = Float(score)
            }
        }
    }

    /// The words that the tokens of a text stand for, and those of its pair; special tokens left out.
    private static func words(of text: LabelledText, _ encoding: Encoding) -> [[String]] {
        zip([text.text, text.pair ?? ""], encoding.sequenceRanges).map { text, tokens in
            let bytes = Array(text.utf8)
            return tokens.map { encoding.offsets[$0] }.filter { !$0.isEmpty }
                .map { String(decoding: bytes[$0], as: UTF8.self) }
        }
    }

    /// The words' vectors `[layers, words, size]` at their tokens' places; zeros at special tokens.
    private static func spread(_ words: Tensor, over encoding: Encoding) -> TokenVectors {
        let places = encoding.offsets.indices.filter { !encoding.offsets[$0].isEmpty }
        let count = max(1, encoding.ids.count)
        let (layers, size) = (words.shape[0], words.shape[2])
        var result = Tensor(zeros: [layers, count, size])
        result.withUnsafeMutableBufferPointer { target in
            words.withUnsafeBufferPointer { source in
                for layer in 0..<layers {
                    for (word, place) in places.enumerated() {
                        let from = (layer * places.count + word) * size
                        let to = (layer * count + place) * size
                        for offset in 0..<size { target[to + offset] = source[from + offset] }
                    }
                }
            }
        }
        return TokenVectors(result)
    }

    /// A label is short; what is not may be a text from another column.
    private func shown(_ label: String) -> String {
        label.count <= 40 ? label : label.prefix(40) + "…"
    }

    private func place(_ text: LabelledText) -> String {
        text.place.map { " (\($0))" } ?? ""
    }
}
