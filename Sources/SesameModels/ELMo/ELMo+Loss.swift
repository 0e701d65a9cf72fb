import SesameNN
import SesameTensor

/// The losses of an ``ELMo``'s two language models.
public struct BidirectionalLoss: Sendable {
    /// Of the words that follow.
    public var forward: ProjectedLoss
    /// Of the words before.
    public var backward: ProjectedLoss

    /// The mean of both, a tensor of one element, in nats.
    public var mean: Tensor { (forward.loss + backward.loss) * 0.5 }
}

extension ELMo {
    /// Both directions' mean cross-entropy over the whole vocabulary.
    ///
    /// - Parameters:
    ///   - batch: The sentences.
    ///   - classes: The class of each of the batch's ``WordBatch/numbers``.
    ///   - context: Gives precision, mode and key.
    public func loss(
        _ batch: WordBatch, classes: [Int32], context: ForwardContext
    ) -> BidirectionalLoss {
        let (states, targets) = predictions(batch, classes: classes, context: context)
        let losses = zip(states, targets).map { hidden, targets in
            projectedCrossEntropy(
                hidden: hidden, weight: output.weight, bias: output.bias, targets: targets,
                precision: context.precision)
        }
        return BidirectionalLoss(forward: losses[0], backward: losses[1])
    }

    /// The mean of both directions' cross-entropies, with sampled classes in place of the whole vocabulary.
    ///
    /// - Parameters:
    ///   - batch: The sentences.
    ///   - classes: The class of each of the batch's ``WordBatch/numbers``.
    ///   - samples: Of ``boundaryClass`` + 1 classes.
    ///   - context: Gives precision, mode and key.
    public func sampledLoss(
        _ batch: WordBatch, classes: [Int32], samples: SampledClasses, context: ForwardContext
    ) -> Tensor {
        let (states, targets) = predictions(batch, classes: classes, context: context)
        let all = targets.flatMap(\.scalars)
        let scored = all.indices.filter { all[$0] >= 0 }
        let rows = IDTensor(scored.map { Int32($0) }, shape: [scored.count])
        return sampledCrossEntropy(
            hidden: concatenated(states, axis: 0).selectedRows(rows), weight: output.weight,
            bias: output.bias ?? Tensor(zeros: [output.weight.shape[0]]),
            targets: IDTensor(scored.map { all[$0] }, shape: [scored.count]), samples: samples,
            precision: context.precision)
    }

    /// Each direction's last states and the classes that they predict; -100 where nothing follows.
    private func predictions(
        _ batch: WordBatch, classes: [Int32], context: ForwardContext
    ) -> (states: [Tensor], targets: [IDTensor]) {
        precondition(
            classes.count == batch.numbers.count,
            "\(classes.count) classes for \(batch.numbers.count) distinct words")
        let (_, layers) = states(batch, context: context)
        let dropout = Dropout(configuration.dropoutProbability)
        let last = layers[layers.count - 1].enumerated().map {
            dropout($1, context: context.site(2 + $0))
        }
        let tokens = batch.words.scalars.map { $0 < 2 ? boundaryClass : classes[Int($0) - 2] }
        var (forward, backward) = (
            [Int32](repeating: -100, count: tokens.count),
            [Int32](repeating: -100, count: tokens.count)
        )
        var start = 0
        for (count, following) in zip(batch.layout.rowCounts, batch.layout.rowCounts.dropFirst()) {
            for row in 0..<following {
                forward[start + row] = tokens[start + count + row]
                backward[start + count + row] = tokens[start + row]
            }
            start += count
        }
        return (last, [forward, backward].map { IDTensor($0, shape: [$0.count]) })
    }
}
