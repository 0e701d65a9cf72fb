import SesameModels
import SesameNN
import SesameStore
import SesameTensor
import SesameText

/// Trains a model to translate the documents of a corpus into their second texts, and writes its folder.
///
/// Evaluations measure loss, perplexity and BLEU of greedy translations on the validation split or, where the
/// corpus has none, on some of the training sentences that are then held out.
/// - Parameters:
///   - workspace: Holds the corpus, and records the run.
///   - corpus: The corpus's name; each document has a second text.
///   - source: Makes the sources' tokens.
///   - target: Makes the targets' tokens. Where it is the same tokenizer, both sides share their vectors.
///   - options: Sizes and schedule.
///   - output: Where to write the model.
///   - onEvent: Told of progress, on this thread.
///   - shouldStop: Asked between steps; once it says yes, a checkpoint is left to resume from.
/// - Throws: ``TrainingError``, also for files of word vectors that cannot be read or do not fit the model, or
///   `StoreError` for a corpus that does not exist.
@discardableResult
public func trainTranslation(
    workspace: Workspace, corpus: String, source: Tokenizer, target: Tokenizer,
    options: TranslationOptions = TranslationOptions(), output: ModelOutput,
    onEvent: (TrainerEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
) throws -> RecipeResult {
    try options.validate()
    try RecipeRunner<TranslationOptions>.checkOutput(output)
    let ends = try TranslationVocabulary.ends(of: target)
    let isShared = source.fingerprint == target.fingerprint
    let vectors = try TranslationVectors(
        options, source: source, target: target, isShared: isShared, onEvent)
    return try withoutActuallyEscaping(onEvent) { onEvent in
        let reader = CorpusReader(
            workspace: workspace, corpus: corpus, tokenizer: target, onEvent: onEvent)
        let texts = try TranslationSplits(reader: reader, options: options)
        try onEvent(
            .preparing("tokenising \(texts.train.count + texts.validation.count) sentences"))
        let train = texts.train.examples(
            source: source, target: target, maxLength: options.maxLength, dropsLong: true)
        let validation = texts.validation.examples(
            source: source, target: target, maxLength: options.maxLength, dropsLong: false)
        func dataset(_ examples: [TranslationExample], _ tokens: Int) throws -> TranslationDataset {
            try TranslationDataset(
                examples: examples, batchTokens: tokens, beginningID: ends.beginning,
                endID: ends.end, sourcePaddingID: source.paddingID ?? 0,
                seed: options.training.seed)
        }
        var data = try dataset(train.examples, options.training.batchSize)
        var training = options.training
        if training.evaluationInterval == nil, case .epochs = training.limit {
            let batches = data.batchCount(inEpoch: 0)
            training.evaluationInterval = max(1, batches / training.accumulationSteps)
        }
        let runner = RecipeRunner(
            kind: "train translate", workspace: workspace, tokenizer: target, output: output,
            options: options,
            training: training.freezing([
                (options.sourceVectors, "sourceEmbedding.weight"),
                (options.targetVectors, "targetEmbedding.weight"),
            ]),
            dependencies: [
                "corpus": corpus, "source tokenizer": source.fingerprint,
                "source vocabulary": source.vocabulary.contentHash,
                "training sentences": texts.train.contentHash,
                "validation sentences": texts.validation.contentHash,
            ].merging(try vectors.dependencies(options)) { $1 },
            sizes: [
                "trainTexts": train.examples.count, "validationTexts": validation.examples.count,
            ], sourceTokenizer: isShared ? nil : source)
        func run<Model: Seq2SeqModel>(_ model: Model) throws -> RecipeResult {
            let task = TranslationTask<Model>(
                data: data,
                validation: validation.examples.isEmpty
                    ? nil : try dataset(validation.examples, 4096),
                scorer: validation.examples.isEmpty
                    ? nil
                    : TranslationScorer(references: texts.validation.targets, tokenizer: target),
                labelSmoothing: options.labelSmoothing)
            var record = TrainingRecord.draft(
                .translation, maxLength: options.maxLength, corpus: corpus, tokenizer: target,
                options: training)
            if !isShared { record.sourceTokenizerFingerprint = source.fingerprint }
            return try runner.train(
                model: model, task: task, keepsBest: options.keepsBest, record: record,
                recorder: TranslationRecorder<Model>(
                    sources: texts.validation.sources, source: source, target: target,
                    maxLength: options.maxLength, precision: training.precision),
                onEvent: onEvent, shouldStop: shouldStop)
        }
        let key = RandomKey(seed: options.training.seed, stream: RecipeSite.weights)
        let vocabularies = Seq2SeqVocabularies(
            sourceSize: source.vocabulary.count, targetSize: target.vocabulary.count,
            isShared: isShared, beginningID: Int(ends.beginning), endID: Int(ends.end))
        func requireFits(_ cost: some TrainingCost) throws {
            // A batch is so many tokens, in sentences of any length.
            try TrainingEstimate(
                cost, batchSize: max(1, training.batchSize / options.maxLength),
                length: options.maxLength
            ).requireFits()
        }
        switch options.architecture {
        case .recurrent(let sizes):
            let configuration = RecurrentSeq2SeqConfig(
                vocabularies: vocabularies,
                embeddingSize: vectors.size ?? sizes.embeddingSize,
                encoderSize: sizes.hiddenSize / 2, hiddenSize: sizes.hiddenSize,
                layerCount: sizes.layerCount, cell: sizes.cell, attention: sizes.attention,
                inputFeeding: sizes.inputFeeding, tiesEmbeddings: sizes.tiesEmbeddings,
                dropoutProbability: options.dropoutProbability)
            try configuration.validate()
            try requireFits(configuration.cost)
            var model = try RecurrentSeq2Seq(configuration: configuration, key: key)
            vectors.begin(
                &model.sourceEmbedding, &model.targetEmbedding, seed: options.training.seed)
            return try run(model)
        case .transformer(let choices):
            let configuration = TransformerConfig(
                vocabularies: vocabularies, sizes: choices.sizes, norm: choices.norm,
                activation: choices.activation,
                tiesEmbeddings: choices.tiesEmbeddings,
                dropoutProbability: options.dropoutProbability,
                attentionDropoutProbability: choices.attentionDropoutProbability,
                activationDropoutProbability: choices.activationDropoutProbability)
            try requireFits(configuration.cost)
            var model = try Transformer(configuration: configuration, key: key)
            vectors.begin(
                &model.sourceEmbedding, &model.targetEmbedding, seed: options.training.seed)
            return try run(model)
        }
    }
}

/// The sentences to train and to validate on.
private struct TranslationSplits {
    var train: TranslationTexts
    var validation: TranslationTexts

    init(reader: CorpusReader, options: TranslationOptions) throws {
        train = try reader.translations(.train)
        validation = try reader.translations(.validation)
        try reader.requireTranslations(train, validation)
        guard validation.count == 0, options.validationFraction > 0 else { return }
        var order = Array(train.sources.indices)
        var generator = DataSite.generator(
            seed: options.training.seed, site: RecipeSite.holdOut, epoch: 0)
        generator.shuffle(&order)
        let all = train
        let cut = Int((1 - options.validationFraction) * Double(all.count))
        func part(_ indices: ArraySlice<Int>) -> TranslationTexts {
            TranslationTexts(
                sources: indices.map { all.sources[$0] }, targets: indices.map { all.targets[$0] })
        }
        (train, validation) = (part(order[..<cut]), part(order[cut...]))
    }
}

/// Records a few translations with the weights that are kept.
private struct TranslationRecorder<Model: Seq2SeqModel>: RunRecorder {
    let sources: [String]
    let source: Tokenizer
    let target: Tokenizer
    let maxLength: Int
    let precision: Precision

    func note(_ event: TrainerEvent, in log: RunLog) {}

    func conclude(_ model: Model, summary: TrainingSummary, in log: RunLog) throws {
        let sources = Array(sources.prefix(5))
        let translations = try Translator(
            model: model, sourceTokenizer: source, targetTokenizer: target, maxLength: maxLength
        ).translate(sources, precision: precision)
        for (source, found) in zip(sources, translations) {
            guard let best = found.first else { continue }
            try log.addSample(step: summary.modelStep, prompt: source + "\n", text: best.text)
        }
    }
}
