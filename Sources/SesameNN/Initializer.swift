import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How a parameter's first values are drawn.
///
/// The values depend on the key and the shape alone, so the same seed always gives the same model.
public enum Initializer: Sendable, Hashable {
    /// All values alike.
    case constant(Float)
    /// Normal with mean 0 and this standard deviation (0.02 in GPT-2 and BERT).
    case normal(Float)
    /// Normal with mean 0 and this standard deviation, drawn again where it lies beyond two of them.
    case truncatedNormal(Float)
    /// Uniform in ± this bound.
    case uniform(Float)
    /// Uniform in ± √(6 / (inputs + outputs)).
    ///
    /// Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural
    /// networks, eq. 16.
    case xavierUniform
    /// Uniform in ± 1/√inputs: PyTorch's default for `nn.Linear`, of weights and biases alike.
    case inverseRootInputs

    /// All zeros.
    public static let zeros = Initializer.constant(0)
    /// All ones.
    public static let ones = Initializer.constant(1)

    /// A tensor of first values.
    ///
    /// - Parameters:
    ///   - shape: For a weight `[outputs, inputs]`; the last axis counts the inputs.
    ///   - key: Where the values come from.
    ///   - inputCount: The fan-in where it is not the last axis, as for a bias.
    public func callAsFunction(_ shape: Shape, key: RandomKey, inputCount: Int? = nil) -> Tensor {
        let inputs = Float(max(1, inputCount ?? shape.last))
        switch self {
        case .constant(let value):
            return Tensor(repeating: value, shape: shape)
        case .normal(let deviation):
            return .normal(shape, mean: 0, standardDeviation: deviation, key: key)
        case .truncatedNormal(let deviation):
            return Self.truncated(shape, deviation: deviation, key: key)
        case .uniform(let bound):
            return .uniform(shape, in: -bound..<bound, key: key)
        case .xavierUniform:
            let bound = (6 / (inputs + Float(shape.leading))).squareRoot()
            return .uniform(shape, in: -bound..<bound, key: key)
        case .inverseRootInputs:
            let bound = 1 / inputs.squareRoot()
            return .uniform(shape, in: -bound..<bound, key: key)
        }
    }

    /// Draws the values beyond two deviations again, one after the other (4.6 % of them).
    private static func truncated(_ shape: Shape, deviation: Float, key: RandomKey) -> Tensor {
        var result = Tensor.normal(shape, mean: 0, standardDeviation: deviation, key: key)
        var generator = RandomGenerator(key: key.derived(1))
        let limit = 2 * deviation
        result.withUnsafeMutableBufferPointer { values in
            for i in values.indices {
                while abs(values[i]) > limit {
                    let radius: Double = (-2 * log(1 - generator.nextUniform())).squareRoot()
                    let angle: Double = 2 * Double.pi * generator.nextUniform()
                    values[i] = deviation * Float(radius * cos(angle))
                }
            }
        }
        return result
    }
}
