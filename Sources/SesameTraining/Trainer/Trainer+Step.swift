import SesameNN
import SesameTensor

/// What one optimizer step gave.
struct StepResult {
    var loss: Double
    var learningRate: Float
    var gradientNorm: Double
    var epoch: Int
    var tokens: Int
}

extension Trainer {
    /// One optimizer step; the model is as before if it throws.
    mutating func makeStep(learningRate: Float) throws -> StepResult {
        var total: Gradients?
        var lossSum = 0.0
        var tokens = 0
        var epoch = state.cursor.epoch
        var statistics: [[BatchStatistics]] = []
        for _ in 0..<options.accumulationSteps {
            epoch = state.cursor.epoch
            let batch = task.data.nextBatch(&state.cursor)
            let context = ForwardContext.training(
                seed: options.seed, step: state.passCount, precision: options.precision)
            state.passCount += 1
            tokens += task.tokenCount(of: batch)
            let (value, left, gradients) = model.valueWithGradients(trainable: trainable) {
                [task, carry] model in
                var carry = carry
                let result = task.loss(of: model, on: batch, carry: &carry, context: context)
                return (result.loss, (statistics: result.statistics, carry: carry))
            }
            carry = left.carry
            statistics.append(left.statistics)
            lossSum += Double(value)
            if total == nil { total = gradients } else { total?.add(gradients) }
        }
        let share = 1 / Float(options.accumulationSteps)
        let loss = lossSum / Double(options.accumulationSteps)
        guard var total else { preconditionFailure("no pass was made") }
        // The passes' gradients are still added up: the penalty's is that of as many passes.
        let passes = Float(options.accumulationSteps)
        Penalty(l1: passes * (options.l1 ?? 0), l2: passes * (options.l2 ?? 0))
            .add(to: &total, of: model)
        let norm = total.globalNorm() * Double(share)
        guard loss.isFinite, norm.isFinite else {
            throw TrainingError(
                .nonFinite(
                    quantity: loss.isFinite ? "the gradient" : "the loss", step: state.step + 1,
                    lastCheckpoint: lastCheckpoint?.folder.path))
        }
        let clip =
            options.maxGradientNorm > 0
            ? Gradients.clipScale(norm: norm, maxNorm: options.maxGradientNorm) : 1
        optimizer.update(
            &model, with: total, learningRate: learningRate, gradientScale: clip * share)
        task.afterStep(&model, statistics: statistics)
        state.step += 1
        state.tokenCount += tokens
        return StepResult(
            loss: loss, learningRate: learningRate, gradientNorm: norm, epoch: epoch,
            tokens: tokens)
    }

    /// Tells of a step, with the means since the last report of them where they are due.
    mutating func report(_ result: StepResult, progress: Double) -> StepReport {
        let seconds = state.elapsedSeconds
        state.pending.add(loss: result.loss, gradientNorm: result.gradientNorm, seconds: seconds)
        var means: StepMeans?
        if plan.isReportDue(step: state.step, seconds: seconds, pending: state.pending) {
            means = state.pending.means
            state.pending = StepSums()
        }
        return StepReport(
            step: state.step, epoch: result.epoch, loss: result.loss,
            learningRate: result.learningRate, gradientNorm: result.gradientNorm, means: means,
            tokensPerSecond: speed.add(tokens: result.tokens, seconds: seconds),
            progress: progress, elapsedSeconds: seconds,
            secondsLeft: progress > 0 ? seconds * (1 - progress) / progress : .infinity)
    }
}
