import SesameStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Writes a run's metrics and checkpoints into the workspace.
struct RunLog {
    private let workspace: Workspace
    private let run: Run
    private let checkpoints: CheckpointFolder
    private var recordedSteps: Set<Int>

    var id: Int64 { run.id }

    /// A new run, or the one that `state` belongs to where it continues.
    init(
        workspace: Workspace, kind: String, configuration: String, resuming state: TrainingState?,
        checkpoints: CheckpointFolder
    ) throws {
        self.workspace = workspace
        self.checkpoints = checkpoints
        guard let state, let id = state.run,
            let earlier = try Self.find(id, in: workspace),
            earlier.kind == kind, earlier.configuration == configuration
        else {
            // The workspace may be another one than the run began in.
            run = try workspace.createRun(kind: kind, configuration: configuration)
            recordedSteps = []
            return
        }
        run = try workspace.resumeRun(id: id, afterStep: state.step)
        recordedSteps = []
        // A process that was killed may have written or deleted checkpoints without recording that.
        let paths = Set(checkpoints.steps().map { checkpoints.folder(step: $0).path })
        for record in try workspace.checkpoints(run: id) {
            if paths.contains(record.path) {
                recordedSteps.insert(record.step)
            } else {
                try run.removeCheckpoint(path: record.path)
            }
        }
        try recordCheckpoints(through: state.step)
    }

    /// Brings the workspace's list of checkpoints up to date with the folder.
    private mutating func recordCheckpoints(through last: Int) throws {
        let steps = Set(checkpoints.steps().filter { $0 <= last })
        for step in steps.subtracting(recordedSteps).sorted() {
            try run.addCheckpoint(path: checkpoints.folder(step: step).path, step: step)
            recordedSteps.insert(step)
        }
        for step in recordedSteps.subtracting(steps).sorted() {
            try run.removeCheckpoint(path: checkpoints.folder(step: step).path)
            recordedSteps.remove(step)
        }
    }

    private static func find(_ id: Int64, in workspace: Workspace) throws -> RunSummary? {
        do {
            return try workspace.run(id: id)
        } catch let error as StoreError where error.code == .notFound {
            return nil
        }
    }

    /// Takes note of an event.
    ///
    /// Hours of training do not end because another process holds the workspace for a while: what cannot
    /// be written now waits for the next event.
    mutating func note(_ event: TrainerEvent) throws {
        do {
            try record(event)
        } catch let error as StoreError where error.code == .locked {
            return
        }
    }

    private mutating func record(_ event: TrainerEvent) throws {
        switch event {
        case .preparing, .note, .started: break
        case .step(let report):
            guard let means = report.means else { return }
            func metric(_ name: String, _ value: Double) -> Metric {
                Metric(step: report.step, split: "train", name: name, value: value)
            }
            try run.log([
                metric(MetricName.loss, means.loss),
                metric("gradientNorm", means.gradientNorm),
                metric("learningRate", Double(report.learningRate)),
                metric("tokensPerSecond", report.tokensPerSecond),
            ])
        case .evaluation(let step, let metrics):
            try log(metrics, step: step, split: "validation")
        case .checkpoint(let step, _):
            try recordCheckpoints(through: step)
        case .finished(let summary):
            // The evaluation at the last step was of that step's own weights.
            guard summary.averagedCheckpoints != nil else { return }
            try log(summary.metrics, step: summary.modelStep, split: Metric.averageSplit)
        }
    }

    private func log(_ metrics: Metrics, step: Int, split: String) throws {
        try run.log(
            metrics.sorted { $0.key < $1.key }.map {
                Metric(step: step, split: split, name: $0.key, value: $0.value)
            })
    }

    /// Makes everything noted so far safe: a checkpoint is about to be written, and a run that goes on
    /// from there does not note it again.
    var flush: @Sendable () throws -> Void {
        { [run] in
            do {
                try run.flushDurably()
            } catch let error as StoreError where error.code == .locked {
                // A checkpoint is worth more than metrics that may wait in memory a little longer.
                return
            }
        }
    }

    func finish(_ status: RunStatus) throws { try run.finish(status) }

    /// Attaches a result that is no number, as `confusion`, for reports to show.
    ///
    /// One that cannot be written because the workspace is locked is let go, as texts are.
    func attach(_ name: String, _ value: some Encodable) throws {
        do {
            try run.attach(name: name, json: DurableFiles.encodeJSON(value))
        } catch let error as StoreError where error.code == .locked {
            return
        }
    }

    /// Records a generated text, once: a resumed run may come to the same text again.
    ///
    /// A text that cannot be written because the workspace is locked is let go.
    func addSample(step: Int, prompt: String, text: String) throws {
        do {
            let isKnown = try samples().contains {
                $0.step == step && $0.prompt == prompt && $0.text == text
            }
            if !isKnown { try run.addSample(step: step, prompt: prompt, text: text) }
        } catch let error as StoreError where error.code == .locked {
            return
        }
    }

    /// The texts that the run has, in the order of steps.
    func samples() throws -> [SampleRecord] { try workspace.samples(run: id) }

    /// The command lines that made the run, with the one that makes it now.
    func addCommand(_ words: [String]) throws {
        let earlier = try workspace.artifacts(run: id).first { $0.name == "command" }
            .flatMap { try? JSONDecoder().decode([[String]].self, from: $0.json) }
        try attach("command", (earlier ?? []) + [words])
    }

    /// Records that an error ended the run.
    func fail(_ error: any Error) {
        // The error itself matters more than one in recording it.
        try? run.finish(.failed, message: "\(error)")
    }
}
