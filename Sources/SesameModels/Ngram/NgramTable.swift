/// N-grams of every length up to an order, with a count each, in sorted tables.
///
/// Level n (from 1) holds the n-grams of n tokens, sorted; those that begin with one n-gram of the level below
/// lie together. So an n-gram is its last token and its place, and looking one up is a binary search a
/// token. Level 1 has a row for every id of the vocabulary.
struct NgramTable: Sendable {
    /// The n-grams of one length.
    struct Level: Sendable {
        /// The last token of each.
        var words: [Int32]
        /// How often each counts.
        var counts: [Int32]
        /// Where each one's continuations begin in the level above, and where the last one's end; empty for the
        /// longest n-grams.
        var children: [Int32]
    }

    /// Unigrams first.
    var levels: [Level]

    /// The n-gram that continues row `row` of level `level` (0: the empty one) with a token.
    func child(of row: Int, level: Int, word: Int32) -> Int? {
        guard level > 0 else { return Int(word) }
        return find(word, level: level, in: children(of: row, level: level))
    }

    /// The rows of the level above that continue a row.
    func children(of row: Int, level: Int) -> Range<Int> {
        guard level > 0 else { return levels[0].words.indices }
        let starts = levels[level - 1].children
        return Int(starts[row])..<Int(starts[row + 1])
    }

    private func find(_ word: Int32, level: Int, in range: Range<Int>) -> Int? {
        levels[level].words.withUnsafeBufferPointer { words in
            var (low, high) = (range.lowerBound, range.upperBound)
            while low < high {
                let middle = (low + high) / 2
                if words[middle] < word { low = middle + 1 } else { high = middle }
            }
            return low < range.upperBound && words[low] == word ? low : nil
        }
    }
}

// MARK: - Counting

extension NgramTable {
    /// Counts the n-grams of a text as Kneser-Ney smoothing wants them.
    ///
    /// The longest n-grams have their number of occurrences; a shorter one has the number of different
    /// tokens that it follows, or of its occurrences where it begins a text, since nothing is before it.
    /// No n-gram reaches across the end of a text, which stands before the next one's first token too.
    ///
    /// Positions are sorted by the tokens from there on, one stable counting pass a token, and read off once.
    /// - Complexity: O(order · (tokens + vocabulary)) time; about 12 bytes a token beyond the result.
    init(counting text: [Int32], vocabularySize: Int, order: Int, end: Int32?) {
        let tokens = end.map { [$0] + text } ?? text
        let lengths = Self.lengths(tokens, order: order, end: end)
        let positions = Self.sorted(
            tokens, lengths: lengths, vocabularySize: vocabularySize, order: order)
        levels = (0..<order).map { _ in Level(words: [], counts: [], children: []) }
        levels[0].words = (0..<Int32(vocabularySize)).map { $0 }
        levels[0].counts = [Int32](repeating: 0, count: vocabularySize)
        read(tokens, lengths: lengths, positions: positions)
        if order == 1 {
            // The end before the first text was put there; it is no occurrence.
            if let end { levels[0].counts[Int(end)] -= 1 }
        } else {
            countContinuations(end: end)
        }
    }

    /// How long the n-gram at each position may be.
    private static func lengths(_ tokens: [Int32], order: Int, end: Int32?) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: tokens.count)
        var room = 0  // tokens from here up to the next end, both counted
        for position in tokens.indices.reversed() {
            room += 1
            result[position] = UInt8(min(order, room))
            if tokens[position] == end { room = 1 }
        }
        return result
    }

    /// The positions, sorted by the tokens that each n-gram has.
    private static func sorted(
        _ tokens: [Int32], lengths: [UInt8], vocabularySize: Int, order: Int
    ) -> [Int32] {
        var positions = (0..<Int32(tokens.count)).map { $0 }
        var target = positions
        var starts = [Int32](repeating: 0, count: vocabularySize + 1)
        for place in (0..<order).reversed() {
            // What ends before this place comes first.
            func key(_ position: Int32) -> Int {
                place < Int(lengths[Int(position)]) ? Int(tokens[Int(position) + place]) + 1 : 0
            }
            for index in starts.indices { starts[index] = 0 }
            for position in positions { starts[key(position)] += 1 }
            var sum: Int32 = 0
            for index in starts.indices {
                let count = starts[index]
                starts[index] = sum
                sum += count
            }
            for position in positions {
                let bucket = key(position)
                target[Int(starts[bucket])] = position
                starts[bucket] += 1
            }
            swap(&positions, &target)
        }
        return positions
    }

    /// Fills the levels with the n-grams at the sorted positions and how often they occur.
    private mutating func read(_ tokens: [Int32], lengths: [UInt8], positions: [Int32]) {
        let order = levels.count
        var previous: Int?
        var unigram = -1
        for position in positions {
            let position = Int(position)
            let length = Int(lengths[position])
            var shared = 0
            if let previous {
                let most = min(length, Int(lengths[previous]))
                while shared < most, tokens[previous + shared] == tokens[position + shared] {
                    shared += 1
                }
            }
            if shared == 0 {
                // Ids that do not occur have no continuations.
                let word = Int(tokens[position])
                if order > 1 {
                    while unigram < word {
                        levels[0].children.append(Int32(levels[1].words.count))
                        unigram += 1
                    }
                }
            }
            for level in max(1, shared)..<max(1, shared, length) {
                if level + 1 < order {
                    levels[level].children.append(Int32(levels[level + 1].words.count))
                }
                levels[level].words.append(tokens[position + level])
                levels[level].counts.append(0)
            }
            levels[0].counts[Int(tokens[position])] += 1
            for level in 1..<max(1, length) {
                levels[level].counts[levels[level].counts.count - 1] += 1
            }
            previous = position
        }
        for level in 0..<(order - 1) {
            let next = Int32(levels[level + 1].words.count)
            while levels[level].children.count <= levels[level].words.count {
                levels[level].children.append(next)
            }
        }
    }

    /// Replaces the counts of all but the longest n-grams by the number of tokens that each follows.
    private mutating func countContinuations(end: Int32?) {
        // Of each level the n-grams that begin a text: they keep their occurrences.
        var beginnings = end.map { Int($0)..<Int($0) + 1 } ?? 0..<0
        // For the level at hand, where each n-gram's tail (all but its first token) is in the level below.
        var tails: [Int32] = []
        for level in 0..<(levels.count - 1) {
            var counts = [Int32](repeating: 0, count: levels[level].words.count)
            var nextTails = [Int32](repeating: 0, count: levels[level + 1].words.count)
            for row in levels[level].words.indices {
                let children = children(of: row, level: level + 1)
                guard !children.isEmpty else { continue }
                guard level > 0 else {
                    for child in children {
                        let tail = levels[1].words[child]
                        nextTails[child] = tail
                        counts[Int(tail)] += 1
                    }
                    continue
                }
                // The tail's continuations hold all of these, in the same order.
                var tail = self.children(of: Int(tails[row]), level: level).lowerBound
                for child in children {
                    while levels[level].words[tail] < levels[level + 1].words[child] { tail += 1 }
                    nextTails[child] = Int32(tail)
                    counts[tail] += 1
                }
            }
            // A text's end is predicted like any token; only what follows it begins a text.
            if level > 0 {
                for row in beginnings { counts[row] = levels[level].counts[row] }
            }
            levels[level].counts = counts
            let starts = levels[level].children
            beginnings =
                beginnings.isEmpty
                ? 0..<0
                : Int(starts[beginnings.lowerBound])..<Int(starts[beginnings.upperBound])
            tails = nextTails
        }
    }
}
