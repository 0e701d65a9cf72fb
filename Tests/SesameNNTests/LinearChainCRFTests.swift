import Foundation
import SesameNN
import SesameTensor
import Testing

/// The field against every tag sequence, one by one.
struct LinearChainCRFTests {
    struct Case: Sendable {
        let tags: Int
        let lengths: [Int]
        let seed: UInt64
    }

    static let cases = [
        Case(tags: 1, lengths: [3], seed: 1), Case(tags: 2, lengths: [1, 5], seed: 2),
        Case(tags: 3, lengths: [4, 2, 6], seed: 3), Case(tags: 5, lengths: [4, 1, 3], seed: 4),
    ]

    private func field(_ tags: Int, seed: UInt64) -> LinearChainCRF {
        var field = LinearChainCRF(tagCount: tags, key: RandomKey(seed: seed))
        field.updateParameters { _, tensor in tensor.scale(by: 20) }
        return field
    }

    /// Every sequence of tags with its score.
    private func sequences(
        _ field: LinearChainCRF, emissions: [Float], length: Int
    ) -> [(tags: [Int], score: Double)] {
        let count = field.tagCount
        let (transitions, start, end) = (
            field.transitions.scalars, field.start.scalars, field.end.scalars
        )
        var total = 1
        for _ in 0..<length { total *= count }
        return (0..<total).map { number in
            var (rest, tags) = (number, [Int]())
            for _ in 0..<length {
                tags.append(rest % count)
                rest /= count
            }
            var score = Double(start[tags[0]]) + Double(end[tags[length - 1]])
            for (place, tag) in tags.enumerated() {
                score += Double(emissions[place * count + tag])
                if place > 0 { score += Double(transitions[tags[place - 1] * count + tag]) }
            }
            return (tags, score)
        }
    }

    @Test(arguments: cases)
    func lossAndBestTagsEqualEnumeration(_ row: Case) {
        let field = field(row.tags, seed: row.seed)
        let time = (row.lengths.max() ?? 0) + 1
        let batch = row.lengths.count
        let emissions = Tensor.normal(
            [batch, time, row.tags], standardDeviation: 2, key: RandomKey(seed: row.seed + 10))
        let targets = IDTensor(
            (0..<batch * time).map { Int32($0 * 7 % row.tags) }, shape: [batch, time])
        var expected = 0.0
        var best: [[Int]] = []
        for (sequence, length) in row.lengths.enumerated() {
            let first = sequence * time
            let own = Array(
                emissions.scalars[first * row.tags..<(first + length) * row.tags])
            let all = sequences(field, emissions: own, length: length)
            let tags = targets.scalars[first..<first + length].map(Int.init)
            let sum = all.reduce(0) { $0 + exp($1.score) }
            expected += log(sum) - (all.first { $0.tags == tags }?.score ?? .nan)
            best.append(all.max { $0.score < $1.score }?.tags ?? [])
        }
        let loss = field.loss(emissions: emissions, tags: targets, lengths: row.lengths).scalar
        #expect(abs(Double(loss) - expected / Double(batch)) < 1e-5 * (1 + abs(expected)))
        #expect(field.decode(emissions: emissions, lengths: row.lengths) == best)
    }

    @Test func longSequencesAndFarScoresStayFinite() {
        var field = field(4, seed: 5)
        field.transitions.scale(by: 50)
        let emissions = Tensor.normal(
            [2, 400, 4], standardDeviation: 80, key: RandomKey(seed: 6))
        let targets = IDTensor(
            field.decode(emissions: emissions).flatMap { $0.map(Int32.init) }, shape: [2, 400])
        let (loss, gradients) = field.valueWithGradients {
            $0.loss(emissions: emissions, tags: targets)
        }
        // The best tags are the target: the loss is small and above 0.
        #expect(loss >= 0 && loss < 10, "\(loss)")
        #expect(gradients.allFinite)
    }

    @Test func whatIsNotAllowedIsNotDecoded() {
        let field = field(3, seed: 7)
        let emissions = Tensor.normal([4, 9, 3], standardDeviation: 3, key: RandomKey(seed: 8))
        let allowed = TagConstraints(
            tagCount: 3, mayBegin: { $0 != 0 }, mayFollow: { $0 != $1 }, mayEnd: { $0 != 1 })
        for tags in field.decode(emissions: emissions, lengths: [9, 1, 5, 8], allowed: allowed) {
            #expect(tags.first != 0 && tags.last != 1)
            for (one, next) in zip(tags, tags.dropFirst()) { #expect(one != next) }
        }
    }

    @Test func emptySequencesCountAsNothing() {
        let field = field(3, seed: 9)
        let emissions = Tensor.normal([2, 4, 3], key: RandomKey(seed: 1))
        let targets = IDTensor([[0, 1, 2, 0], [0, 0, 0, 0]])
        #expect(field.decode(emissions: emissions, lengths: [4, 0])[1] == [])
        let both = field.loss(emissions: emissions, tags: targets, lengths: [4, 0]).scalar
        let one = field.loss(
            emissions: emissions.sliced(axis: 0, 0..<1), tags: IDTensor([[0, 1, 2, 0]])
        ).scalar
        #expect(abs(both - one / 2) < 1e-6)
    }
}
