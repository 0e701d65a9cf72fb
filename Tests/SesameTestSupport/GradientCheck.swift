/// Checks gradients of a function of Float32 arrays against central differences.
///
/// The function's values are multiplied by fixed weights and added up in Double, so that only the
/// function's own rounding is left in the difference. Two step sizes are combined (Richardson), which
/// cancels the error of order h² and allows a step large enough for Float32.
public struct GradientCheck {
    /// The largest step. Inputs should be of order 1 and stay clear of kinks by more than this.
    public var step: Float = 0.04

    /// What a gradient may differ by, times the largest magnitude of the input's gradient (at least 1).
    public var tolerance: Float = 1e-3

    /// A check with the default step and tolerance.
    public init() {}

    /// A check with the given step and tolerance.
    public init(step: Float, tolerance: Float) {
        self.step = step
        self.tolerance = tolerance
    }

    /// Compares gradients with central differences, element by element.
    ///
    /// - Parameters:
    ///   - inputs: the point.
    ///   - gradients: the gradients of Σ weights · function with respect to each input.
    ///   - weights: one for each value of the function.
    ///   - function: its values at a point.
    /// - Returns: nil where all fit, else the first input that does not, with index and both values.
    public func mismatch(
        inputs: [[Float]], gradients: [[Float]], weights: [Float],
        function: ([[Float]]) -> [Float]
    ) -> String? {
        guard inputs.map(\.count) == gradients.map(\.count) else {
            return
                "inputs have \(inputs.map(\.count)) elements, gradients \(gradients.map(\.count))"
        }
        for input in inputs.indices {
            let scale = gradients[input].reduce(1) { max($0, abs($1)) }
            for index in inputs[input].indices {
                var point = inputs
                let difference = centralDifference(weights: weights, function: function) { offset in
                    point[input][index] = inputs[input][index] + offset
                    return (point, Double(point[input][index]))
                }
                guard let difference else { return "the function has not \(weights.count) values" }
                let error = abs(Double(gradients[input][index]) - difference)
                if !(error <= Double(tolerance * scale)) {
                    return "input \(input), index \(index): central difference \(difference), "
                        + "gradient \(gradients[input][index]) (tolerance \(tolerance * scale))"
                }
            }
        }
        return nil
    }

    /// Compares gradients with central differences along one direction: for large inputs.
    ///
    /// - Parameter direction: one array for each input, of order 1 / √elements in total.
    /// - Returns: nil where they fit, else both values.
    public func directionalMismatch(
        inputs: [[Float]], gradients: [[Float]], weights: [Float], direction: [[Float]],
        function: ([[Float]]) -> [Float]
    ) -> String? {
        var expected = 0.0
        var scale = 1.0
        for (gradient, part) in zip(gradients, direction) {
            for (g, d) in zip(gradient, part) {
                expected += Double(g) * Double(d)
                scale = max(scale, abs(Double(g)))
            }
        }
        let difference = centralDifference(weights: weights, function: function) { offset in
            let point = zip(inputs, direction).map { input, part in
                zip(input, part).map { $0 + offset * $1 }
            }
            return (point, Double(offset))
        }
        guard let difference else { return "the function has not \(weights.count) values" }
        guard abs(expected - difference) <= Double(tolerance) * max(scale, abs(expected)) else {
            return "central difference \(difference), gradient along the direction \(expected) "
                + "(tolerance \(Double(tolerance) * max(scale, abs(expected))))"
        }
        return nil
    }

    private func centralDifference(
        weights: [Float], function: ([[Float]]) -> [Float],
        at point: (Float) -> (inputs: [[Float]], position: Double)
    ) -> Double? {
        func slope(_ step: Float) -> Double? {
            let above = point(step)
            let high = function(above.inputs)
            let below = point(-step)
            let low = function(below.inputs)
            guard high.count == weights.count, low.count == weights.count else { return nil }
            var sum = 0.0
            for (index, weight) in weights.enumerated() {
                sum += Double(weight) * (Double(high[index]) - Double(low[index]))
            }
            // The step as Float32 made it.
            return sum / (above.position - below.position)
        }
        guard let coarse = slope(step), let fine = slope(step / 2) else { return nil }
        return (4 * fine - coarse) / 3
    }
}
