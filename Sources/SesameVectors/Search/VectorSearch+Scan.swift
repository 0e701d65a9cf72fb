import CSesameKernels

extension VectorSearch {
    /// What is asked for: unit vectors, one after the other, first those added, then those taken away.
    struct Query {
        var terms: [Float]
        var added: Int
        var subtracted: Int
        /// Rows that are not to be found.
        var excluding: [Int]
    }

    /// A row and its score.
    struct Found: Sendable {
        var row: Int
        var score: Float
    }

    /// The best rows so far, best first; of equal scores the lower row first.
    private struct Best {
        let limit: Int
        private(set) var found: [Found] = []
        /// What a later row must exceed to get in.
        private(set) var threshold = -Float.infinity

        init(limit: Int) { self.limit = limit }

        mutating func add(_ row: Int, _ score: Float) {
            var (low, high) = (0, found.count)
            while low < high {
                let middle = (low + high) / 2
                if found[middle].score >= score { low = middle + 1 } else { high = middle }
            }
            guard low < limit else { return }
            if found.count == limit { found.removeLast() }
            found.insert(Found(row: row, score: score), at: low)
            if found.count == limit { threshold = found[limit - 1].score }
        }
    }

    /// The best rows of each query.
    ///
    /// Blocks of rows are gone through on all threads, each with all queries, so that the table is read once; the
    /// blocks' best are put together in the order of blocks.
    /// - Parameter method: Of an addition each query has one term.
    func found(
        _ queries: [Query], count: Int, limit: Int?, _ method: AnalogyMethod
    ) throws(VectorError) -> [[Found]] {
        guard count > 0 else {
            throw VectorError(
                .invalidOption(name: "count", expected: "at least 1", found: "\(count)"))
        }
        guard limit ?? 1 > 0 else {
            throw VectorError(
                .invalidOption(name: "limit", expected: "at least 1", found: "\(limit ?? 0)"))
        }
        guard !queries.isEmpty else { return [] }
        let rowCount = min(limit ?? table.count, table.count)
        let terms = queries.flatMap(\.terms)
        let termCount = terms.count / table.width
        // The products of a block stay in a core's cache.
        let blockSize = min(4096, max(128, 131_072 / termCount))
        let blockCount = (rowCount + blockSize - 1) / blockSize
        let parts = table.withUnsafeValues { values in
            parallelMap(blockCount) { block in
                let rows = block * blockSize..<min((block + 1) * blockSize, rowCount)
                return withUnsafeTemporaryAllocation(
                    of: Float.self, capacity: termCount * rows.count
                ) { products in
                    guard let table = values.baseAddress else { return [Best]() }
                    let width = self.table.width
                    sesame_gemm(
                        SESAME_FLOAT32, false, true, termCount, rows.count, width, terms, width,
                        table + rows.lowerBound * width, width, false, products.baseAddress,
                        rows.count, nil)
                    return best(queries, rows, UnsafeBufferPointer(products), count, method)
                }
            }
        }
        return queries.indices.map { query in
            var all = Best(limit: count)
            for part in parts {
                for found in part[query].found where found.score > all.threshold {
                    all.add(found.row, found.score)
                }
            }
            return all.found
        }
    }

    /// The best rows of a block for each query.
    ///
    /// - Parameter products: Of all terms and the block's rows, `[terms, rows]`.
    private func best(
        _ queries: [Query], _ rows: Range<Int>, _ products: UnsafeBufferPointer<Float>,
        _ count: Int, _ method: AnalogyMethod
    ) -> [Best] {
        var term = 0
        return inverseLengths.withUnsafeBufferPointer { inverse in
            queries.map { query in
                defer { term += query.added + query.subtracted }
                let products = UnsafeBufferPointer(rebasing: products[(term * rows.count)...])
                var best = Best(limit: count)
                for place in 0..<rows.count {
                    let row = rows.lowerBound + place
                    let score: Float
                    switch method {
                    case .addition: score = products[place] * inverse[row]
                    case .multiplication:
                        var (above, below): (Float, Float) = (1, 1)
                        for term in 0..<query.added + query.subtracted {
                            let cosine = products[term * rows.count + place] * inverse[row]
                            if term < query.added {
                                above *= (1 + cosine) / 2
                            } else {
                                below *= (1 + cosine) / 2
                            }
                        }
                        score = above / (below + 0.000_001)
                    }
                    if score > best.threshold, !query.excluding.contains(row) {
                        best.add(row, score)
                    }
                }
                return best
            }
        }
    }
}
