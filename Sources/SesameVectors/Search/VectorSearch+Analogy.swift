/// How the words of an analogy are put together.
public enum AnalogyMethod: String, Sendable, CaseIterable {
    /// 3CosAdd: nearest to the sum of the unit vectors, those taken away with a minus (Mikolov et al. 2013a).
    case addition = "add"
    /// 3CosMul: the product of the similarities to the words added over that to those taken away, each similarity
    /// moved to 0...1, and 0.000001 added to the divisor (Levy & Goldberg 2014, equation 4). No one term
    /// outweighs the others.
    case multiplication = "mul"
}

extension VectorSearch {
    /// The words d for which a is to b as c is to d; a, b and c left out.
    ///
    /// - Parameters:
    ///   - a: As Athens.
    ///   - b: As Greece.
    ///   - c: As Oslo.
    ///   - method: How a candidate is scored.
    ///   - count: How many to find.
    ///   - limit: Searches the first rows alone; nil for all.
    /// - Throws: ``VectorError`` with code `.unknownWord` or `.invalidOption`.
    public func analogy(
        _ a: String, isTo b: String, as c: String, by method: AnalogyMethod = .addition,
        count: Int = 10, limit: Int? = nil
    ) throws(VectorError) -> [WordNeighbour] {
        try nearest(toSumOf: [b, c], without: [a], by: method, count: count, limit: limit)
    }

    /// The words nearest to some words together and far from others, all of these left out.
    ///
    /// - Throws: ``VectorError`` with code `.unknownWord` or `.invalidOption`.
    public func nearest(
        toSumOf added: [String], without subtracted: [String] = [],
        by method: AnalogyMethod = .addition, count: Int = 10, limit: Int? = nil
    ) throws(VectorError) -> [WordNeighbour] {
        guard !added.isEmpty else {
            throw VectorError(
                .invalidOption(name: "words", expected: "at least one", found: "none"))
        }
        var query = Query(
            terms: [], added: added.count, subtracted: subtracted.count, excluding: [])
        for word in added + subtracted {
            query.terms += Self.unit(try table.requiredVector(of: word))
            if let row = table.row(of: word) { query.excluding.append(row) }
        }
        if method == .addition { query = summed(query) }
        return neighbours(try found([query], count: count, limit: limit, method)[0])
    }

    /// A query whose terms are put together into one vector of length 1.
    func summed(_ query: Query) -> Query {
        let width = table.width
        var sum = [Float](repeating: 0, count: width)
        for term in 0..<query.added + query.subtracted {
            Self.add(
                Array(query.terms[term * width..<(term + 1) * width]), term < query.added ? 1 : -1,
                to: &sum)
        }
        return Query(
            terms: Self.unit(sum), added: 1, subtracted: 0, excluding: query.excluding)
    }
}
