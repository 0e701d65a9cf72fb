#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The search for one sequence.
struct Beam {
    /// A token of a beginning, and the beginning before it.
    private struct Node {
        /// Place among the nodes; -1 for the start.
        let parent: Int
        let token: Int32
        let logProbability: Float
        /// The sum up to here.
        let total: Double
        let length: Int
        let attention: [Float]
    }

    /// A beginning that goes on.
    struct Continuation {
        /// The row of its beginning among this sequence's rows.
        let row: Int
        let token: Int32
        fileprivate let node: Int
    }

    private struct Candidate {
        let row: Int
        let token: Int32
        let logProbability: Float
        let total: Double

        /// Better ones first; equal ones by row, then by token.
        static func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
            if a.total != b.total { return a.total > b.total }
            return (a.row, a.token) < (b.row, b.token)
        }
    }

    private struct Ended {
        let node: Int
        let score: Double
        let isFinished: Bool
    }

    private let options: BeamSearchOptions
    private let maximumLength: Int
    private let sourceLength: Int?
    private var nodes: [Node] = []
    /// What goes on after the last step; empty once the search is over.
    private(set) var live: [Continuation] = []
    private var ended: [Ended] = []
    private var step = 0

    init(options: BeamSearchOptions, maximumLength: Int, sourceLength: Int?) {
        self.options = options
        self.maximumLength = maximumLength
        self.sourceLength = sourceLength
    }

    /// How many rows of the decoder's state are this sequence's.
    var rowCount: Int { step == 0 ? 1 : live.count }

    /// Takes the scores of the next tokens of all rows.
    ///
    /// - Parameters:
    ///   - scores: `[rows, vocabulary]` of all sequences.
    ///   - firstRow: Where this sequence's rows begin.
    ///   - attention: One vector of weights a row; empty where there are none.
    mutating func advance(
        scores: UnsafeBufferPointer<Float>, firstRow: Int, vocabularySize: Int,
        attention: [[Float]]
    ) {
        let parents = live.map(\.node)
        let rows = rowCount
        // Beyond the greatest length only an end counts; what does not end there is unfinished.
        let isLast = step == maximumLength
        var candidates: [Candidate] = []
        for row in 0..<rows {
            let total = step == 0 ? 0 : nodes[parents[row]].total
            let start = (firstRow + row) * vocabularySize
            let values = UnsafeBufferPointer(rebasing: scores[start..<start + vocabularySize])
            // Of one row at most these can be among the first `beamSize` that do not end.
            best(of: values, row: row, total: total, count: options.beamSize + 1, into: &candidates)
        }
        candidates.sort(by: Candidate.precedes)
        step += 1
        live.removeAll(keepingCapacity: true)
        func append(_ candidate: Candidate) -> Int {
            nodes.append(
                Node(
                    parent: parents.isEmpty ? -1 : parents[candidate.row], token: candidate.token,
                    logProbability: candidate.logProbability, total: candidate.total, length: step,
                    attention: attention.isEmpty ? [] : attention[candidate.row]))
            return nodes.count - 1
        }
        var endedRows: Set<Int> = []
        for (rank, candidate) in candidates.enumerated() {
            if candidate.token == options.endID {
                guard rank < options.beamSize else { continue }
                let node = append(candidate)
                ended.append(Ended(node: node, score: score(node), isFinished: true))
                endedRows.insert(candidate.row)
            } else if live.count < options.beamSize, !isLast {
                live.append(
                    Continuation(
                        row: candidate.row, token: candidate.token, node: append(candidate)))
            } else if rank >= options.beamSize {
                break
            }
        }
        if isLast {
            for row in 0..<rows where !endedRows.contains(row) {
                let node = parents.isEmpty ? -1 : parents[row]
                ended.append(
                    Ended(node: node, score: node < 0 ? 0 : score(node), isFinished: false))
            }
        } else if isOver {
            live.removeAll()
        }
    }

    /// The `count` best tokens of a row.
    private func best(
        of values: UnsafeBufferPointer<Float>, row: Int, total: Double, count: Int,
        into candidates: inout [Candidate]
    ) {
        // Kept in order, the worst last; a later token goes behind an equal earlier one.
        var tokens: [Int32] = []
        var kept: [Float] = []
        var worst = -Float.infinity
        for token in values.indices {
            let value = values[token]
            // False for NaN too: what has no probability is no candidate.
            guard value > worst else { continue }
            if options.excludedIDs.contains(Int32(token)) { continue }
            var place = kept.count
            while place > 0, kept[place - 1] < value { place -= 1 }
            kept.insert(value, at: place)
            tokens.insert(Int32(token), at: place)
            if kept.count > count {
                kept.removeLast()
                tokens.removeLast()
            }
            if kept.count == count { worst = kept[count - 1] }
        }
        for (token, value) in zip(tokens, kept) {
            candidates.append(
                Candidate(
                    row: row, token: token, logProbability: value, total: total + Double(value)))
        }
    }

    private var isOver: Bool {
        if live.isEmpty { return true }
        switch options.stopping {
        case .enough:
            return ended.count >= options.beamSize
        case .certain:
            guard ended.count >= options.count else { return false }
            let needed = ended.map(\.score).sorted(by: >)[options.count - 1]
            return live.allSatisfy { bound(nodes[$0.node]) <= needed }
        }
    }

    /// No score of what may become of a beginning is above this: its sum can only fall, what it is divided
    /// by is largest at the greatest length, and the coverage penalty is at best nothing.
    private func bound(_ node: Node) -> Double {
        node.total
            / max(
                options.lengthPenalty.divisor(length: node.length + 1),
                options.lengthPenalty.divisor(length: maximumLength + 1))
    }

    private func score(_ node: Int) -> Double {
        let score = nodes[node].total / options.lengthPenalty.divisor(length: nodes[node].length)
        guard options.coveragePenalty > 0 else { return score }
        var covered: [Float] = []
        for weights in path(to: node).map({ nodes[$0].attention }) where !weights.isEmpty {
            if covered.isEmpty { covered = [Float](repeating: 0, count: weights.count) }
            for position in weights.indices { covered[position] += weights[position] }
        }
        let penalty = covered.prefix(sourceLength ?? covered.count).reduce(0.0) {
            // A weight of exactly 0 is one too small for Float32, not a certainty.
            $0 + log(Double(max(Float.leastNormalMagnitude, min(1, $1))))
        }
        return score + Double(options.coveragePenalty) * penalty
    }

    /// The nodes of a sequence, the first token's first.
    private func path(to node: Int) -> [Int] {
        var path: [Int] = []
        var next = node
        while next >= 0 {
            path.append(next)
            next = nodes[next].parent
        }
        return path.reversed()
    }

    /// What was found, the best first.
    func hypotheses(keepsAttention: Bool) -> [Hypothesis] {
        let order = ended.indices.sorted { a, b in
            let (x, y) = (ended[a], ended[b])
            if x.isFinished != y.isFinished { return x.isFinished }
            return x.score != y.score ? x.score > y.score : a < b
        }
        return order.prefix(options.count).map { index in
            let path = path(to: ended[index].node).map { nodes[$0] }
            let isFinished = ended[index].isFinished
            return Hypothesis(
                tokens: path.dropLast(isFinished ? 1 : 0).map(\.token),
                tokenLogProbabilities: path.map(\.logProbability),
                logProbability: path.last?.total ?? 0, score: ended[index].score,
                isFinished: isFinished,
                attention: keepsAttention ? path.map(\.attention).filter { !$0.isEmpty } : [])
        }
    }
}
