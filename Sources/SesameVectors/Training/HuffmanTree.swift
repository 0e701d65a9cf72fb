import CSesameKernels

/// The paths of the hierarchical softmax: from the root of a Huffman tree over the words' counts to each word.
///
/// Frequent words have short paths. As in word2vec.c, of the two rarest nodes the rarer gets code 0, and the
/// probability of a word with nodes n and codes c is Π σ((1 - 2 c_j) h · o(n_j)).
package struct HuffmanTree {
    /// Word w's path is `nodes[offsets[w]..<offsets[w + 1]]`, from the root on.
    package private(set) var offsets: [UInt64] = [0]
    /// Inner nodes, from 0 to one below the number of words minus one; the upper bit is the code.
    package private(set) var nodes: [UInt32] = []
    package private(set) var longestPath = 0

    /// - Complexity: O(n log n) for n words.
    package init(counts: [Int]) {
        let count = counts.count
        // Two queues, both in rising order: words, and inner nodes as they are made.
        let order = counts.indices.sorted { (counts[$0], $1) < (counts[$1], $0) }
        var parents = [Int](repeating: 0, count: max(1, 2 * count - 1))
        var codes = [Bool](repeating: false, count: parents.count)
        var sums = [Int](repeating: 0, count: max(0, count - 1))
        var (word, inner) = (0, 0)
        func next(_ made: Int) -> (node: Int, count: Int) {
            if word < count, inner >= made || counts[order[word]] <= sums[inner] {
                word += 1
                return (order[word - 1], counts[order[word - 1]])
            }
            inner += 1
            return (count + inner - 1, sums[inner - 1])
        }
        for made in 0..<max(0, count - 1) {
            let (first, second) = (next(made), next(made))
            sums[made] = first.count + second.count
            parents[first.node] = count + made
            parents[second.node] = count + made
            codes[second.node] = true
        }
        let root = parents.count - 1
        offsets.reserveCapacity(count + 1)
        for start in 0..<count {
            var path: [UInt32] = []
            var node = start
            while node != root {
                path.append(
                    UInt32(parents[node] - count) | (codes[node] ? SESAME_SENTENCE_END : 0))
                node = parents[node]
            }
            nodes.append(contentsOf: path.reversed())
            longestPath = max(longestPath, path.count)
            offsets.append(UInt64(nodes.count))
        }
    }
}
