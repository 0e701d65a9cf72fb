import Dispatch

extension Tokenizer {
    /// Encodes many texts at once, on several threads; the result does not depend on how many.
    ///
    /// - Parameters:
    ///   - texts: The texts.
    ///   - pairs: The second texts, as many as there are first ones; nil where there are none.
    ///   - addSpecialTokens: Whether the post-processor puts its tokens around.
    ///   - truncation: How to cut what is too long; nil cuts nothing.
    ///   - padding: How to fill up; `longest` means the longest of this batch.
    ///   - threads: At most so many; nil for as many as the machine has processors.
    public func encodeBatch(
        _ texts: [String], pairs: [String]? = nil, addSpecialTokens: Bool = true,
        truncation: Truncation? = nil, padding: Padding? = nil, threads: Int? = nil
    ) -> [Encoding] {
        precondition(
            pairs == nil || pairs?.count == texts.count,
            "\(texts.count) texts with \(pairs?.count ?? 0) second texts")
        var encodings = parallelMap(texts.count, threads: threads) { index in
            encode(
                texts[index], pair: pairs?[index], addSpecialTokens: addSpecialTokens,
                truncation: truncation)
        }
        if let padding {
            let longest = encodings.map(\.count).max() ?? 0
            let length = if case .fixed(let fixed) = padding.length { fixed } else { longest }
            let id = id(of: \.pad) ?? 0
            for index in encodings.indices {
                encodings[index].pad(to: length, side: padding.side, id: id)
            }
        }
        return encodings
    }

    /// The ids of many texts, on several threads; the result does not depend on how many.
    public func encodeIDsBatch(
        _ texts: [String], addSpecialTokens: Bool = false, threads: Int? = nil
    ) -> [[Int32]] {
        parallelMap(texts.count, threads: threads) { index in
            encodeIDs(texts[index], addSpecialTokens: addSpecialTokens)
        }
    }
}

/// The results of `body` for 0..<count, in order, worked out on several threads.
func parallelMap<Result: Sendable>(
    _ count: Int, threads: Int?, _ body: @Sendable (Int) -> Result
) -> [Result] {
    let threadCount = max(1, threads ?? .max)
    // A few blocks a thread even out texts of different lengths.
    let blockSize = max(1, min(64, count / 8))
    let blockCount = (count + blockSize - 1) / blockSize
    guard threadCount > 1, blockCount > 1 else { return (0..<count).map(body) }
    return [Result](unsafeUninitializedCapacity: count) { buffer, initialized in
        // Every block writes its own part of the buffer.
        nonisolated(unsafe) let base = buffer.baseAddress!
        let lanes = min(threadCount, blockCount)
        if lanes < blockCount && threads != nil {
            DispatchQueue.concurrentPerform(iterations: lanes) { lane in
                for index in stride(from: lane, to: count, by: lanes) {
                    (base + index).initialize(to: body(index))
                }
            }
        } else {
            DispatchQueue.concurrentPerform(iterations: blockCount) { block in
                for index in block * blockSize..<min(count, (block + 1) * blockSize) {
                    (base + index).initialize(to: body(index))
                }
            }
        }
        initialized = count
    }
}
