import SesameModels
import SesameTensor

/// A sentence in the form that a kind of tagger reads, with its tags' numbers.
protocol TagExample: Sendable {
    associatedtype Input: WordTaggerInput

    /// The tags' numbers, one a word; -1 where they are not known.
    var tags: [Int32] { get }
    /// How much of a model's time it takes: words or pieces.
    var length: Int { get }

    /// Sentences as one batch.
    static func input(of examples: [Self]) -> Input
}

/// A batch of tagged sentences.
struct TaggerBatch<Input: WordTaggerInput>: Sendable {
    /// The sentences.
    var input: Input
    /// The tags' numbers, `[batch, words]`; 0 at padding.
    var tags: IDTensor
    /// Each sentence's number in the data set.
    var indices: [Int]
    /// How many words there are, padding not counted.
    var wordCount: Int

    init<Example: TagExample>(_ examples: [Example], indices: [Int]) where Example.Input == Input {
        let lengths = examples.map(\.tags.count)
        let time = max(1, lengths.max() ?? 1)
        var tags = [Int32](repeating: 0, count: examples.count * time)
        for (row, example) in examples.enumerated() {
            for (place, tag) in example.tags.enumerated() { tags[row * time + place] = tag }
        }
        input = Example.input(of: examples)
        self.tags = IDTensor(tags, shape: [examples.count, time])
        self.indices = indices
        wordCount = lengths.reduce(0, +)
    }
}
