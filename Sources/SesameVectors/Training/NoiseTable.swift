import CSesameKernels

/// Words in proportion to a power of their counts, drawn in constant time by the alias method.
///
/// The table has a cell a word; each holds at most two words, so that a draw is one cell and one comparison.
/// Source: Vose 1991, "A linear algorithm for generating random numbers with a given distribution".
package struct NoiseTable {
    package private(set) var cells: [sesame_alias]

    package init(counts: [Int], power: Double) {
        let weights = counts.map { $0 > 0 ? SesameVectors.power(Double($0), power) : 0 }
        self.init(weights: weights)
    }

    /// - Precondition: No weight is negative, and one is positive.
    init(weights: [Double]) {
        let total = weights.reduce(0, +)
        precondition(total > 0 && total.isFinite, "weights that add up to \(total)")
        var shares = weights.map { $0 / total * Double(weights.count) }
        cells = weights.indices.map { sesame_alias(threshold: .max, alias: UInt32($0)) }
        var small: [Int] = []
        var large: [Int] = []
        for index in shares.indices {
            if shares[index] < 1 { small.append(index) } else { large.append(index) }
        }
        while let low = small.last, let high = large.last {
            small.removeLast()
            cells[low] = sesame_alias(
                threshold: UInt32(min(shares[low] * 0x1p32, 0x1p32 - 1)), alias: UInt32(high))
            shares[high] -= 1 - shares[low]
            if shares[high] < 1 {
                large.removeLast()
                small.append(high)
            }
        }
    }

    /// The probability of each word, as the table draws it.
    package var probabilities: [Double] {
        var result = [Double](repeating: 0, count: cells.count)
        for (index, cell) in cells.enumerated() {
            let own = Int(cell.alias) == index ? 1 : Double(cell.threshold) * 0x1p-32
            result[index] += own / Double(cells.count)
            if own < 1 { result[Int(cell.alias)] += (1 - own) / Double(cells.count) }
        }
        return result
    }
}

/// Which words a pass keeps: by word, the largest 32-bit draw that keeps it.
///
/// With f the word's share of the text and t the threshold, it is kept with the probability (√(f/t) + 1) · t/f,
/// as word2vec.c and gensim have it (Mikolov et al. 2013b, equation 5, writes 1 - √(t/f) for leaving out).
package func keepThresholds(counts: [Int], subsampling: Double) -> [UInt32] {
    guard subsampling > 0 else { return [UInt32](repeating: .max, count: counts.count) }
    let limit = subsampling * Double(counts.reduce(0, +))
    return counts.map { count in
        let probability = ((Double(count) / limit).squareRoot() + 1) * limit / Double(max(count, 1))
        return probability >= 1 ? .max : UInt32(probability * 0x1p32)
    }
}
