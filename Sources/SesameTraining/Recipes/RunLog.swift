import SesameStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Writes a run's metrics and checkpoints into the workspace.
struct RunLog {
    private let run: Run
    private let checkpoints: CheckpointFolder
    private var recordedSteps: [Int]
    /// Losses since the last line: their mean is recorded rather than every step's.
    private var pending = (loss: 0.0, norm: 0.0, count: 0, since: 0.0)

    /// Seconds of training between two records of the training loss.
    private static let interval = 1.0

    var id: Int64 { run.id }

    /// A new run, or the one that `state` belongs to where it continues.
    init(
        workspace: Workspace, kind: String, configuration: String, resuming state: TrainingState?,
        checkpoints: CheckpointFolder
    ) throws {
        self.checkpoints = checkpoints
        recordedSteps = checkpoints.steps()
        if let state, let id = state.run,
            let resumed = try? workspace.resumeRun(id: id, afterStep: state.step)
        {
            run = resumed
        } else {
            // The workspace may be another one than the run began in.
            run = try workspace.createRun(kind: kind, configuration: configuration)
        }
    }

    mutating func note(_ event: TrainerEvent) throws {
        switch event {
        case .preparing, .started: break
        case .step(let report):
            pending.loss += report.loss
            pending.norm += report.gradientNorm
            pending.count += 1
            guard report.elapsedSeconds - pending.since >= Self.interval else { return }
            try writePending(report)
        case .evaluation(let step, let metrics):
            try run.log(
                metrics.sorted { $0.key < $1.key }.map {
                    Metric(step: step, split: "validation", name: $0.key, value: $0.value)
                })
        case .checkpoint(let step, let folder):
            try run.addCheckpoint(path: folder.path, step: step)
            recordedSteps.append(step)
            let left = Set(checkpoints.steps())
            for old in recordedSteps where !left.contains(old) {
                try run.removeCheckpoint(path: checkpoints.folder(step: old).path)
            }
            recordedSteps.removeAll { !left.contains($0) }
        case .finished(let summary):
            try run.finish(summary.reason == .completed ? .finished : .interrupted)
        }
    }

    private mutating func writePending(_ report: StepReport) throws {
        let count = Double(pending.count)
        func metric(_ name: String, _ value: Double) -> Metric {
            Metric(step: report.step, split: "train", name: name, value: value)
        }
        try run.log([
            metric(MetricName.loss, pending.loss / count),
            metric("gradientNorm", pending.norm / count),
            metric("learningRate", Double(report.learningRate)),
            metric("tokensPerSecond", report.tokensPerSecond),
        ])
        pending = (0, 0, 0, report.elapsedSeconds)
    }

    /// Attaches a result that is no number, as `confusion`, for reports to show.
    func attach(_ name: String, _ value: some Encodable) throws {
        try run.attach(name: name, json: DurableFiles.encodeJSON(value))
    }

    /// Records that an error ended the run.
    func fail(_ error: any Error) {
        // The error itself matters more than one in recording it.
        try? run.finish(.failed, message: "\(error)")
    }
}
