import SesameModels
import SesameStore
import SesameTensor
import SesameText
import Synchronization

/// What a recipe records of a run beside its metrics: texts, confusion matrices.
protocol RunRecorder<Model> {
    associatedtype Model

    /// After the run log has seen the event.
    func note(_ event: TrainerEvent, in log: RunLog) throws

    /// With the weights that are kept, before their folder is written.
    func conclude(_ model: Model, summary: TrainingSummary, in log: RunLog) throws
}

/// Lets a language model write a few words at evaluations, at most ten times a run, and at the end.
///
/// The texts draw from a generator of their own: they change no weight.
final class SampleRecorder<Model: TextContinuing>: RunRecorder, Sendable {
    private let generator: @Sendable (Model) -> String?
    private let prompt: String
    private let state = Mutex(SampleState())

    /// Tokens of a text: two or three lines of words, or one of characters.
    private static var tokenCount: Int { 120 }

    /// - Parameters:
    ///   - stream: Begins with the text that is to be continued.
    ///   - seed: The run's; every text draws from its beginning, so that they can be compared.
    init(tokenizer: Tokenizer, stream: PackedTokens, training: TrainingOptions, contextLength: Int)
        throws
    {
        // The stream may begin within a word.
        let beginning = stream[0..<min(32, stream.count)]
            .drop { tokenizer.vocabulary.token($0).hasPrefix("##") }
        let prompt = tokenizer.decode(Array(beginning.prefix(max(1, min(8, contextLength / 4)))))
        let sampler = try Sampler(temperature: 0.8, seed: training.seed)
        self.prompt = prompt
        generator = { model in
            var sampler = sampler
            // A text is an illustration: a run does not end because it could not be written.
            return try? TextGenerator(model: model, tokenizer: tokenizer).generate(
                prompt: prompt, count: Self.tokenCount, sampler: &sampler,
                precision: training.precision)
        }
    }

    /// Called with the model by the task, before each evaluation.
    func see(_ model: Model) {
        let isDue = state.withLock { state in
            let tenth = state.tenth
            guard tenth > state.lastTenth else { return false }
            state.lastTenth = tenth
            return true
        }
        guard isDue else { return }
        let text = generator(model)
        state.withLock { $0.pending = text }
    }

    func note(_ event: TrainerEvent, in log: RunLog) throws {
        switch event {
        case .started(let start):
            // A resumed run goes on after the texts that it has.
            let last = try log.samples().last
            state.withLock { state in
                state.totalSteps = start.totalSteps
                guard let last else { return }
                state.step = last.step
                state.lastTenth = state.tenth
                state.lastStep = last.step
            }
        case .step(let report):
            state.withLock { state in
                state.step = report.step
                state.progress = report.progress
            }
        case .evaluation(let step, _):
            let text = state.withLock { state in
                defer { state.pending = nil }
                if state.pending != nil { state.lastStep = step }
                return state.pending
            }
            if let text { try log.addSample(step: step, prompt: prompt, text: text) }
        default: break
        }
    }

    func conclude(_ model: Model, summary: TrainingSummary, in log: RunLog) throws {
        guard state.withLock({ $0.lastStep }) != summary.modelStep, let text = generator(model)
        else { return }
        try log.addSample(step: summary.modelStep, prompt: prompt, text: text)
    }
}

/// How far a run is, and what it has written.
private struct SampleState {
    /// Steps of the run; nil under a time limit.
    var totalSteps: Int?
    var step = 0
    var progress = 0.0
    /// The tenth of the run in which the last text was written.
    var lastTenth = -1
    var lastStep: Int?
    var pending: String?
}

extension SampleState {
    /// Which tenth of the run the step is in.
    fileprivate var tenth: Int {
        totalSteps.map { step * 10 / max(1, $0) } ?? Int(progress * 10)
    }
}

/// Attaches the confusion matrix of a classifier, or the predictions of a regression, as they are for the
/// weights that are kept.
struct SequenceRecorder: RunRecorder {
    let task: SequenceTask
    let precision: Precision

    func note(_ event: TrainerEvent, in log: RunLog) {}

    func conclude(
        _ model: SequenceClassifier, summary: TrainingSummary, in log: RunLog
    ) throws {
        guard !task.validation.isEmpty else { return }
        // The last evaluation was of these weights, unless an interim one came after it.
        let kept = task.lastResults.flatMap { results in
            results.metrics.allSatisfy { summary.metrics[$0.key] == $0.value } ? results : nil
        }
        let results =
            kept
            ?? SequenceTask.results(
                model, on: task.validation, paddingID: task.data.paddingID, precision: precision)
        if let confusion = results.confusion {
            try log.attach("confusion", confusion)
        } else {
            try log.attach(
                "predictions",
                Predictions(actual: results.scores.actual, predicted: results.scores.predicted))
        }
    }

    private struct Predictions: Encodable {
        let actual: [Double]
        let predicted: [Double]
    }
}
