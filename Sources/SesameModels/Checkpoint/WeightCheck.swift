import SesameTensor

/// Refuses weights that would only show in what the model says: one value that is not a number makes
/// every output one.
enum WeightCheck {
    static func finite(_ model: some Module, from place: String) throws {
        var bad: [String] = []
        for (path, tensor) in model.parameters where !tensor.isFinite { bad.append(path) }
        guard let first = bad.first else { return }
        throw ModelError(
            .parameters,
            "the weights in \(place) hold values that are not finite numbers in \(bad.count) of "
                + "\(model.parameters.count) parameters, the first being \(first); "
                + "the training that wrote them had failed, or the file is damaged")
    }
}

extension Tensor {
    /// Whether no element is NaN or infinite.
    fileprivate var isFinite: Bool {
        withUnsafeBufferPointer { scalars in
            // Without a branch, so that the compiler takes many at once.
            var largestExponent: UInt32 = 0
            for scalar in scalars {
                largestExponent = max(largestExponent, scalar.bitPattern & 0x7F80_0000)
            }
            return largestExponent != 0x7F80_0000
        }
    }
}
