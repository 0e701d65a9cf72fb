/// Compares numbers element by element, counts first.
///
/// A number fits where |actual - expected| ≤ absolute + relative · |expected|; numbers that are not finite
/// must be the same. Use it inside an expectation, which then shows what does not fit:
///
///     #expect(difference(y.scalars, from: [1, 2, 3], absolute: 1e-5) == nil)
///
/// - Returns: nil where all fit, else a sentence with the index and both values of the worst element.
public func difference(
    _ actual: [Float], from expected: [Float], absolute: Float = 0, relative: Float = 0
) -> String? {
    guard actual.count == expected.count else {
        return "expected \(expected.count) values, found \(actual.count)"
    }
    var worst: (index: Int, excess: Float)?
    var bad = 0
    for (index, (a, e)) in zip(actual, expected).enumerated() {
        let excess: Float
        if a.isFinite && e.isFinite {
            excess = abs(a - e) - (absolute + relative * abs(e))
        } else {
            excess = a == e || (a.isNaN && e.isNaN) ? -1 : .infinity
        }
        guard excess > 0 else { continue }
        bad += 1
        if worst.map({ excess > $0.excess }) ?? true { worst = (index, excess) }
    }
    guard let worst else { return nil }
    return "\(bad) of \(actual.count) values differ, most at index \(worst.index): "
        + "expected \(expected[worst.index]), found \(actual[worst.index]) "
        + "(tolerance \(absolute) + \(relative) · |expected|)"
}

/// Compares arrays of any shape: shapes first, then element by element.
///
/// - Returns: nil where all fit, else what does not.
public func difference(
    _ actual: [Float], shape: some Collection<Int>, from expected: [Float],
    shape expectedShape: some Collection<Int>, absolute: Float = 0, relative: Float = 0
) -> String? {
    guard Array(shape) == Array(expectedShape) else {
        return "expected shape \(Array(expectedShape)), found \(Array(shape))"
    }
    return difference(actual, from: expected, absolute: absolute, relative: relative)
}

/// Compares numbers bit by bit.
///
/// - Returns: nil where all bits are equal, else the first element that differs.
public func bitDifference(_ actual: [Float], from expected: [Float]) -> String? {
    guard actual.count == expected.count else {
        return "expected \(expected.count) values, found \(actual.count)"
    }
    for index in actual.indices where actual[index].bitPattern != expected[index].bitPattern {
        return "index \(index): expected \(expected[index]), found \(actual[index])"
    }
    return nil
}
