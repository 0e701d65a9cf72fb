import SesameTensor

/// Token windows and, for each position, the token that follows.
public struct NextTokenBatch: Sendable {
    /// Inputs, `[batch, time]`.
    public var ids: IDTensor
    /// Targets, `[batch, time]`: `ids` one position ahead; -100 at padding.
    public var targets: IDTensor
    /// Number of targets that count.
    public var tokenCount: Int
    /// Whether each row goes on where the batch before it ended.
    public var continuesText = false
}

/// Windows of a contiguous token stream for next-token prediction.
///
/// An epoch cuts the stream into windows from a random offset on and takes them in random order: like
/// drawing random positions, but every token is seen once before any is seen again, which learns a
/// little faster. Evaluation windows lie end to end over the whole stream.
public struct NextTokenDataset: TrainingData {
    /// The tokens.
    public let stream: PackedTokens
    /// Tokens a window, as inputs.
    public let contextLength: Int
    /// Windows a batch.
    public let batchSize: Int
    /// Determines the windows, together with the cursor.
    public let seed: UInt64

    private var drawnEpoch: Int?
    private var starts: [Int] = []

    /// A data set over `stream`.
    /// - Throws: ``TrainingError`` with code `.notEnoughData` if the stream holds no whole window.
    public init(
        stream: PackedTokens, contextLength: Int, batchSize: Int, seed: UInt64
    ) throws {
        guard stream.count > contextLength + 1 else {
            throw TrainingError(
                .notEnoughData(
                    what: "next-token training",
                    needed: "more than \(contextLength + 1) tokens (the context length and one)",
                    found: "\(stream.count)",
                    remedy: "import more text or choose a shorter context"))
        }
        self.stream = stream
        self.contextLength = contextLength
        self.batchSize = batchSize
        self.seed = seed
    }

    /// Number of batches that together hold about as many tokens as the stream.
    public func batchCount(inEpoch epoch: Int) -> Int {
        max(1, (stream.count / contextLength - 1) / batchSize)
    }

    private mutating func draw(_ epoch: Int) {
        guard drawnEpoch != epoch else { return }
        var generator = DataSite.generator(seed: seed, site: DataSite.windows, epoch: epoch)
        let room = stream.count - contextLength  // starts below leave a target for every input
        let offset = generator.next(below: min(contextLength, room))
        starts = Array(stride(from: offset, to: room, by: contextLength))
        generator.shuffle(&starts)
        drawnEpoch = epoch
    }

    /// The next `batchSize` windows of the epoch.
    public mutating func batch(at cursor: DataCursor) -> NextTokenBatch {
        draw(cursor.epoch)
        var ids: [Int32] = []
        var targets: [Int32] = []
        ids.reserveCapacity(batchSize * contextLength)
        targets.reserveCapacity(batchSize * contextLength)
        for row in 0..<batchSize {
            // A stream shorter than a batch gives its windows more than once.
            let start = starts[(cursor.batch * batchSize + row) % starts.count]
            stream.copy(start..<start + contextLength, to: &ids)
            stream.copy(start + 1..<start + contextLength + 1, to: &targets)
        }
        let shape: Shape = [batchSize, contextLength]
        return NextTokenBatch(
            ids: IDTensor(ids, shape: shape), targets: IDTensor(targets, shape: shape),
            tokenCount: ids.count)
    }

    /// Every token but the first exactly once as a target, in windows end to end.
    ///
    /// The last window is shorter; it fills its row with ignored targets.
    /// - Parameters:
    ///   - stream: The tokens.
    ///   - contextLength: Targets a window.
    ///   - batchSize: Windows a batch; it does not change the result, only the memory used.
    public static func evaluationBatches(
        of stream: PackedTokens, contextLength: Int, batchSize: Int
    ) -> some Sequence<NextTokenBatch> {
        let targetCount = max(0, stream.count - 1)
        let windowCount = (targetCount + contextLength - 1) / contextLength
        return stride(from: 0, to: windowCount, by: batchSize).lazy.map { firstWindow in
            let windows = firstWindow..<min(firstWindow + batchSize, windowCount)
            var ids: [Int32] = []
            var targets: [Int32] = []
            var tokenCount = 0
            for window in windows {
                let start = window * contextLength
                let count = min(contextLength, targetCount - start)
                stream.copy(start..<start + count, to: &ids)
                stream.copy(start + 1..<start + count + 1, to: &targets)
                let padding = contextLength - count
                // Causal attention never looks at the padding, so its id does not matter.
                ids.append(contentsOf: repeatElement(0, count: padding))
                targets.append(
                    contentsOf: repeatElement(TokenMasking.ignoredTarget, count: padding))
                tokenCount += count
            }
            let shape: Shape = [windows.count, contextLength]
            return NextTokenBatch(
                ids: IDTensor(ids, shape: shape), targets: IDTensor(targets, shape: shape),
                tokenCount: tokenCount)
        }
    }
}
