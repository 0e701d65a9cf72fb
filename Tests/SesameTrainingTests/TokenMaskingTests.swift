import SesameTensor
import SesameTraining
import Testing

/// Ids below 5 are special, 4 is the mask; ids from 100 on continue a word.
private func masking(wholeWords: Bool = false) -> TokenMasking {
    var options = MaskingOptions()
    options.wholeWords = wholeWords
    return TokenMasking(
        maskID: 4, vocabularySize: 200, specialIDs: [0, 1, 2, 3, 4],
        continuation: (0..<200).map { $0 >= 100 }, options: options)
}

private func mask(
    _ ids: [Int32], _ masking: TokenMasking, seed: UInt64
) -> (ids: [Int32], targets: [Int32]) {
    var slice = ids[...]
    var targets = [Int32](repeating: 0, count: ids.count)[...]
    var generator = RandomGenerator(key: RandomKey(seed: seed))
    masking.apply(to: &slice, targets: &targets, generator: &generator)
    return (Array(slice), Array(targets))
}

@Suite struct TokenMaskingTests {
    let sequence: [Int32] = [1] + (0..<100).map { Int32(5 + $0 % 90) } + [2]

    @Test func selectsFifteenPercentOfOrdinaryTokens() {
        for seed in 0..<20 {
            let (_, targets) = mask(sequence, masking(), seed: UInt64(seed))
            #expect(targets.filter { $0 != -100 }.count == 15)
        }
    }

    @Test func targetsAreTheOriginalIDs() {
        let (ids, targets) = mask(sequence, masking(), seed: 3)
        for (position, target) in targets.enumerated() {
            if target == -100 {
                #expect(ids[position] == sequence[position])
            } else {
                #expect(target == sequence[position])
            }
        }
    }

    @Test func neverSelectsOrInsertsOtherSpecialTokens() {
        for seed in 0..<50 {
            let (ids, targets) = mask(sequence, masking(), seed: UInt64(seed))
            #expect(targets.first == -100 && targets.last == -100)
            #expect(ids.first == 1 && ids.last == 2)
            #expect(ids.dropFirst().dropLast().allSatisfy { $0 >= 4 })
        }
    }

    @Test func eightyTenTen() {
        var counts = (masked: 0, kept: 0, random: 0)
        for seed in 0..<400 {
            let (ids, targets) = mask(sequence, masking(), seed: UInt64(seed))
            for (id, target) in zip(ids, targets) where target != -100 {
                if id == 4 {
                    counts.masked += 1
                } else if id == target {
                    counts.kept += 1
                } else {
                    counts.random += 1
                }
            }
        }
        // 6000 draws: three standard deviations are 0.016 and 0.012. A random token is the
        // original one in 1 of 195 cases, which moves nothing here.
        #expect(abs(Double(counts.masked) / 6000 - 0.8) < 0.016)
        #expect(abs(Double(counts.kept) / 6000 - 0.1) < 0.012)
        #expect(abs(Double(counts.random) / 6000 - 0.1) < 0.012)
    }

    @Test func sameSeedSameMasks() {
        let a = mask(sequence, masking(), seed: 9)
        let b = mask(sequence, masking(), seed: 9)
        let c = mask(sequence, masking(), seed: 10)
        #expect(a.ids == b.ids && a.targets == b.targets)
        #expect(a.targets != c.targets)
    }

    @Test func shortSequencesHideOneToken() {
        let (_, targets) = mask([1, 7, 8, 2], masking(), seed: 0)
        #expect(targets.filter { $0 != -100 }.count == 1)
        #expect(mask([1, 2], masking(), seed: 0).targets == [-100, -100])
    }

    @Test func wholeWordsAreSelectedTogether() {
        // Words of one, two and three pieces.
        let words: [[Int32]] = [[10], [20, 120], [30, 130, 131], [40], [50, 150]]
        let ids: [Int32] = [1] + (0..<10).flatMap { _ in words.flatMap { $0 } } + [2]
        for seed in 0..<50 {
            let (_, targets) = mask(ids, masking(wholeWords: true), seed: UInt64(seed))
            let selected = targets.filter { $0 != -100 }.count
            #expect(selected <= 14 && selected >= 12)  // 15 % of 90 is 13.5
            for position in ids.indices where ids[position] >= 100 {
                #expect((targets[position] == -100) == (targets[position - 1] == -100))
            }
        }
    }

    @Test func aWordsExtentDoesNotDependOnReplacedNeighbours() {
        // The word after a selected one must not grow or shrink because ids were replaced.
        let ids: [Int32] = [1, 10, 110, 20, 120, 30, 130, 40, 140, 2]
        for seed in 0..<200 {
            let (_, targets) = mask(ids, masking(wholeWords: true), seed: UInt64(seed))
            #expect([0, 2].contains(targets.filter { $0 != -100 }.count))
        }
    }
}
