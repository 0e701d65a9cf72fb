import Foundation
import SesameModels
import SesameTensor
import Testing

/// A made-up model: the scores of the next token are a fixed function of the tokens before it.
private struct PrefixModel: SequenceDecoder {
    struct State {
        var prefixes: [[Int32]]
        var seeds: [UInt64]
        /// How many rows each step had.
        var rowCounts: [Int] = []
    }

    var vocabularySize: Int
    var sourceCount = 0
    /// Rounds probabilities, so that many are equal.
    var levels: Float?

    static func state(seeds: [UInt64]) -> State {
        State(prefixes: seeds.map { _ in [] }, seeds: seeds)
    }

    func logProbabilities(after prefix: [Int32], seed: UInt64) -> [Float] {
        let key = prefix.reduce(RandomKey(seed: seed)) { $0.derived(UInt64($1) + 1) }
        var logits = Tensor.normal([1, vocabularySize], standardDeviation: 1.5, key: key)
        if let levels {
            logits = Tensor(
                logits.scalars.map { ($0 * levels).rounded() / levels }, shape: logits.shape)
        }
        return logSoftmax(logits).scalars
    }

    func attention(after prefix: [Int32], seed: UInt64) -> [Float] {
        let key = prefix.reduce(RandomKey(seed: seed, stream: 9)) { $0.derived(UInt64($1) + 1) }
        return softmax(Tensor.normal([1, sourceCount], standardDeviation: 2, key: key)).scalars
    }

    func next(_ tokens: [Int32], state: inout State) -> DecoderStep {
        #expect(tokens.count == state.prefixes.count)
        state.rowCounts.append(tokens.count)
        for row in tokens.indices { state.prefixes[row].append(tokens[row]) }
        let rows = Array(zip(state.prefixes, state.seeds))
        return DecoderStep(
            logProbabilities: Tensor(
                rows.flatMap { logProbabilities(after: $0, seed: $1) },
                shape: [rows.count, vocabularySize]),
            attention: sourceCount == 0
                ? nil
                : Tensor(
                    rows.flatMap { attention(after: $0, seed: $1) },
                    shape: [rows.count, sourceCount]))
    }

    func select(_ rows: [Int32], in state: inout State) {
        state.prefixes = rows.map { state.prefixes[Int($0)] }
        state.seeds = rows.map { state.seeds[Int($0)] }
    }

    /// Every sequence that ends, by its score, with scores worked out apart from the search.
    func enumerated(seed: UInt64, maximumLength: Int, options: BeamSearchOptions) -> [(
        tokens: [Int32], total: Double, score: Double
    )] {
        var results: [(tokens: [Int32], total: Double, score: Double)] = []
        func visit(_ tokens: [Int32], _ total: Double, _ covered: [Double]) {
            let prefix = [startID] + tokens
            let scores = logProbabilities(after: prefix, seed: seed)
            var covered = covered
            if sourceCount > 0 {
                for (i, weight) in attention(after: prefix, seed: seed).enumerated() {
                    covered[i] += Double(weight)
                }
            }
            for token in 0..<Int32(vocabularySize) {
                let sum = total + Double(scores[Int(token)])
                if token == options.endID {
                    let length = Double(tokens.count + 1)
                    let divisor =
                        switch options.lengthPenalty {
                        case .none: 1.0
                        case .average(let a): pow(length, Double(a))
                        case .wu(let a): pow(5 + length, Double(a)) / pow(6, Double(a))
                        }
                    let coverage = covered.reduce(0) { $0 + log(min(1, $1)) }
                    results.append(
                        (tokens, sum, sum / divisor + Double(options.coveragePenalty) * coverage))
                } else if tokens.count < maximumLength {
                    visit(tokens + [token], sum, covered)
                }
            }
        }
        visit([], 0, [Double](repeating: 0, count: sourceCount))
        return results.sorted { $0.score > $1.score }
    }
}

private let startID: Int32 = 7

@Suite struct BeamSearchTests {
    static let penalties: [LengthPenalty] = [.none, .average(1), .average(0.5), .wu(0.7), .wu(2)]

    @Test(arguments: penalties, [Float(0), 0.2])
    func aWideBeamFindsWhatEnumerationFinds(penalty: LengthPenalty, coverage: Float) throws {
        let model = PrefixModel(vocabularySize: 4, sourceCount: 3)
        for seed in UInt64(1)...12 {
            var options = BeamSearchOptions(endID: 2)
            // 3⁴ beginnings of four tokens, and 3³ + 3² + 3 + 1 ends.
            options.beamSize = 400
            options.count = 7
            options.lengthPenalty = penalty
            options.coveragePenalty = coverage
            options.stopping = .certain
            try options.validate()
            let found = beamSearch(
                with: model, state: PrefixModel.state(seeds: [seed]), startID: startID,
                maximumLengths: [4], options: options)[0]
            let expected = model.enumerated(seed: seed, maximumLength: 4, options: options)
            #expect(expected.count == 121)
            #expect(found.count == 7)
            for (a, b) in zip(found, expected) {
                #expect(a.tokens == b.tokens)
                #expect(abs(a.logProbability - b.total) < 1e-4)
                #expect(abs(a.score - b.score) < 1e-4)
                #expect(a.isFinished)
                #expect(a.tokenLogProbabilities.count == a.tokens.count + 1)
                let sum = a.tokenLogProbabilities.reduce(0.0) { $0 + Double($1) }
                #expect(abs(sum - a.logProbability) < 1e-4)
            }
        }
    }

    @Test func certainStoppingLosesNothing() {
        // As the search that never stops before the greatest length.
        let model = PrefixModel(vocabularySize: 5)
        for seed in UInt64(1)...20 {
            for penalty in Self.penalties {
                var options = BeamSearchOptions(endID: 0)
                options.beamSize = 3
                options.count = 3
                options.lengthPenalty = penalty
                options.stopping = .certain
                let state = PrefixModel.state(seeds: [seed])
                let found = beamSearch(
                    with: model, state: state, startID: startID, maximumLengths: [8],
                    options: options)[0]
                let expected = plainSearch(model, seed: seed, maximumLength: 8, options: options)
                #expect(found.filter(\.isFinished).map(\.tokens) == Array(expected.prefix(3)))
            }
        }
    }

    /// A beam search written as plainly as can be: a list of beginnings, sorted at each step, to the
    /// greatest length.
    private func plainSearch(
        _ model: PrefixModel, seed: UInt64, maximumLength: Int, options: BeamSearchOptions
    ) -> [[Int32]] {
        var beginnings: [(tokens: [Int32], total: Double)] = [([], 0)]
        var ended: [(tokens: [Int32], score: Double)] = []
        for length in 1...maximumLength + 1 {
            var all: [(tokens: [Int32], total: Double)] = []
            for (tokens, total) in beginnings {
                let scores = model.logProbabilities(after: [startID] + tokens, seed: seed)
                for (token, score) in scores.enumerated() {
                    all.append((tokens + [Int32(token)], total + Double(score)))
                }
            }
            all.sort { $0.total > $1.total }
            for candidate in all.prefix(options.beamSize)
            where candidate.tokens.last == options.endID {
                ended.append(
                    (
                        Array(candidate.tokens.dropLast()),
                        candidate.total / options.lengthPenalty.divisor(length: length)
                    ))
            }
            beginnings = Array(
                all.filter { $0.tokens.last != options.endID }.prefix(options.beamSize))
        }
        return ended.sorted { $0.score > $1.score }.map(\.tokens)
    }

    @Test func aBeamOfOneIsGreedy() {
        let model = PrefixModel(vocabularySize: 6)
        for seed in UInt64(1)...20 {
            var expected: [Int32] = []
            var isFinished = false
            while expected.count <= 10 {
                let scores = model.logProbabilities(after: [startID] + expected, seed: seed)
                let token = Int32(scores.indices.max { scores[$0] < scores[$1] } ?? 0)
                isFinished = token == 3
                if isFinished || expected.count == 10 { break }
                expected.append(token)
            }
            let found = beamSearch(
                with: model, state: PrefixModel.state(seeds: [seed]), startID: startID,
                maximumLengths: [10], options: .greedy(endID: 3))[0]
            #expect(found.count == 1)
            #expect(found[0].tokens == expected)
            #expect(found[0].isFinished == isFinished)
        }
    }

    @Test func sequencesDoNotInfluenceEachOther() {
        let model = PrefixModel(vocabularySize: 6, sourceCount: 4)
        let seeds = (UInt64(1)...9).map { $0 }
        let lengths = [4, 9, 0, 7, 1, 12, 5, 5, 3]
        var options = BeamSearchOptions(endID: 1)
        options.beamSize = 4
        options.count = 4
        options.coveragePenalty = 0.1
        let together = beamSearch(
            with: model, state: PrefixModel.state(seeds: seeds), startID: startID,
            maximumLengths: lengths, options: options, sourceLengths: seeds.map { _ in 3 },
            keepsAttention: true)
        for (index, seed) in seeds.enumerated() {
            let alone = beamSearch(
                with: model, state: PrefixModel.state(seeds: [seed]), startID: startID,
                maximumLengths: [lengths[index]], options: options, sourceLengths: [3],
                keepsAttention: true)
            #expect(alone[0] == together[index])
            #expect(!alone[0].isEmpty)
            for hypothesis in alone[0] {
                #expect(hypothesis.attention.count == hypothesis.tokenLogProbabilities.count)
                #expect(hypothesis.attention.allSatisfy { $0.count == 4 })
                #expect(hypothesis.tokens.count <= lengths[index])
            }
        }
    }

    @Test func equalScoresHaveAnOrder() {
        // With few levels of probability there are many ties; by row and token there is one answer, and
        // the plain search, whose sort is stable over candidates in that order, has the same.
        let model = PrefixModel(vocabularySize: 5, levels: 0.5)
        for seed in UInt64(1)...20 {
            var options = BeamSearchOptions(endID: 0)
            options.beamSize = 4
            options.count = 4
            options.lengthPenalty = .none
            let first = beamSearch(
                with: model, state: PrefixModel.state(seeds: [seed]), startID: startID,
                maximumLengths: [6], options: options)
            let second = beamSearch(
                with: model, state: PrefixModel.state(seeds: [seed]), startID: startID,
                maximumLengths: [6], options: options)
            #expect(first == second)
        }
        // All tokens alike: the first tokens of the first rows.
        struct Flat: SequenceDecoder {
            func next(_ tokens: [Int32], state: inout [[Int32]]) -> DecoderStep {
                for row in tokens.indices { state[row].append(tokens[row]) }
                return DecoderStep(
                    logProbabilities: Tensor(
                        repeating: Float(0.25).logarithm, shape: [tokens.count, 4]))
            }
            func select(_ rows: [Int32], in state: inout [[Int32]]) {
                state = rows.map { state[Int($0)] }
            }
        }
        var options = BeamSearchOptions(endID: 3)
        options.beamSize = 3
        options.count = 3
        let found = beamSearch(
            with: Flat(), state: [[]], startID: startID, maximumLengths: [2], options: options)[0]
        #expect(found.map(\.tokens) == [[0, 0], [0, 1], [0, 2]])
        #expect(found.allSatisfy { !$0.isFinished })
    }

    @Test func excludedTokensNeverCome() {
        let model = PrefixModel(vocabularySize: 5)
        for seed in UInt64(1)...10 {
            var options = BeamSearchOptions(endID: 0)
            options.count = 5
            options.excludedIDs = [1, 3]
            let found = beamSearch(
                with: model, state: PrefixModel.state(seeds: [seed]), startID: startID,
                maximumLengths: [6], options: options)[0]
            #expect(found.allSatisfy { !$0.tokens.contains(1) && !$0.tokens.contains(3) })
            #expect(Set(found.map(\.tokens)).count == found.count)
        }
    }

    @Test func whatHasNoProbabilityIsNoCandidate() {
        struct Hopeless: SequenceDecoder {
            func next(_ tokens: [Int32], state: inout Int) -> DecoderStep {
                DecoderStep(
                    logProbabilities: Tensor([.nan, -.infinity, .nan], shape: [1, 3]))
            }
            func select(_ rows: [Int32], in state: inout Int) {}
        }
        let found = beamSearch(
            with: Hopeless(), state: 0, startID: startID, maximumLengths: [5],
            options: BeamSearchOptions(endID: 1))
        #expect(found == [[]])
    }

    @Test func finishedHypothesesComeBeforeCutOnes() {
        let model = PrefixModel(vocabularySize: 6)
        for seed in UInt64(1)...20 {
            var options = BeamSearchOptions(endID: 5)
            options.count = 5
            options.stopping = .certain
            let found = beamSearch(
                with: model, state: PrefixModel.state(seeds: [seed]), startID: startID,
                maximumLengths: [3], options: options)[0]
            let finished = found.map(\.isFinished)
            #expect(finished == finished.sorted { $0 && !$1 })
            for part in [true, false] {
                let scores = found.filter { $0.isFinished == part }.map(\.score)
                #expect(scores == scores.sorted(by: >))
            }
            #expect(found.allSatisfy { $0.isFinished || $0.tokens.count == 3 })
        }
    }

    @Test func optionsAreChecked() {
        let changes: [(String, (inout BeamSearchOptions) -> Void)] = [
            ("the beam is 0, expected from 1 to 1024", { $0.beamSize = 0 }),
            ("the number of hypotheses is 6, expected from 1 to the beam, 5", { $0.count = 6 }),
            ("the length penalty is -1.0, expected 0 or more", { $0.lengthPenalty = .wu(-1) }),
            ("the coverage penalty is nan, expected 0 or more", { $0.coveragePenalty = .nan }),
        ]
        for (message, change) in changes {
            var options = BeamSearchOptions(endID: 0)
            change(&options)
            #expect {
                try options.validate()
            } throws: { "\($0)" == message }
        }
    }
}

extension Float {
    fileprivate var logarithm: Float { Float(log(Double(self))) }
}
