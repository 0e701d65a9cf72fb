import CSesameKernels

/// The paths of the hierarchical softmax: from the root of a Huffman tree over the words' counts to each word.
///
/// Frequent words have short paths. As in word2vec.c, of the two rarest nodes the rarer gets code 0, and the
/// probability of a word with nodes n and codes c is Π σ((1 - 2 c_j) h · o(n_j)).
///
/// Where the vocabulary has grown, the words of each growth have a tree of their own, and a new root stands above it
/// and all that was there before:
///
///         new root                 code 0: the old tree as it was; code 1: the new words
///        /        \
///     old tree   new words' tree
///
/// An old word's path is then its old path with one step in front, so that every inner node goes on splitting the very
/// words that its vector learnt to split. A tree made anew over all counts would be shorter, by about a step a word,
/// but its nodes would stand for other splits, and most of what was learnt would be worth nothing.
package struct HuffmanTree {
    /// Word w's path is `nodes[offsets[w]..<offsets[w + 1]]`, from the root on.
    package private(set) var offsets: [UInt64] = [0]
    /// Inner nodes, from 0 to one below the number of words minus one; the upper bit is the code. Those of the first
    /// words come first; then, for each growth, its root and the nodes of its words.
    package private(set) var nodes: [UInt32] = []
    package private(set) var longestPath = 0

    /// A tree over words that came at once.
    package init(counts: [Int]) { self.init(growths: [counts]) }

    /// A tree over words that came one lot after the other.
    ///
    /// - Parameter growths: The counts of each lot's words, as they were when it came.
    /// - Complexity: O(n log n) for n words.
    package init(growths: [[Int]]) {
        var first = 0
        for (growth, counts) in growths.enumerated() where !counts.isEmpty {
            // The roots above this lot: one for each later growth, and its own.
            var above: [UInt32] = []
            var later = first + counts.count
            for next in growths[(growth + 1)...] where !next.isEmpty {
                above.insert(UInt32(later - 1), at: 0)
                later += next.count
            }
            if first > 0 { above.append(UInt32(first - 1) | SESAME_SENTENCE_END) }
            add(counts, firstNode: first, below: above)
            first += counts.count
        }
    }

    /// Adds the words of a tree of their own, whose inner nodes are numbered from `firstNode` on.
    private mutating func add(_ counts: [Int], firstNode: Int, below above: [UInt32]) {
        let count = counts.count
        // Two queues, both in rising order: words, and inner nodes as they are made.
        let order = counts.indices.sorted { (counts[$0], $1) < (counts[$1], $0) }
        var parents = [Int](repeating: 0, count: 2 * count - 1)
        var codes = [Bool](repeating: false, count: parents.count)
        var sums = [Int](repeating: 0, count: count - 1)
        var (word, inner) = (0, 0)
        func next(_ made: Int) -> (node: Int, count: Int) {
            if word < count, inner >= made || counts[order[word]] <= sums[inner] {
                word += 1
                return (order[word - 1], counts[order[word - 1]])
            }
            inner += 1
            return (count + inner - 1, sums[inner - 1])
        }
        for made in 0..<count - 1 {
            let (first, second) = (next(made), next(made))
            sums[made] = first.count + second.count
            parents[first.node] = count + made
            parents[second.node] = count + made
            codes[second.node] = true
        }
        let root = parents.count - 1
        offsets.reserveCapacity(offsets.count + count)
        for start in 0..<count {
            var path: [UInt32] = []
            var node = start
            while node != root {
                path.append(
                    UInt32(firstNode + parents[node] - count)
                        | (codes[node] ? SESAME_SENTENCE_END : 0))
                node = parents[node]
            }
            nodes.append(contentsOf: above)
            nodes.append(contentsOf: path.reversed())
            longestPath = max(longestPath, above.count + path.count)
            offsets.append(UInt64(nodes.count))
        }
    }
}
