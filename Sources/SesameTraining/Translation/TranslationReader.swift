import SesameStore
import SesameText

/// Sentences of a corpus with their translations.
struct TranslationTexts {
    var sources: [String] = []
    var targets: [String] = []
    /// Documents that have no second text.
    var singleCount = 0
    /// Where the first of those is, for a message.
    var firstSingle: String?

    var count: Int { sources.count }

    /// The examples of a model.
    /// - Parameter maxLength: Longer sources or targets, in tokens with their end, are left out; nil cuts the
    ///   sources and leaves nothing out.
    func examples(
        source: Tokenizer, target: Tokenizer, maxLength: Int, dropsLong: Bool
    ) -> (examples: [TranslationExample], indices: [Int]) {
        let sourceIDs = source.encodeIDsBatch(sources)
        let targetIDs = target.encodeIDsBatch(targets)
        var examples: [TranslationExample] = []
        var indices: [Int] = []
        for index in sources.indices {
            let long = max(sourceIDs[index].count, targetIDs[index].count) + 1 > maxLength
            if long && dropsLong { continue }
            examples.append(
                TranslationExample(
                    source: TranslationVocabulary.source(
                        sourceIDs[index], source, maxLength: maxLength),
                    target: targetIDs[index]))
            indices.append(index)
        }
        return (examples, indices)
    }

    /// XXH64 of all texts, in hexadecimal.
    var contentHash: String {
        zip(sources, targets).map { LabelledText($0, pair: $1) }.contentHash
    }
}

extension CorpusReader {
    /// The documents of a split that have a second text.
    func translations(_ split: Split) throws -> TranslationTexts {
        var result = TranslationTexts()
        try forEachBatch(split) { documents in
            for document in documents {
                guard let pair = document.pair else {
                    result.singleCount += 1
                    result.firstSingle = result.firstSingle ?? LabelledText(document).place
                    continue
                }
                result.sources.append(document.text)
                result.targets.append(pair)
            }
        }
        return result
    }

    /// Refuses a corpus that is not parallel.
    func requireTranslations(_ texts: TranslationTexts...) throws {
        let singles = texts.reduce(0) { $0 + $1.singleCount }
        guard singles > 0 else { return }
        throw TrainingError(
            .notEnoughData(
                what: "translation", needed: "a second text in every document of \(corpus)",
                found: "\(singles) without one"
                    + (texts.compactMap(\.firstSingle).first.map { ", the first at \($0)" } ?? ""),
                remedy: "import two files whose lines belong together, or name the column of the "
                    + "translations"))
    }
}
