import SesameTensor

/// Where a table's rows lie: in a tensor, or in a mapped file.
struct VectorRows: Sendable {
    private enum Source: Sendable {
        case tensor(Tensor)
        case file(MappedFile, offset: Int)
    }

    let count: Int
    let width: Int
    private let source: Source

    /// The rows of `[count, width]`.
    init(_ values: Tensor) {
        count = values.shape[0]
        width = values.shape[1]
        source = .tensor(values.detached())
    }

    /// The rows that begin at a byte of a file, little-endian floats without gaps.
    ///
    /// - Precondition: They lie within the file, at a multiple of four bytes.
    init(_ file: MappedFile, offset: Int, count: Int, width: Int) {
        precondition(
            offset % MemoryLayout<Float>.alignment == 0
                && offset + count * width * 4 <= file.bytes.count,
            "\(count) × \(width) floats at byte \(offset) of \(file.bytes.count)")
        self.count = count
        self.width = width
        source = .file(file, offset: offset)
    }

    func withUnsafeValues<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch source {
        case .tensor(let tensor): return try tensor.withUnsafeBufferPointer(body)
        case .file(let file, let offset):
            defer { withExtendedLifetime(file) {} }
            let floats = UnsafeRawBufferPointer(
                rebasing: file.bytes[offset..<offset + count * width * 4])
            return try body(floats.assumingMemoryBound(to: Float.self))
        }
    }

    var tensor: Tensor {
        if case .tensor(let tensor) = source { return tensor }
        return withUnsafeValues { values in
            Tensor(unsafeUninitializedShape: [count, width]) { _ = $0.initialize(from: values) }
        }
    }
}

extension VectorRows {
    /// A copy of some rows, in the order given.
    func gathered(_ kept: [Int]) -> VectorRows {
        withUnsafeValues { values in
            VectorRows(
                Tensor(unsafeUninitializedShape: [kept.count, width]) { target in
                    for (place, row) in kept.enumerated() {
                        for column in 0..<width {
                            target[place * width + column] = values[row * width + column]
                        }
                    }
                })
        }
    }
}
