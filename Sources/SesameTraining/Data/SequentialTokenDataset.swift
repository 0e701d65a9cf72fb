import SesameTensor

/// A token stream read from beginning to end by the rows of a batch side by side, for models that carry their state.
///
/// The stream is cut into as many parts of equal length as a batch has rows; the few tokens that remain are left
/// out. Batch after batch every row goes on where it was, so a state that is handed on belongs to the text
/// before. An epoch begins at the parts' beginnings again; its last batch may be shorter.
public struct SequentialTokenDataset: TrainingData {
    /// The tokens.
    public let stream: PackedTokens
    /// Tokens a row, as inputs.
    public let contextLength: Int
    /// Rows a batch.
    public let batchSize: Int

    /// Tokens of each row's part.
    private var partLength: Int { (stream.count - 1) / batchSize }

    /// A data set over `stream`.
    /// - Throws: ``TrainingError`` with code `.notEnoughData` if there are fewer tokens than rows.
    public init(stream: PackedTokens, contextLength: Int, batchSize: Int) throws {
        guard stream.count > batchSize else {
            throw TrainingError(
                .notEnoughData(
                    what: "training on a text in order", needed: "more than \(batchSize) tokens",
                    found: "\(stream.count)", remedy: "import more text or choose a smaller batch"))
        }
        self.stream = stream
        self.contextLength = contextLength
        self.batchSize = batchSize
    }

    /// Number of batches that the longest way through a part takes.
    public func batchCount(inEpoch epoch: Int) -> Int {
        (partLength + contextLength - 1) / contextLength
    }

    /// The batch at `cursor`; all of an epoch but the first continue the one before.
    public func batch(at cursor: DataCursor) -> NextTokenBatch {
        let start = cursor.batch * contextLength
        let count = min(contextLength, partLength - start)
        var ids: [Int32] = []
        var targets: [Int32] = []
        ids.reserveCapacity(batchSize * count)
        targets.reserveCapacity(batchSize * count)
        for row in 0..<batchSize {
            let first = row * partLength + start
            stream.copy(first..<first + count, to: &ids)
            stream.copy(first + 1..<first + count + 1, to: &targets)
        }
        let shape: Shape = [batchSize, count]
        return NextTokenBatch(
            ids: IDTensor(ids, shape: shape), targets: IDTensor(targets, shape: shape),
            tokenCount: ids.count, continuesText: cursor.batch > 0)
    }

    /// Every token but the first exactly once as a target, in `rowCount` parts side by side.
    ///
    /// The last part may be shorter; it is filled up with ignored targets.
    public static func evaluationBatches(
        of stream: PackedTokens, contextLength: Int, rowCount: Int
    ) -> some Sequence<NextTokenBatch> {
        let targetCount = max(0, stream.count - 1)
        let rows = max(1, min(rowCount, targetCount))
        let partLength = (targetCount + rows - 1) / rows
        return stride(from: 0, to: partLength, by: contextLength).lazy.map { start in
            let width = min(contextLength, partLength - start)
            var ids: [Int32] = []
            var targets: [Int32] = []
            var tokenCount = 0
            for row in 0..<rows {
                let first = row * partLength + start
                let count = max(0, min(width, targetCount - first))
                if count > 0 {
                    stream.copy(first..<first + count, to: &ids)
                    stream.copy(first + 1..<first + count + 1, to: &targets)
                }
                ids.append(contentsOf: repeatElement(0, count: width - count))
                targets.append(
                    contentsOf: repeatElement(TokenMasking.ignoredTarget, count: width - count))
                tokenCount += count
            }
            let shape: Shape = [rows, width]
            return NextTokenBatch(
                ids: IDTensor(ids, shape: shape), targets: IDTensor(targets, shape: shape),
                tokenCount: tokenCount, continuesText: start > 0)
        }
    }
}

/// A text cut into batches, in order or at random.
public enum TextBatches: TrainingData {
    /// Random windows.
    case random(NextTokenDataset)
    /// In order, row by row.
    case sequential(SequentialTokenDataset)

    /// Number of batches in `epoch`.
    public mutating func batchCount(inEpoch epoch: Int) -> Int {
        switch self {
        case .random(let data): data.batchCount(inEpoch: epoch)
        case .sequential(let data): data.batchCount(inEpoch: epoch)
        }
    }

    /// The batch at `cursor`.
    public mutating func batch(at cursor: DataCursor) -> NextTokenBatch {
        switch self {
        case .random(var data):
            defer { self = .random(data) }
            return data.batch(at: cursor)
        case .sequential(let data): return data.batch(at: cursor)
        }
    }
}
