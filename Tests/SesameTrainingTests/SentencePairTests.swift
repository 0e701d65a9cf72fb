import SesameTensor
import SesameTraining
import Testing

/// Documents whose token ids tell document and place: 1000 · document + place.
private func corpus(_ sentenceLengths: [[Int]]) -> SentenceCorpus {
    var corpus = SentenceCorpus()
    for (document, lengths) in sentenceLengths.enumerated() {
        var place = 0
        corpus.append(
            document: lengths.map { length in
                defer { place += length }
                return (place..<place + length).map { Int32(1000 * document + $0) }
            })
    }
    return corpus
}

private let sample = corpus(
    (0..<40).map { document in (0..<(1 + document % 9)).map { 3 + (document * 7 + $0 * 5) % 11 } })

@Suite struct SentencePairTests {
    @Test func negativesComeFromAnotherDocumentAndPositivesFollow() {
        let sampler = SentencePairSampler(maxLength: 32)
        var negatives = 0
        var total = 0
        for seed in 0..<30 {
            var generator = RandomGenerator(key: RandomKey(seed: UInt64(seed)))
            for pair in sampler.pairs(of: sample, generator: &generator) {
                total += 1
                let first = sample.document(ofToken: pair.first.lowerBound)
                let second = sample.document(ofToken: pair.second.lowerBound)
                #expect(pair.tokenCount <= 29)
                #expect(!pair.first.isEmpty && !pair.second.isEmpty)
                #expect(sample.document(ofToken: pair.first.upperBound - 1) == first)
                #expect(sample.document(ofToken: pair.second.upperBound - 1) == second)
                if pair.isNext == true {
                    #expect(first == second)
                    #expect(pair.first.upperBound <= pair.second.lowerBound)
                } else {
                    #expect(pair.isNext == false)
                    #expect(first != second)
                    #expect(sample.pairableDocuments.contains(second))
                    negatives += 1
                }
            }
        }
        // Each pair is a fair coin toss.
        let share = Double(negatives) / Double(total)
        #expect(abs(share - 0.5) < 3 * 0.5 / Double(total).squareRoot())
    }

    @Test func swappedPairsAreTheOthersTheOtherWayRound() {
        let sampler = SentencePairSampler(maxLength: 400, shortFraction: 0)
        var swapped = 0
        var total = 0
        for seed in 0..<40 {
            var generator = RandomGenerator(key: RandomKey(seed: UInt64(seed)))
            for pair in sampler.orderedPairs(of: sample, generator: &generator) {
                total += 1
                let (before, after) =
                    pair.isNext == true ? (pair.first, pair.second) : (pair.second, pair.first)
                #expect(before.upperBound == after.lowerBound && !before.isEmpty && !after.isEmpty)
                #expect(
                    sample.document(ofToken: before.lowerBound)
                        == sample.document(ofToken: after.upperBound - 1))
                if pair.isNext == false { swapped += 1 }
            }
        }
        let share = Double(swapped) / Double(total)
        #expect(abs(share - 0.5) < 3 * 0.5 / Double(total).squareRoot())
        // Every document of several sentences is used as a whole.
        var generator = RandomGenerator(key: RandomKey(seed: 0))
        let pairs = sampler.orderedPairs(of: sample, generator: &generator)
        let tokens = pairs.reduce(0) { $0 + $1.tokenCount }
        let all = sample.pairableDocuments.reduce(0) { sum, document in
            sum + sample.sentenceStarts[sample.documentStarts[document + 1]]
                - sample.sentenceStarts[sample.documentStarts[document]]
        }
        #expect(tokens == all)
    }

    @Test func positivesTouchWhereNothingWasTruncated() {
        let sampler = SentencePairSampler(maxLength: 400, shortFraction: 0)
        var generator = RandomGenerator(key: RandomKey(seed: 1))
        for pair in sampler.pairs(of: sample, generator: &generator) where pair.isNext == true {
            #expect(pair.first.upperBound == pair.second.lowerBound)
        }
    }

    @Test func someSequencesAreShort() {
        let long = corpus(Array(repeating: Array(repeating: 4, count: 400), count: 4))
        let sampler = SentencePairSampler(maxLength: 64)
        var generator = RandomGenerator(key: RandomKey(seed: 5))
        let pairs = sampler.pairs(of: long, generator: &generator)
        let short = pairs.filter { $0.tokenCount < 50 }.count
        #expect(short > 0 && short < pairs.count / 4)
        #expect(pairs.contains { $0.tokenCount == 61 })
    }

    @Test func truncationTakesFromTheLongerSegment() {
        let sampler = SentencePairSampler(maxLength: 16)
        var generator = RandomGenerator(key: RandomKey(seed: 2))
        let pair = SentencePair(first: 0..<30, second: 100..<105, isNext: true)
        let cut = sampler.truncated(pair, to: 13, &generator)
        #expect(cut.first.count == 8 && cut.second == 100..<105)
        let even = sampler.truncated(
            SentencePair(first: 0..<30, second: 100..<140, isNext: true), to: 13, &generator)
        #expect(even.first.count == 7 && even.second.count == 6)
        #expect(even.first.lowerBound > 0 && even.first.upperBound < 30)
    }

    @Test func segmentsCoverEveryTokenOnce() {
        let sampler = SentencePairSampler(maxLength: 12)
        var generator = RandomGenerator(key: RandomKey(seed: 8))
        let segments = sampler.segments(of: sample, generator: &generator)
        #expect(
            segments.allSatisfy { $0.tokenCount <= 10 && $0.second.isEmpty && $0.isNext == nil })
        #expect(segments.flatMap { Array($0.first) } == Array(0..<sample.tokenCount))
    }

    @Test func emptySentencesAndDocumentsAreLeftOut() {
        var corpus = SentenceCorpus()
        corpus.append(document: [[], [1, 2], []])
        corpus.append(document: [[], []])
        corpus.append(document: [[3]])
        #expect(corpus.documentCount == 2 && corpus.sentenceCount == 2)
        #expect(corpus.ids == [1, 2, 3])
        #expect(corpus.document(ofToken: 1) == 0 && corpus.document(ofToken: 2) == 1)
    }
}

@Suite struct MaskedLanguageModelDatasetTests {
    private func dataset(_ sentences: SentenceObjective = .nextSentence, seed: UInt64 = 7) throws
        -> MaskedLanguageModelDataset
    {
        try MaskedLanguageModelDataset(
            corpus: corpus(
                (0..<40).map { document in
                    (0..<(2 + document % 9)).map { 3 + (document + $0) % 7 }
                }),
            masking: TokenMasking(
                maskID: 49_003, vocabularySize: 50_000,
                specialIDs: [49_000, 49_001, 49_002, 49_003]),
            classificationID: 49_001, separatorID: 49_002, paddingID: 49_000, maxLength: 24,
            batchSize: 4, sentences: sentences, seed: seed)
    }

    @Test func batchesHaveTheFormOfBERT() throws {
        var data = try dataset()
        for index in 0..<data.batchCount(inEpoch: 0) {
            let batch = data.batch(at: DataCursor(epoch: 0, batch: index))
            let width = batch.ids.shape[1]
            #expect(width <= 24 && batch.ids.shape[0] == 4)
            #expect(batch.tokenCount == batch.attentionMask.reduce(0) { $0 + Int($1) })
            for row in 0..<4 {
                let cells = row * width..<(row + 1) * width
                let length = batch.attentionMask[cells].reduce(0) { $0 + Int($1) }
                let ids = Array(batch.ids.scalars[cells])
                let types = Array(batch.typeIDs.scalars[cells])
                #expect(ids[0] == 49_001 && ids[length - 1] == 49_002)
                #expect(ids[..<length].filter { $0 == 49_002 }.count == 2)
                let boundary = ids.firstIndex(of: 49_002) ?? 0
                #expect(types[...boundary].allSatisfy { $0 == 0 })
                #expect(types[(boundary + 1)..<length].allSatisfy { $0 == 1 })
                #expect(ids[length...].allSatisfy { $0 == 49_000 })
                #expect(
                    batch.targets.scalars[cells][(row * width + length)...].allSatisfy {
                        $0 == -100
                    })
            }
        }
    }

    @Test func aBatchIsAFunctionOfSeedAndCursor() throws {
        var a = try dataset()
        var b = try dataset()
        let place = DataCursor(epoch: 2, batch: 3)
        _ = a.batch(at: DataCursor(epoch: 0, batch: 0))
        _ = a.batch(at: DataCursor(epoch: 1, batch: 1))
        let left = a.batch(at: place)
        let right = b.batch(at: place)
        #expect(left.ids == right.ids && left.targets == right.targets)
        #expect(left.nextLabels == right.nextLabels)
        var c = try dataset(seed: 8)
        #expect(c.batch(at: place).ids != left.ids)
    }

    @Test func masksAreFreshEachEpoch() throws {
        var data = try dataset(.single)
        func targets(_ epoch: Int) -> [[Int32]] {
            (0..<data.batchCount(inEpoch: epoch)).map {
                data.batch(at: DataCursor(epoch: epoch, batch: $0)).targets.scalars
            }
        }
        #expect(targets(0) != targets(1))
    }

    @Test func evaluationIsTheSameEachTime() throws {
        let data = try dataset()
        let first = Array(data.evaluationBatches(batchSize: 16))
        let second = Array(data.evaluationBatches(batchSize: 16))
        #expect(first.map(\.ids) == second.map(\.ids))
        #expect(first.reduce(0) { $0 + $1.ids.shape[0] } == data.sequences(inEpoch: 0).count)
    }

    @Test func orderLabelsTellWhatStoodFirst() throws {
        var data = try dataset(.sentenceOrder)
        var labels: Set<Int32> = []
        for index in 0..<data.batchCount(inEpoch: 0) {
            let batch = data.batch(at: DataCursor(epoch: 0, batch: index))
            let next = try #require(batch.nextLabels)
            #expect(next.shape == [4])
            labels.formUnion(next.scalars)
        }
        #expect(labels == [0, 1])
        // One document is enough, which gives no negatives of another.
        _ = try MaskedLanguageModelDataset(
            corpus: corpus([[4, 5]]),
            masking: TokenMasking(maskID: 0, vocabularySize: 10, specialIDs: []),
            classificationID: 1, separatorID: 2, paddingID: 3, maxLength: 16, batchSize: 2,
            sentences: .sentenceOrder, seed: 0)
    }

    @Test func tooLittleTextIsAnError() {
        #expect(throws: TrainingError.self) {
            try MaskedLanguageModelDataset(
                corpus: corpus([[4], [5]]),
                masking: TokenMasking(maskID: 0, vocabularySize: 10, specialIDs: []),
                classificationID: 1, separatorID: 2, paddingID: 3, maxLength: 16, batchSize: 2,
                sentences: .nextSentence, seed: 0)
        }
    }
}
