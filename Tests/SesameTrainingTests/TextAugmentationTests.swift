import SesameTensor
import SesameTraining
import Testing

struct TextAugmentationTests {
    /// Ids 0 and 1 are special, 2 is unknown; the neighbours of 10 are 11 and 12.
    private func augmenter(_ change: (inout TextAugmentation) -> Void) -> TokenAugmenter {
        var augmentation = TextAugmentation()
        change(&augmentation)
        var neighbours = [[Int32]](repeating: [], count: 20)
        neighbours[10] = [11, 12]
        return TokenAugmenter(
            augmentation, unknownID: 2, isSpecial: (0..<20).map { $0 < 3 },
            neighbours: neighbours, seed: 5)
    }

    private let text: [Int32] = [0] + (0..<400).map { 3 + $0 % 15 } + [1]

    @Test func dropoutPutsTheUnknownTokenIn() {
        let changed = augmenter { $0.tokenDropout = 0.25 }.augmented(text, epoch: 0, index: 0)
        let dropped = zip(text, changed).filter { $0 != $1 }
        #expect(dropped.allSatisfy { $0.1 == 2 })
        #expect((70...130).contains(dropped.count), "\(dropped.count)")
        #expect(changed.first == 0 && changed.last == 1)
    }

    @Test func swapsKeepTheTokens() {
        let augmenter = augmenter { $0.swap = 0.3 }
        var swaps: [Int] = []
        let changed = augmenter.augmented(
            text, epoch: 0, index: 0, canSwap: { $0 % 7 != 0 }, swapped: { swaps.append($0) })
        #expect(changed.sorted() == text.sorted() && changed != text)
        #expect(changed.first == 0 && changed.last == 1)
        #expect(swaps.allSatisfy { $0 % 7 != 0 } && swaps.count > 30)
        var replayed = text
        for place in swaps { replayed.swapAt(place, place + 1) }
        #expect(replayed == changed)
    }

    @Test func synonymsAreNeighbours() {
        let changed = augmenter { $0.synonym = 0.5 }.augmented(text, epoch: 0, index: 0)
        for (old, new) in zip(text, changed) where old != new {
            #expect(old == 10 && (new == 11 || new == 12))
        }
        #expect(changed != text)
    }

    @Test func changesAreFunctionsOfEpochAndText() {
        let augmenter = augmenter {
            $0.swap = 0.1
            $0.tokenDropout = 0.1
            $0.synonym = 0.3
        }
        let first = augmenter.augmented(text, epoch: 1, index: 2)
        #expect(first == augmenter.augmented(text, epoch: 1, index: 2))
        #expect(first != augmenter.augmented(text, epoch: 2, index: 2))
        #expect(first != augmenter.augmented(text, epoch: 1, index: 3))
    }

    @Test func batchesAreChangedAnewEachEpoch() throws {
        let examples = (0..<8).map { _ in SequenceExample(ids: Array(text.prefix(60)), label: 0) }
        var plain = try SequenceDataset(
            examples: examples, batchSize: 8, paddingID: 0, seed: 1, augmenter: nil)
        var changed = try SequenceDataset(
            examples: examples, batchSize: 8, paddingID: 0, seed: 1,
            augmenter: augmenter { $0.tokenDropout = 0.2 })
        let cursors = [DataCursor(epoch: 0, batch: 0), DataCursor(epoch: 1, batch: 0)]
        let batches = cursors.map { changed.batch(at: $0) }
        #expect(batches[0].ids.scalars != batches[1].ids.scalars)
        #expect(batches[0].ids.scalars != plain.batch(at: cursors[0]).ids.scalars)
        #expect(batches[0].indices == plain.batch(at: cursors[0]).indices)
        #expect(batches[0].ids == changed.batch(at: cursors[0]).ids)
    }

    @Test func sharesOutOfRangeAreRefused() {
        expectInvalid(
            TextAugmentation(),
            [
                { $0.swap = 1 }, { $0.tokenDropout = -0.1 }, { $0.synonym = .nan },
                { $0.neighbourCount = 0 },
            ]
        ) { try $0.validate() }
    }
}
