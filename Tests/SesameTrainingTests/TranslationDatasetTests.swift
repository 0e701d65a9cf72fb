import SesameTensor
import SesameTraining
import Testing

@Suite struct TranslationDatasetTests {
    private static func examples(_ count: Int, seed: UInt64 = 3) -> [TranslationExample] {
        var generator = RandomGenerator(key: RandomKey(seed: seed))
        return (0..<count).map { index in
            let length = 1 + generator.next(below: 20)
            let other = max(0, length + generator.next(below: 7) - 3)
            return TranslationExample(
                source: (0..<length).map { Int32(10 + ($0 + index) % 50) },
                target: (0..<other).map { Int32(10 + ($0 * 3 + index) % 50) })
        }
    }

    private func dataset(_ examples: [TranslationExample], tokens: Int = 120) throws
        -> TranslationDataset
    {
        try TranslationDataset(
            examples: examples, batchTokens: tokens, beginningID: 2, endID: 3, sourcePaddingID: 0,
            seed: 5)
    }

    @Test func aBatchIsWhatTheDecoderReadsAndSays() {
        let batch = TranslationBatch(
            [
                TranslationExample(source: [7, 8, 3], target: [11]),
                TranslationExample(source: [9], target: [12, 13]),
            ], indices: [4, 1], beginningID: 2, endID: 3, sourcePaddingID: 0)
        #expect(batch.source == IDTensor([[7, 8, 3], [9, 0, 0]]))
        #expect(batch.sourceLengths == [3, 1])
        #expect(batch.input == IDTensor([[2, 11, 3], [2, 12, 13]]))
        #expect(batch.output == IDTensor([[11, 3, -100], [12, 13, 3]]))
        #expect(batch.targetLengths == [2, 3])
        #expect(batch.indices == [4, 1])
        #expect(batch.tokenCount == 5)
    }

    @Test func everyEpochHasEachSentenceOnce() throws {
        let examples = Self.examples(500)
        var data = try dataset(examples)
        var orders: [[Int]] = []
        for epoch in 0..<3 {
            let count = data.batchCount(inEpoch: epoch)
            let batches = (0..<count).map { data.batch(at: DataCursor(epoch: epoch, batch: $0)) }
            orders.append(batches.flatMap(\.indices))
            #expect(orders[epoch].sorted() == Array(examples.indices))
            for batch in batches {
                let longest = max(batch.source.shape[1], batch.input.shape[1])
                #expect(batch.indices.count == 1 || longest * batch.indices.count <= 120)
                for (row, index) in batch.indices.enumerated() {
                    #expect(batch.sourceLengths[row] == examples[index].source.count)
                    #expect(batch.targetLengths[row] == examples[index].target.count + 1)
                }
            }
            // Of what the decoder works on, little is padding.
            let cells = batches.reduce(0) { $0 + $1.input.elementCount }
            let tokens = batches.reduce(0) { $0 + $1.tokenCount }
            #expect(Double(tokens) > 0.85 * Double(cells))
        }
        #expect(Set(orders).count == 3)
        // The same whatever was asked before.
        var other = try dataset(examples)
        let first = other.batch(at: DataCursor(epoch: 2, batch: 7))
        #expect(first.indices == data.batch(at: DataCursor(epoch: 2, batch: 7)).indices)
    }

    @Test func aSentenceLongerThanABatchIsOneOfItsOwn() throws {
        let examples = [
            TranslationExample(source: Array(repeating: 5, count: 300), target: [4]),
            TranslationExample(source: [5], target: [4]),
        ]
        var data = try dataset(examples)
        #expect(data.batchCount(inEpoch: 0) == 2)
    }

    @Test func needsAnExample() {
        #expect {
            try dataset([])
        } throws: { ($0 as? TrainingError)?.code == .notEnoughData }
    }
}
