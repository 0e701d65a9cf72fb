import SesameModels
import SesameTensor
import SesameText

/// A text with its endings as ids: a row for each ending.
package struct ChoiceExample: Sendable {
    /// Text and ending together, in the endings' order.
    package var rows: [SequenceExample]
    /// The right ending's place; -1 where it is not known.
    package var answer: Int32

    /// Tokens of all rows.
    var tokenCount: Int { rows.reduce(0) { $0 + $1.ids.count } }

    /// Examples in the order of the choices; where text and ending are too long, the longer one is cut.
    package static func encode(
        _ choices: [MultipleChoice], tokenizer: Tokenizer, inputForm: GPTInputForm? = nil,
        maxLength: Int
    ) throws -> [ChoiceExample] {
        let encoder = ExampleEncoder(
            tokenizer: tokenizer, head: .regression, maxLength: maxLength, inputForm: inputForm)
        let rows = try encoder.encode(
            choices.flatMap { choice in
                choice.endings.map { LabelledText(choice.text, pair: $0) }
            })
        var next = 0
        return choices.map { choice in
            defer { next += choice.endings.count }
            return ChoiceExample(
                rows: Array(rows[next..<next + choice.endings.count]),
                answer: choice.answer.map(Int32.init) ?? -1)
        }
    }
}

/// A batch of texts with their endings.
package struct ChoiceBatch: Sendable {
    /// A row for each ending, text by text.
    package var rows: SequenceBatch
    /// How many endings each text has.
    package var counts: [Int]
    /// The right endings' places, `[texts]`; -1 where unknown.
    package var answers: IDTensor
    /// Each text's number in the data set.
    package var indices: [Int]

    init(_ indices: [Int], of examples: [ChoiceExample], paddingID: Int32) {
        let all = indices.flatMap { examples[$0].rows }
        rows = SequenceDataset.batch(of: Array(all.indices), in: all, paddingID: paddingID)
        counts = indices.map { examples[$0].rows.count }
        answers = IDTensor(indices.map { examples[$0].answer }, shape: [indices.count])
        self.indices = indices
    }
}

/// Texts with endings in batches, as ``SequenceDataset`` has single texts.
struct ChoiceDataset: TrainingData {
    let examples: [ChoiceExample]
    let batchSize: Int
    let paddingID: Int32
    let seed: UInt64
    /// Whether batches are of similar length.
    let groupsByLength: Bool

    private var orderedEpoch: Int?
    private var batches: [[Int]] = []

    init(
        examples: [ChoiceExample], batchSize: Int, paddingID: Int32, seed: UInt64,
        groupsByLength: Bool
    ) {
        self.examples = examples
        self.batchSize = batchSize
        self.paddingID = paddingID
        self.seed = seed
        self.groupsByLength = groupsByLength
    }

    func batchCount(inEpoch epoch: Int) -> Int {
        max(1, (examples.count + batchSize - 1) / batchSize)
    }

    mutating func batch(at cursor: DataCursor) -> ChoiceBatch {
        if orderedEpoch != cursor.epoch {
            batches = SequenceDataset.order(
                of: examples.map(\.tokenCount), groupsByLength: groupsByLength,
                batchSize: batchSize, seed: seed, epoch: cursor.epoch)
            orderedEpoch = cursor.epoch
        }
        return ChoiceBatch(batches[cursor.batch], of: examples, paddingID: paddingID)
    }

    /// All examples, in their order.
    static func evaluationBatches(
        of examples: [ChoiceExample], batchSize: Int, paddingID: Int32
    ) -> some Sequence<ChoiceBatch> {
        stride(from: 0, to: examples.count, by: batchSize).lazy.map { start in
            ChoiceBatch(
                Array(start..<min(start + batchSize, examples.count)), of: examples,
                paddingID: paddingID)
        }
    }
}
