import SesameTensor
import SesameTraining
import Testing

@Suite struct NextTokenDatasetTests {
    let stream = PackedTokens((0..<1000).map(Int32.init), vocabularySize: 1000)

    @Test func windowsAndTargetsAreContiguous() throws {
        var data = try NextTokenDataset(stream: stream, contextLength: 16, batchSize: 4, seed: 1)
        #expect(data.batchCount(inEpoch: 0) == 15)
        var orders: [[Int32]] = []
        for epoch in 0..<3 {
            var starts: [Int32] = []
            for index in 0..<15 {
                let batch = data.batch(at: DataCursor(epoch: epoch, batch: index))
                #expect(batch.ids.shape == [4, 16])
                for row in 0..<4 {
                    let cells = row * 16..<row * 16 + 16
                    let ids = Array(batch.ids.scalars[cells])
                    #expect(ids == Array(ids[0]..<ids[0] + 16))
                    #expect(Array(batch.targets.scalars[cells]) == ids.map { $0 + 1 })
                    starts.append(ids[0])
                }
            }
            // No token twice in an epoch, and windows from a common offset.
            #expect(Set(starts).count == 60)
            #expect(Set(starts.map { $0 % 16 }).count == 1)
            orders.append(starts)
        }
        #expect(orders[0] != orders[1] && orders[1] != orders[2])
    }

    @Test(arguments: [18, 19, 30, 40])
    func aShortStreamStillFillsABatch(count: Int) throws {
        var data = try NextTokenDataset(
            stream: PackedTokens((0..<Int32(count)).map { $0 }, vocabularySize: 100),
            contextLength: 16, batchSize: 4, seed: 1)
        for epoch in 0..<20 {
            let batch = data.batch(at: DataCursor(epoch: epoch, batch: 0))
            #expect(batch.targets.scalars == batch.ids.scalars.map { $0 + 1 })
            #expect(batch.targets.scalars.max() ?? 0 < count)
        }
    }

    @Test(arguments: [1, 2, 7, 64, 998, 999, 1000, 5000])
    func evaluationScoresEachTokenOnce(contextLength: Int) {
        var targets: [Int32] = []
        var count = 0
        for batch in NextTokenDataset.evaluationBatches(
            of: stream, contextLength: contextLength, batchSize: 3)
        {
            targets += batch.targets.scalars.filter { $0 != -100 }
            count += batch.tokenCount
            for (id, target) in zip(batch.ids.scalars, batch.targets.scalars) where target != -100 {
                #expect(target == id + 1)
            }
        }
        #expect(targets == Array(1..<1000))
        #expect(count == 999)
    }

    @Test func tooShortAStreamIsAnError() {
        #expect(throws: TrainingError.self) {
            try NextTokenDataset(
                stream: PackedTokens([1, 2, 3], vocabularySize: 4), contextLength: 8, batchSize: 1,
                seed: 0)
        }
    }

    @Test(arguments: [300, 100_000])
    func streamsKeepIDs(vocabularySize: Int) {
        let ids = (0..<100).map { Int32(($0 * 7919) % vocabularySize) }
        var stream = PackedTokens(ids[..<40], vocabularySize: vocabularySize)
        stream.append(ids[40...])
        stream.characterCount = 200
        #expect(stream[0..<100] == ids)
        let (head, tail) = stream.split(at: 90)
        #expect(head[0..<90] + tail[0..<10] == ids)
        #expect(head.characterCount == 180 && tail.characterCount == 20)
        #expect(stream.histogram(vocabularySize: vocabularySize).reduce(0, +) == 100)
    }
}

@Suite struct SequenceDatasetTests {
    let examples = (0..<137).map { index in
        SequenceExample(
            ids: Array(repeating: Int32(index), count: 1 + (index * 37) % 50),
            label: Int32(index % 3))
    }

    @Test func anEpochHoldsEachExampleOnce() throws {
        var data = try SequenceDataset(
            examples: examples, batchSize: 8, paddingID: 999, seed: 3)
        var seen: [Int] = []
        for index in 0..<data.batchCount(inEpoch: 1) {
            let batch = data.batch(at: DataCursor(epoch: 1, batch: index))
            seen += batch.indices
            let width = batch.ids.shape[1]
            for (row, example) in batch.indices.enumerated() {
                let length = examples[example].ids.count
                let cells = Array(batch.ids.scalars[row * width..<(row + 1) * width])
                #expect(Array(cells[..<length]) == examples[example].ids)
                #expect(cells[length...].allSatisfy { $0 == 999 })
                #expect(batch.labels.scalars[row] == examples[example].label)
            }
        }
        #expect(seen.sorted() == Array(examples.indices))
    }

    @Test func groupsWasteLittleAndDifferByEpoch() {
        let lengths = (0..<2000).map { 1 + ($0 * 7919) % 60 }
        func order(groupsByLength: Bool, epoch: Int) -> [[Int]] {
            SequenceDataset.order(
                of: lengths, groupsByLength: groupsByLength, batchSize: 16, seed: 5, epoch: epoch)
        }
        for groupsByLength in [true, false] {
            let batches = order(groupsByLength: groupsByLength, epoch: 0)
            #expect(batches.flatMap { $0 }.sorted() == Array(lengths.indices))
            #expect(batches == order(groupsByLength: groupsByLength, epoch: 0))
            #expect(batches != order(groupsByLength: groupsByLength, epoch: 1))
            let cells = batches.reduce(0) {
                $0 + ($1.map { lengths[$0] }.max() ?? 0) * $1.count
            }
            #expect((Double(cells) < 1.06 * Double(lengths.reduce(0, +))) == groupsByLength)
        }
    }

    @Test func evaluationKeepsTrackOfPlaces() {
        let batches = Array(
            SequenceDataset.evaluationBatches(of: examples, batchSize: 10, paddingID: 0))
        #expect(batches.flatMap(\.indices).sorted() == Array(examples.indices))
        #expect(batches.allSatisfy { $0.ids.shape[0] == $0.indices.count })
    }

    @Test func labelsAreSortedByBytes() {
        #expect(
            SequenceDataset.discoverLabels(["pos", "neg", "é", "Zebra", "pos"])
                == ["Zebra", "neg", "pos", "é"])
    }

    @Test func cursorRollsOver() throws {
        var data = try SequenceDataset(
            examples: Array(examples[..<20]), batchSize: 8, paddingID: 0, seed: 0)
        var cursor = DataCursor()
        for _ in 0..<3 { _ = data.nextBatch(&cursor) }
        #expect(cursor == DataCursor(epoch: 1, batch: 0))
    }
}
