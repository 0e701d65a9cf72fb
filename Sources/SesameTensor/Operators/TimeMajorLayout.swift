import CSesameKernels

/// Where the tokens of sequences of several lengths lie for a recurrent layer: time-major, longest sequence
/// first.
///
/// Step t is a run of rows, one for each sequence that is longer than t. Padding has no row, so that no work
/// is done on it.
public struct TimeMajorLayout: Sendable, Equatable {
    /// The number of tokens of each sequence, in batch order.
    public let lengths: [Int]

    /// The number of positions of a padded sequence.
    public let timeCount: Int

    /// The sequences, longest first; equal lengths keep their order.
    public let order: [Int]

    /// How many sequences each step has; the steps end with the longest sequence.
    public let rowCounts: [Int]

    /// The place of each row in the padded batch: sequence · timeCount + position.
    public let places: IDTensor

    private let isOrdered: Bool

    /// The layout of sequences of the given lengths.
    ///
    /// - Precondition: lengths are in `0...timeCount`.
    public init(lengths: [Int], timeCount: Int) {
        require(
            lengths.allSatisfy { (0...timeCount).contains($0) },
            "TimeMajorLayout: expected lengths in 0...\(timeCount), found \(lengths)")
        self.lengths = lengths
        self.timeCount = timeCount
        order = lengths.indices.sorted {
            (lengths[$1], $0) < (lengths[$0], $1)
        }
        isOrdered = order == Array(lengths.indices)
        var counts: [Int] = []
        var places: [Int32] = []
        places.reserveCapacity(lengths.reduce(0, +))
        var alive = order.count
        for time in 0..<(lengths.max() ?? 0) {
            while lengths[order[alive - 1]] <= time { alive -= 1 }
            counts.append(alive)
            for sequence in order[..<alive] { places.append(Int32(sequence * timeCount + time)) }
        }
        rowCounts = counts
        self.places = IDTensor(places, shape: [places.count])
    }

    /// The layout of `batchSize` sequences of equal length.
    public init(batchSize: Int, timeCount: Int) {
        self.init(lengths: [Int](repeating: timeCount, count: batchSize), timeCount: timeCount)
    }

    /// The number of sequences.
    public var batchSize: Int { lengths.count }

    /// The number of rows: tokens without padding.
    public var tokenCount: Int { places.elementCount }

    /// For each token, which of the ordered sequences it belongs to.
    public var rowsOfTokens: IDTensor {
        IDTensor(rowCounts.flatMap { 0..<Int32($0) }, shape: [tokenCount])
    }

    /// The tokens of a padded batch.
    ///
    /// - Parameter x: `[batch, time, features]`.
    /// - Returns: `[tokens, features]`.
    public func packed(_ x: Tensor) -> Tensor {
        require(
            x.shape.count == 3 && x.shape[0] == batchSize && x.shape[1] == timeCount,
            "TimeMajorLayout: expected [\(batchSize), \(timeCount), features], found \(x.shape)")
        if batchSize == 1 && tokenCount == timeCount {
            return x.reshaped(Shape(timeCount, x.shape[2]))
        }
        return x.selectedRows(places)
    }

    /// A padded batch of the tokens, with zeros at padding.
    ///
    /// - Parameter x: `[tokens, features]`.
    /// - Returns: `[batch, time, features]`.
    public func padded(_ x: Tensor) -> Tensor {
        require(
            x.shape.count == 2 && x.shape[0] == tokenCount,
            "TimeMajorLayout: expected [\(tokenCount), features], found \(x.shape)")
        let shape = Shape(batchSize, timeCount, x.shape[1])
        if batchSize == 1 && tokenCount == timeCount { return x.reshaped(shape) }
        return x.placed(at: places, shape: shape)
    }

    /// States in batch order, `[batch, features]`, in the order of the rows.
    public func ordered(_ state: Tensor) -> Tensor {
        require(
            state.shape.count == 2 && state.shape[0] == batchSize,
            "TimeMajorLayout: expected a state [\(batchSize), features], found \(state.shape)")
        return isOrdered ? state : state.selectedRows(orderIDs)
    }

    /// States in the order of the rows, `[batch, features]`, in batch order.
    public func restored(_ state: Tensor) -> Tensor {
        isOrdered ? state : state.placed(at: orderIDs, shape: state.shape)
    }

    private var orderIDs: IDTensor { IDTensor(order.map { Int32($0) }, shape: [order.count]) }
}

extension Tensor {
    /// Zeros of `shape` with the rows of this tensor at `places`, no two at the same.
    fileprivate func placed(at places: IDTensor, shape target: Shape) -> Tensor {
        let columns = shape.last
        let ids = places.scalars
        var y = Tensor(shape: target) { out in
            if ids.count < target.leading { sesame_fill(target.elementCount, 0, out) }
            withPointer { rows in
                for (row, place) in ids.enumerated() {
                    (out + Int(place) * columns).update(from: rows + row * columns, count: columns)
                }
            }
        }
        if requiresGradient {
            let shape = shape
            y.record(inputs: [edge]) { pass in
                let gradient = pass.takeOnly()
                pass.accumulate(to: 0, shape: shape) { out, accumulating in
                    gradient.withPointer { gradient in
                        ids.withUnsafeBufferPointer { ids in
                            guard let ids = ids.baseAddress else { return }
                            sesame_embedding_gather(
                                places.elementCount, columns, gradient, ids, accumulating, out)
                        }
                    }
                }
            }
        }
        return y
    }
}
