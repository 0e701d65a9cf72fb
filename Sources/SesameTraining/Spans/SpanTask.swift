import SesameModels
import SesameNN
import SesameTensor

/// Trains a ``SpanPredictor`` on windows with the places of answers.
struct SpanTask: TrainingTask {
    /// The training windows.
    var data: SequenceDataset
    /// The answer's first and last position in each of them.
    let targets: [(start: Int32, end: Int32)]
    /// The held-out questions; empty where nothing is held out.
    let validation: [Question]
    let encoder: SpanEncoder
    let search: SpanSearch

    init(
        questions: [Question], validation: [Question], encoder: SpanEncoder, search: SpanSearch,
        training: TrainingOptions
    ) throws {
        var examples: [SequenceExample] = []
        var targets: [(start: Int32, end: Int32)] = []
        for (question, example) in zip(questions, encoder.encode(questions)) {
            examples += example.windows.map {
                SequenceExample(ids: $0.ids, typeIDs: $0.typeIDs)
            }
            targets += example.targets(question.range)
        }
        data = try SequenceDataset(
            examples: examples, batchSize: training.batchSize,
            paddingID: encoder.tokenizer.paddingID ?? 0, seed: training.seed)
        self.targets = targets
        self.validation = validation
        self.encoder = encoder
        self.search = search
    }

    /// F1 of the answers' words.
    var selectionMetric: String { MetricName.spanF1 }
    /// More is better.
    var higherIsBetter: Bool { true }

    /// Tokens without padding.
    func tokenCount(of batch: SequenceBatch) -> Int { batch.tokenCount }

    /// The mean of the cross-entropies of the answers' first and last tokens.
    func loss(
        of model: SpanPredictor, on batch: SequenceBatch, context: ForwardContext
    ) -> BatchLoss {
        let answers = batch.indices.map { targets[$0] }
        func positions(_ values: [Int32]) -> IDTensor { IDTensor(values, shape: [values.count]) }
        return BatchLoss(
            loss: model.loss(
                batch.ids, typeIDs: batch.typeIDs,
                mask: .unlessFull(batch.attentionMask, shape: batch.ids.shape),
                starts: positions(answers.map { $0.start }),
                ends: positions(answers.map { $0.end }),
                context: context))
    }

    /// Exact match and F1 over the held-out questions.
    func evaluate(_ model: SpanPredictor, precision: Precision, batchLimit: Int?) -> Metrics? {
        guard !validation.isEmpty else { return nil }
        let questions = Array(validation.prefix(batchLimit.map { $0 * 32 } ?? .max))
        let reader = SpanReading(model: model, encoder: encoder, search: search)
        return reader.scores(on: questions, precision: precision).metrics
    }
}

/// A model with what it takes to answer questions.
struct SpanReading: Sendable {
    let model: SpanPredictor
    let encoder: SpanEncoder
    var search: SpanSearch

    /// Answers in the order of the questions.
    func answers(
        to questions: [Question], batchSize: Int = 32, precision: Precision
    ) -> [FoundAnswer] {
        let examples = encoder.encode(questions)
        let windows = examples.flatMap(\.windows).map {
            SequenceExample(ids: $0.ids, typeIDs: $0.typeIDs)
        }
        var scores = [(starts: [Float], ends: [Float])](
            repeating: ([], []), count: windows.count)
        let batches = SequenceDataset.evaluationBatches(
            of: windows, batchSize: batchSize, paddingID: encoder.tokenizer.paddingID ?? 0)
        for batch in batches {
            let logits = model.logits(
                batch.ids, typeIDs: batch.typeIDs,
                mask: .unlessFull(batch.attentionMask, shape: batch.ids.shape),
                context: .evaluation(precision: precision))
            let time = batch.ids.shape[1]
            let (starts, ends) = (logits.starts.scalars, logits.ends.scalars)
            for (row, index) in batch.indices.enumerated() {
                let cells = row * time..<row * time + windows[index].ids.count
                scores[index] = (Array(starts[cells]), Array(ends[cells]))
            }
        }
        var next = 0
        return zip(questions, examples).map { question, example in
            defer { next += example.windows.count }
            return search.answer(
                example, scores: Array(scores[next..<next + example.windows.count]),
                in: question.context)
        }
    }

    /// How the answers compare with those of the questions.
    func scores(on questions: [Question], precision: Precision) -> SpanScores {
        var scores = SpanScores()
        for (question, found) in zip(questions, answers(to: questions, precision: precision)) {
            scores.add(
                answer: found.answer?.text, best: found.best.first?.text,
                noAnswerScore: found.noAnswerScore, golds: question.answers ?? [])
        }
        return scores
    }
}
