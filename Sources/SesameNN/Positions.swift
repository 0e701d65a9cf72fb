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

/// A learned vector for each position, added to the input, as in GPT-2 and BERT.
public struct LearnedPositions: Module {
    /// `[maxSequenceLength, hidden]`.
    public var weight: Tensor

    /// Fresh vectors.
    ///
    /// - Parameters:
    ///   - maxSequenceLength: How many positions there are.
    ///   - hiddenSize: The length of a vector.
    ///   - initializer: How the vectors are drawn.
    ///   - key: Where they are drawn from.
    public init(
        maxSequenceLength: Int, hiddenSize: Int, initializer: Initializer = .normal(0.02),
        key: RandomKey
    ) {
        weight = initializer([maxSequenceLength, hiddenSize], key: key)
    }

    /// x plus the vectors of positions `start ..< start + time`.
    ///
    /// - Parameters:
    ///   - x: `[batch, time, hidden]`; `start + time` is at most the number of positions.
    ///   - start: The position of x's first column; above 0 when decoding with a cache.
    ///   - context: Not used; every layer takes one.
    /// - Returns: `[batch, time, hidden]`.
    public func callAsFunction(_ x: Tensor, start: Int = 0, context: ForwardContext) -> Tensor {
        x + rows(of: weight, for: x, start: start)
    }

    /// Visits the parameters in a fixed order: weight.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        visitor.visit(&weight, at: path / "weight")
    }
}

/// The fixed sine and cosine waves of the first Transformer, added to the input.
///
/// Position p has sin(p / 10000^(2i/size)) at 2i and the cosine of the same angle at 2i + 1. The caller
/// scales embeddings by √size before, where the model does so.
///
/// Source: Vaswani et al. 2017, Attention Is All You Need, https://arxiv.org/abs/1706.03762, section 3.5.
public struct SinusoidalPositions: Module {
    /// `[maxSequenceLength, hidden]`; not a parameter.
    public let table: Tensor

    /// The table for sequences up to `maxSequenceLength`; angles are computed in Double.
    public init(maxSequenceLength: Int, hiddenSize: Int) {
        table = Self.waves(0..<maxSequenceLength, hiddenSize: hiddenSize)
    }

    private static func waves(_ positions: some Collection<Int>, hiddenSize: Int) -> Tensor {
        var scalars: [Float] = []
        scalars.reserveCapacity(positions.count * hiddenSize)
        for position in positions {
            for i in 0..<hiddenSize {
                let exponent = Double(i / 2 * 2) / Double(hiddenSize)
                let angle = Double(position) / pow(10000, exponent)
                scalars.append(Float(i % 2 == 0 ? sin(angle) : cos(angle)))
            }
        }
        return Tensor(scalars, shape: [positions.count, hiddenSize])
    }

    /// x plus the waves of positions `start ..< start + time`; x is `[batch, time, hidden]`.
    public func callAsFunction(_ x: Tensor, start: Int = 0, context: ForwardContext) -> Tensor {
        x + rows(of: table, for: x, start: start)
    }

    /// x plus the waves of the positions named, one a row.
    ///
    /// - Parameters:
    ///   - x: `[..., hidden]`, as many rows as there are positions.
    ///   - positions: Each 0 or more. Those beyond the table are computed anew, so that no sequence is too long.
    ///   - context: Not used; every layer takes one.
    /// - Returns: The shape of `x`.
    public func callAsFunction(
        _ x: Tensor, at positions: [Int], context: ForwardContext
    ) -> Tensor {
        let size = table.shape[1]
        precondition(
            x.shape.leading == positions.count && x.shape.last == size,
            "\(positions.count) positions of \(size) waves for \(x.shape)")
        let rows =
            (positions.max() ?? 0) < table.shape[0]
            ? table.selectedRows(IDTensor(positions.map(Int32.init), shape: [positions.count]))
            : Self.waves(positions, hiddenSize: size)
        return x + rows.reshaped(x.shape)
    }

    /// Has no parameters.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {}
}

/// The rows of a position table that x, `[batch, time, hidden]`, needs.
private func rows(of table: Tensor, for x: Tensor, start: Int) -> Tensor {
    let time = x.shape[1]
    precondition(
        start >= 0 && start + time <= table.shape[0],
        "positions \(start)..<\(start + time) asked of a table of \(table.shape[0])")
    return start == 0 && time == table.shape[0]
        ? table : table.sliced(axis: 0, start..<(start + time))
}
