import SesameText
import SesameTraining
import SesameVectors

extension FuzzTarget {
    /// A file of word vectors: word2vec's text and binary formats, GloVe's text, fastText's `.bin`, safetensors.
    static let vectors = FuzzTarget(name: "vectors") { input in
        let file = Scratch.write(input, to: "vectors.txt")
        for format in VectorFormat.allCases {
            refusing(with: VectorError.self) { try VectorTable.load(file, format: format) }
        }
        if let table = refusing(with: VectorError.self, { try VectorTable.load(file) }) {
            precondition(table.count > 0 && table.width > 0, "\(table.count) × \(table.width)")
            let copy = Scratch.folder.appendingPathComponent("copy")
            let again = refusing(with: VectorError.self) { () throws -> VectorTable in
                try table.save(to: copy, as: .safetensors)
                return try VectorTable.load(copy)
            }
            if let again {
                precondition(again.vocabulary == table.vocabulary, "a copy has other words")
                _ = again.vector(of: "unheard")
            }
        }
        guard
            let table = refusing(
                with: TrainingError.self, { try WordVectorTable(file, for: fewWords) })
        else { return }
        precondition(
            table.size > 0 && (1...fewWords.count).contains(table.foundCount),
            "\(table.foundCount) vectors of \(table.size) values")
    }

    private static let fewWords: Vocabulary = {
        do {
            return try Vocabulary(tokens: ["<pad>", "the", "cat", "new york", "é"])
        } catch {
            preconditionFailure("the vocabulary was refused: \(error)")
        }
    }()
}
