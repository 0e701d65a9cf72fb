/// A multi-dimensional array of 32-bit integers: token ids, classes, row numbers.
public struct IDTensor: Sendable, Equatable {
    /// The sizes of the axes.
    public let shape: Shape

    /// The ids in row-major order.
    public let scalars: [Int32]

    /// A tensor of the given ids, in row-major order.
    ///
    /// - Precondition: as many ids as the shape has elements.
    public init(_ ids: [Int32], shape: Shape) {
        require(
            ids.count == shape.elementCount,
            "IDTensor: shape \(shape) has \(shape.elementCount) elements, found \(ids.count)")
        self.shape = shape
        scalars = ids
    }

    /// A matrix of rows of equal length.
    ///
    /// - Precondition: every row is as long as the first.
    public init(_ rows: [[Int32]]) {
        let columns = rows.first?.count ?? 0
        for (index, row) in rows.enumerated() {
            require(
                row.count == columns,
                "IDTensor: row 0 has \(columns) ids, row \(index) has \(row.count)")
        }
        self.init(rows.flatMap { $0 }, shape: Shape(rows.count, columns))
    }

    /// The number of ids.
    public var elementCount: Int { shape.elementCount }

    /// The same ids in another shape.
    ///
    /// - Precondition: the same number of elements.
    public func reshaped(_ shape: Shape) -> IDTensor {
        require(
            shape.elementCount == elementCount,
            "reshaped: \(self.shape) has \(elementCount) elements, \(shape) has \(shape.elementCount)"
        )
        return IDTensor(scalars, shape: shape)
    }

    /// These ids, checked: for ids that come from outside (a file, a caller of the library).
    ///
    /// - Parameters:
    ///   - limit: the number of valid ids, for example the vocabulary's size.
    ///   - allowed: one more id that is accepted, for example an ignored target.
    /// - Throws: ``TensorError`` with code `.idOutOfRange` that names the first bad id and its place.
    public func validated(below limit: Int, allowing allowed: Int32? = nil) throws -> IDTensor {
        if let index = firstInvalid(below: limit, allowing: allowed) {
            throw TensorError(
                .idOutOfRange(id: Int(scalars[index]), index: index, limit: limit, shape: shape))
        }
        return self
    }

    /// The position of the first id that is neither in `0..<limit` nor `allowed`.
    func firstInvalid(below limit: Int, allowing allowed: Int32? = nil) -> Int? {
        let limit = UInt32(clamping: limit)
        // One pass without branches first: batches are valid nearly always.
        var invalid = false
        if let allowed {
            for id in scalars {
                invalid = invalid || (UInt32(bitPattern: id) >= limit && id != allowed)
            }
        } else {
            var largest: UInt32 = 0
            for id in scalars { largest = max(largest, UInt32(bitPattern: id)) }
            invalid = !scalars.isEmpty && largest >= limit
        }
        guard invalid else { return nil }
        return scalars.firstIndex { UInt32(bitPattern: $0) >= limit && $0 != allowed }
    }
}

/// Which keys an attention may look at: 1 keeps a position, 0 hides it (padding).
public struct AttentionMask: Sendable, Equatable {
    /// The number of sequences.
    public let batchSize: Int

    /// The number of key positions.
    public let keyCount: Int

    /// `[batch, keys]` in row-major order; 0 or 1.
    public let scalars: [UInt8]

    /// A mask of `[batch, keys]`, in row-major order.
    ///
    /// - Precondition: `batchSize * keyCount` values.
    public init(_ scalars: [UInt8], batchSize: Int, keyCount: Int) {
        require(
            scalars.count == batchSize * keyCount,
            "AttentionMask: [\(batchSize), \(keyCount)] has \(batchSize * keyCount) values, "
                + "found \(scalars.count)")
        self.batchSize = batchSize
        self.keyCount = keyCount
        self.scalars = scalars
    }

    /// A mask of rows of equal length.
    public init(_ rows: [[UInt8]]) {
        let columns = rows.first?.count ?? 0
        for (index, row) in rows.enumerated() {
            require(
                row.count == columns,
                "AttentionMask: row 0 has \(columns) values, row \(index) has \(row.count)")
        }
        self.init(rows.flatMap { $0 }, batchSize: rows.count, keyCount: columns)
    }

    /// A mask that keeps the first `lengths[b]` of `keyCount` positions of each sequence.
    public init(lengths: [Int], keyCount: Int) {
        self.init(
            lengths.map { length in
                (0..<keyCount).map { $0 < length ? 1 : 0 }
            }.flatMap { $0 }, batchSize: lengths.count, keyCount: keyCount)
    }

    /// `[batch, keys]`.
    public var shape: Shape { Shape(batchSize, keyCount) }

    /// Whether every position is kept.
    public var keepsAll: Bool { !scalars.contains(0) }

    /// The number of each sequence's positions up to the last kept one.
    public var lengths: [Int] {
        (0..<batchSize).map { index in
            let row = scalars[index * keyCount..<(index + 1) * keyCount]
            return row.lastIndex { $0 != 0 }.map { $0 - row.startIndex + 1 } ?? 0
        }
    }

    /// Whether each sequence keeps its first positions and nothing behind a hidden one.
    public var keepsPrefixes: Bool {
        zip(0..., lengths).allSatisfy { index, length in
            !scalars[index * keyCount..<index * keyCount + length].contains(0)
        }
    }
}
