import SesameModels
import SesameTensor
import SesameText

/// A sentence as ids.
struct TaggerExample: TagExample {
    var words: [Int32]
    /// The characters of each word; empty where the model reads none.
    var characters: [[Int32]]
    /// The tags' numbers; -1 where they are not known.
    var tags: [Int32]
    /// Vectors in context.
    var context: TokenVectors?

    var length: Int { words.count }

    static func input(of examples: [TaggerExample]) -> TaggerInput {
        TaggerEncoder.input(of: examples)
    }
}

/// Turns sentences into what a ``Tagger`` reads.
struct TaggerEncoder: Sendable {
    let configuration: TaggerConfig
    let vocabulary: Vocabulary
    let unknownID: Int32
    let context: (any ContextVectors)?
    private let characterIDs: [Unicode.Scalar: Int32]
    private let tagIDs: TagIDs

    /// Longer words are cut: nothing with a meaning is longer.
    private static let longestWord = 40

    init(configuration: TaggerConfig, tokenizer: Tokenizer, context: (any ContextVectors)?) {
        self.configuration = configuration
        vocabulary = tokenizer.vocabulary
        unknownID = tokenizer.id(of: \.unknown) ?? 0
        self.context = context
        var characterIDs: [Unicode.Scalar: Int32] = [:]
        for (index, scalar) in configuration.characters.unicodeScalars.enumerated() {
            characterIDs[scalar] = Int32(index + 2)
        }
        self.characterIDs = characterIDs
        tagIDs = TagIDs(configuration.tags)
    }

    /// Examples in the order of the sentences.
    /// - Throws: ``TrainingError`` with code `.badLabel` for a tag that the model does not know.
    func encode(_ sentences: [TaggedSentence]) throws -> [TaggerExample] {
        var examples = try sentences.map { sentence in
            TaggerExample(
                words: sentence.words.map(id), characters: sentence.words.map(characters),
                tags: try tagIDs(sentence))
        }
        if let context {
            let vectors = try context.layers(of: sentences.map(\.words))
            for (index, vector) in vectors.enumerated() {
                examples[index].context = TokenVectors(vector)
            }
        }
        return examples
    }

    /// The word's id, or that of its lower case, or of the unknown word.
    private func id(of word: String) -> Int32 {
        vocabulary.id(of: word) ?? vocabulary.id(of: word.lowercased()) ?? unknownID
    }

    private func characters(of word: String) -> [Int32] {
        configuration.characters.isEmpty
            ? []
            : word.unicodeScalars.prefix(Self.longestWord).map { characterIDs[$0] ?? 1 }
    }

    /// Sentences padded to one length.
    static func input(of examples: [TaggerExample]) -> TaggerInput {
        let lengths = examples.map(\.words.count)
        let time = max(1, lengths.max() ?? 1)
        let shape: Shape = [examples.count, time]
        var words = [Int32](repeating: 0, count: examples.count * time)
        for (row, example) in examples.enumerated() {
            for (place, id) in example.words.enumerated() { words[row * time + place] = id }
        }
        return TaggerInput(
            words: IDTensor(words, shape: shape), lengths: lengths,
            characters: characters(of: examples, time: time),
            context: TokenVectors.stacked(examples.map(\.context), time: time))
    }

    private static func characters(of examples: [TaggerExample], time: Int) -> CharacterBatch? {
        guard examples.contains(where: { !$0.characters.isEmpty }) else { return nil }
        var rowOfWord: [[Int32]: Int32] = [:]
        var different: [[Int32]] = []
        var rows = [Int32](repeating: 0, count: examples.count * time)
        for (index, example) in examples.enumerated() {
            for (place, word) in example.characters.enumerated() {
                let row = rowOfWord[word] ?? Int32(different.count)
                if Int(row) == different.count {
                    rowOfWord[word] = row
                    different.append(word)
                }
                rows[index * time + place] = row
            }
        }
        let width = max(1, different.map(\.count).max() ?? 1)
        return CharacterBatch(
            ids: IDTensor(
                different.map { $0 + Array(repeating: 0, count: width - $0.count) }),
            lengths: different.map(\.count),
            rows: IDTensor(rows, shape: [examples.count, time]))
    }
}
