import SesameText
import SesameTraining

extension FuzzTarget {
    /// A file of word vectors: word2vec's text and binary formats and GloVe's text.
    static let vectors = FuzzTarget(name: "vectors") { input in
        let file = Scratch.write(input, to: "vectors.txt")
        guard
            let table = refusing(
                with: TrainingError.self, { try WordVectorTable(file, for: vocabulary) })
        else { return }
        precondition(
            table.size > 0 && (1...vocabulary.count).contains(table.foundCount),
            "\(table.foundCount) vectors of \(table.size) values")
    }

    private static let vocabulary: Vocabulary = {
        do {
            return try Vocabulary(tokens: ["<pad>", "the", "cat", "new york", "é"])
        } catch {
            preconditionFailure("the vocabulary was refused: \(error)")
        }
    }()
}
