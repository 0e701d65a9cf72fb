import SesameTensor

/// Finds likely sequences: at each step the best continuations of the best beginnings, many sequences side
/// by side.
///
/// At each step the continuations of a sequence's beginnings are ordered by the sum of their log
/// probabilities; equal ones by the row of their beginning, then by token, so that the result depends on
/// nothing else. Those among the first `beamSize` that end are hypotheses and are kept whatever comes later;
/// the first `beamSize` others go on. A sequence that is over takes no more part. One that reaches its
/// greatest length without an end is returned as unfinished, behind all finished ones.
///
/// - Parameters:
///   - decoder: The model.
///   - state: Its state before the first token, one row a sequence.
///   - startID: The token that every sequence begins with; not part of the result.
///   - maximumLengths: For each sequence, the most tokens before the end token, which comes on top.
///   - options: Beam, penalties and end token.
///   - sourceLengths: How many positions of each source are real, for the coverage penalty; nil means all.
///   - keepsAttention: Whether hypotheses hold their attention weights.
/// - Returns: For each sequence its hypotheses, the best first: `options.count` of them, or as many as were
///   found.
/// - Precondition: The options are valid; see ``BeamSearchOptions/validate()``.
///
/// Source: Sutskever et al. 2014, Sequence to Sequence Learning with Neural Networks, section 3.2.
public func beamSearch<Decoder: SequenceDecoder>(
    with decoder: Decoder, state: Decoder.State, startID: Int32, maximumLengths: [Int],
    options: BeamSearchOptions, sourceLengths: [Int]? = nil, keepsAttention: Bool = false
) -> [[Hypothesis]] {
    precondition(
        options.beamSize >= 1 && (1...options.beamSize).contains(options.count),
        "a beam of \(options.beamSize) gives no \(options.count) hypotheses")
    precondition(
        sourceLengths.map { $0.count == maximumLengths.count } ?? true,
        "\(maximumLengths.count) sequences, but \(sourceLengths?.count ?? 0) source lengths")
    var state = state
    var beams = maximumLengths.indices.map { index in
        Beam(
            options: options, maximumLength: max(0, maximumLengths[index]),
            sourceLength: sourceLengths?[index])
    }
    let needsAttention = keepsAttention || options.coveragePenalty > 0
    // The rows of the state in order: those of the first sequence that still grows, then the next.
    var active = Array(beams.indices)
    var tokens = [Int32](repeating: startID, count: active.count)
    while !active.isEmpty {
        let step = decoder.next(tokens, state: &state)
        precondition(
            step.logProbabilities.shape.count == 2
                && step.logProbabilities.shape[0] == tokens.count,
            "a decoder gave scores of shape \(step.logProbabilities.shape) for \(tokens.count) rows"
        )
        var rows: [Int32] = []
        tokens.removeAll(keepingCapacity: true)
        let vocabularySize = step.logProbabilities.shape[1]
        let attention = needsAttention ? step.attention : nil
        let sourceCount = attention?.shape.last ?? 0
        var firstRow = 0
        step.logProbabilities.withUnsafeBufferPointer { scores in
            for index in active {
                let rowCount = beams[index].rowCount
                var weights: [[Float]] = []
                attention?.withUnsafeBufferPointer { values in
                    weights = (firstRow..<firstRow + rowCount).map {
                        Array(values[$0 * sourceCount..<($0 + 1) * sourceCount])
                    }
                }
                beams[index].advance(
                    scores: scores, firstRow: firstRow, vocabularySize: vocabularySize,
                    attention: weights)
                for continuation in beams[index].live {
                    rows.append(Int32(firstRow + continuation.row))
                    tokens.append(continuation.token)
                }
                firstRow += rowCount
            }
        }
        active.removeAll { beams[$0].live.isEmpty }
        guard !active.isEmpty else { break }
        decoder.select(rows, in: &state)
    }
    return beams.map { $0.hypotheses(keepsAttention: keepsAttention) }
}
