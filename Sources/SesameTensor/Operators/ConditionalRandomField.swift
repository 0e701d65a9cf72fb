import CSesameKernels

/// The mean negative log-likelihood of tag sequences under a linear-chain conditional random field.
///
/// The score of tags y₁…yₙ is start[y₁] + Σ emissions[t, yₜ] + Σ transitions[yₜ₋₁, yₜ] + end[yₙ]; the loss of a
/// sequence is log Σ exp(score), over all sequences of tags, minus the score of its own tags. Sums are Double; the
/// gradient, marginal probabilities minus the targets, is finished in the forward pass.
/// - Parameters:
///   - emissions: `[batch, time, tags]`.
///   - transitions: `[tags, tags]`, from row to column.
///   - start: `[tags]`.
///   - end: `[tags]`.
///   - targets: `[batch, time]`; what lies beyond the lengths is not read.
///   - lengths: How many positions each sequence has; nil for all. One of length 0 counts as loss 0.
/// - Returns: A tensor of one element, in nats: the mean over the sequences.
/// - Precondition: Targets are in `0..<tags`.
///
/// Source: Lafferty, McCallum and Pereira 2001, "Conditional random fields".
public func crfLoss(
    emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, targets: IDTensor,
    lengths: [Int]? = nil
) -> Tensor {
    let field = RandomField("crfLoss", emissions, transitions, start, end, lengths)
    require(
        targets.elementCount == field.batch * field.time,
        "crfLoss: expected targets [\(field.batch), \(field.time)], found \(targets.shape)")
    for sequence in 0..<field.batch {
        for place in 0..<(lengths?[sequence] ?? field.time) {
            let target = targets.scalars[sequence * field.time + place]
            require(
                target >= 0 && target < field.tags,
                "crfLoss: target \(target) of sequence \(sequence) at \(place) is outside "
                    + "0..<\(field.tags)")
        }
    }
    let inputs = [emissions, transitions, start, end]
    let recorded = inputs.contains(where: \.requiresGradient)
    let gradients = recorded ? inputs.map { Tensor(shape: $0.shape) { _ in } } : []
    let scale = field.batch == 0 ? 0 : 1 / Float(field.batch)
    let losses = Tensor(shape: [field.batch]) { losses in
        field.withPointers { emissions, transitions, start, end, lengths in
            targets.scalars.withUnsafeBufferPointer { targets in
                guard let targets = targets.baseAddress else { return }
                let pointers = gradients.map(\.storage.pointer)
                sesame_crf_loss(
                    field.batch, field.time, field.tags, lengths, emissions, transitions, start,
                    end, targets, scale, losses, recorded ? pointers[0] : nil,
                    recorded ? pointers[1] : nil, recorded ? pointers[2] : nil,
                    recorded ? pointers[3] : nil)
            }
        }
    }
    var loss = Tensor(
        field.batch == 0
            ? 0
            : Float(losses.withPointer { sesame_sum(field.batch, $0) } / Double(field.batch)))
    if recorded, field.batch > 0, field.time > 0 {
        let handovers = gradients.map(Handover.init)
        loss.record(inputs: inputs.map(\.edge)) { pass in
            let upstream = pass.takeOnly().scalar
            for (input, handover) in handovers.enumerated() {
                pass.add(handover.take().scaledInPlace(by: upstream), to: input)
            }
        }
    }
    return loss
}

/// The likeliest tags of each sequence under a linear-chain conditional random field (Viterbi's algorithm).
///
/// - Parameters:
///   - emissions: `[batch, time, tags]`.
///   - transitions: `[tags, tags]`, from row to column.
///   - start: `[tags]`.
///   - end: `[tags]`.
///   - lengths: How many positions each sequence has; nil for all.
/// - Returns: As many tags for each sequence as its length, and their score. Of equal scores the first tag wins.
public func crfDecode(
    emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, lengths: [Int]? = nil
) -> [(tags: [Int], score: Float)] {
    let field = RandomField("crfDecode", emissions, transitions, start, end, lengths)
    var best = [Int32](repeating: 0, count: max(1, field.batch * field.time))
    var scores = [Float](repeating: 0, count: max(1, field.batch))
    field.withPointers { emissions, transitions, start, end, lengths in
        sesame_crf_viterbi(
            field.batch, field.time, field.tags, lengths, emissions, transitions, start, end,
            &best, &scores)
    }
    return (0..<field.batch).map { sequence in
        let first = sequence * field.time
        let length = lengths?[sequence] ?? field.time
        return (best[first..<first + length].map(Int.init), scores[sequence])
    }
}

/// The inputs of a conditional random field, checked.
private struct RandomField {
    let batch: Int
    let time: Int
    let tags: Int
    private let tensors: [Tensor]
    private let limits: [Int32]?

    init(
        _ operation: String, _ emissions: Tensor, _ transitions: Tensor, _ start: Tensor,
        _ end: Tensor, _ lengths: [Int]?
    ) {
        require(
            emissions.shape.count == 3,
            "\(operation): expected emissions [batch, time, tags], found \(emissions.shape)")
        (batch, time, tags) = (emissions.shape[0], emissions.shape[1], emissions.shape[2])
        require(
            transitions.shape == [tags, tags] && start.shape == [tags] && end.shape == [tags],
            "\(operation): expected transitions [\(tags), \(tags)], start and end [\(tags)], found "
                + "\(transitions.shape), \(start.shape) and \(end.shape)")
        limits = lengths.map { [batch, time] in
            checkedLengths(operation, $0, batch: batch, time: time)
        }
        tensors = [emissions, transitions, start, end].map { $0.detached() }
    }

    func withPointers(
        _ body: (
            _ emissions: UnsafePointer<Float>, _ transitions: UnsafePointer<Float>,
            _ start: UnsafePointer<Float>, _ end: UnsafePointer<Float>,
            _ lengths: UnsafePointer<Int32>?
        ) -> Void
    ) {
        tensors[0].withPointer { emissions in
            SesameTensor.withPointers(tensors[1], tensors[2], tensors[3]) {
                transitions, start, end in
                limits.withLengths { body(emissions, transitions, start, end, $0) }
            }
        }
    }
}
