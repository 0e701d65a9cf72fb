/// How well two lists of numbers go together.
package enum Correlation {
    /// Pearson's correlation, -1...1; 0 where either side is constant or there is nothing.
    package static func pearson(_ x: [Double], _ y: [Double]) -> Double {
        let count = Double(x.count)
        guard count > 0 else { return 0 }
        let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
        var (both, squareX, squareY) = (0.0, 0.0, 0.0)
        for (x, y) in zip(x, y) {
            both += (x - meanX) * (y - meanY)
            squareX += (x - meanX) * (x - meanX)
            squareY += (y - meanY) * (y - meanY)
        }
        let spread = squareX.squareRoot() * squareY.squareRoot()
        return spread > 0 ? min(1, max(-1, both / spread)) : 0
    }

    /// Spearman's correlation: Pearson's of the ranks.
    package static func spearman(_ x: [Double], _ y: [Double]) -> Double {
        pearson(ranks(x), ranks(y))
    }

    /// Ranks from 1, where equal values share the mean of their ranks.
    package static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var result = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for place in start..<end { result[order[place]] = Double(start + 1 + end) / 2 }
            start = end
        }
        return result
    }
}
