import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Trainer {
    /// Continues from the latest checkpoint.
    ///
    /// Nothing is replayed: the data are asked for the batch at the checkpoint's cursor at once.
    /// - Returns: Whether there was one.
    /// - Throws: ``TrainingError`` with code `.badCheckpoint`.
    @discardableResult
    public mutating func resume() throws -> Bool {
        guard let checkpoints else { return false }
        checkpoints.removeLeftovers()
        guard let loaded = try checkpoints.loadLatest(model: &model, optimizer: &optimizer)
        else { return false }
        let folder = checkpoints.folder(step: loaded.step)
        guard loaded.randomKey == state.randomKey else {
            throw TrainingError(
                .badCheckpoint(
                    path: folder.path,
                    problem: "it belongs to a run with another seed (expected "
                        + "\(loaded.randomKey.seed), found \(state.randomKey.seed))",
                    remedy: "resume with the seed it was started with, or start afresh"))
        }
        state = loaded
        carry = try Task.Carry(tensors: checkpoints.loadCarry(step: loaded.step))
        lastCheckpoint = (state.step, folder)
        if restoresBest, let bestStep = state.bestStep {
            var bestModel = model
            if bestStep != state.step {
                try checkpoints.loadBest(step: state.step, into: &bestModel)
            }
            best = bestModel
        }
        return true
    }

    mutating func saveCheckpoint(_ onEvent: (TrainerEvent) throws -> Void) throws {
        guard let checkpoints, lastCheckpoint?.step != state.step else { return }
        try beforeCheckpoint()
        let folder = try checkpoints.save(
            state, model: model, optimizer: optimizer, carry: carry.tensors,
            best: restoresBest && state.bestStep != state.step ? best : nil)
        lastCheckpoint = (state.step, folder)
        try onEvent(.checkpoint(step: state.step, folder: folder))
    }
}
