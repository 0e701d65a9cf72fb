import SesameModels
import SesameNN
import SesameTensor
import Testing

/// What models cost, against published counts, models that are made, and what a step takes.
struct ModelCostTests {
    /// As Hugging Face's models of these names count, BERT with its pooler. GPT-1 has no norm at its end, 1,536
    /// parameters fewer.
    @Test(
        arguments: [
            ("bert-tiny", 4_385_920), ("bert-mini", 11_170_560), ("bert-small", 28_763_648),
            ("bert-medium", 41_373_184), ("bert-base", 109_482_240), ("bert-large", 335_141_888),
            ("gpt1", 116_534_784 + 1536), ("gpt2-small", 124_439_808),
            ("gpt2-medium", 354_823_168), ("gpt2-large", 774_030_080),
            ("gpt2-xl", 1_557_611_200),
        ])
    func presetsHaveThePublishedCounts(name: String, count: Int) throws {
        let preset = try #require(ModelPreset.named(name))
        #expect(preset.cost.parameterCount == count)
        switch preset.configuration {
        case .gpt(let configuration): try configuration.validate()
        case .bert(let configuration): try configuration.validate()
        case .transformer(let configuration): try configuration.validate()
        }
    }

    /// Table 3 of the paper: 65 and 213 million, with 37,000 byte pairs.
    @Test(arguments: [("transformer-base", 65e6), ("transformer-big", 213e6)])
    func translationPresetsHaveAboutThePublishedCounts(name: String, count: Double) throws {
        let preset = try #require(ModelPreset.named(name))
        #expect(abs(Double(preset.cost.parameterCount) / count - 1) < 0.04)
        guard case .transformer(let configuration) = preset.configuration else {
            Issue.record("\(name) is no Transformer")
            return
        }
        try configuration.validate()
        #expect(configuration.sizes == (name.hasSuffix("base") ? .base : .big))
    }

    @Test func namesAreUnique() {
        let names = ModelPreset.all.map(\.name)
        #expect(Set(names).count == names.count && names.count == 13)
        #expect(ModelPreset.named("gpt5") == nil)
    }

    @Test func countsAreThoseOfTheModels() {
        let key = RandomKey(seed: 1)
        for ties in [true, false] {
            let sizes = GPTConfig(
                vocabularySize: 50, maxSequenceLength: 9, hiddenSize: 12, layerCount: 3,
                headCount: 2, feedForwardSize: 20, tiesEmbeddings: ties)
            #expect(sizes.cost.parameterCount == GPT(sizes, key: key).parameterCount)
        }
        let sizes = BERTConfig(
            vocabularySize: 50, maxSequenceLength: 9, hiddenSize: 12, layerCount: 3, headCount: 2,
            feedForwardSize: 20)
        let model = BERT(sizes, key: key).withPooler(key: key)
        #expect(sizes.cost.parameterCount == model.parameterCount)
        #expect(sizes.headedCost.parameterCount == model.parameterCount)
        #expect(
            sizes.headedCost.forwardOperations(length: 9)
                == sizes.cost.forwardOperations(length: 9, projectedShare: 0))
    }

    @Test(arguments: [false, true], [NormPlacement.post, .pre])
    func countsAreThoseOfTranslationModels(ties: Bool, norm: NormPlacement) throws {
        for shares in [false, true] {
            let sizes = TransformerConfig(
                vocabularies: Seq2SeqVocabularies(
                    sourceSize: shares ? 50 : 40, targetSize: 50, isShared: shares, beginningID: 0,
                    endID: 1),
                sizes: TransformerSizes(
                    hiddenSize: 12, layerCount: 3, decoderLayerCount: 2, headCount: 2,
                    feedForwardSize: 20), norm: norm, tiesEmbeddings: ties)
            let model = try Transformer(configuration: sizes, key: RandomKey(seed: 1))
            #expect(sizes.cost.parameterCount == model.parameterCount)
        }
    }

    private static func tagger(
        characters: String = "abcdefg", contextLayers: Int = 0, width: Int = 9, layers: Int = 2,
        crf: Bool = true
    ) -> TaggerConfig {
        TaggerConfig(
            vocabularySize: 50, embeddingSize: 8, characters: characters,
            contextLayerCount: contextLayers, contextSize: contextLayers == 0 ? 0 : 6,
            hiddenSize: width, layerCount: layers, dropoutProbability: 0, usesCRF: crf,
            tags: ["O", "B-X", "I-X"])
    }

    @Test func countsAreThoseOfTaggers() throws {
        for sizes in [
            Self.tagger(), Self.tagger(characters: ""), Self.tagger(contextLayers: 3),
            Self.tagger(layers: 1, crf: false),
        ] {
            let model = try Tagger(configuration: sizes, key: RandomKey(seed: 1))
            #expect(sizes.cost.parameterCount == model.parameterCount)
        }
    }

    /// Layers of 8 inputs and of both directions' 18 states, four gates each, and three tags.
    @Test func operationsOfTaggers() {
        let plain = Self.tagger(characters: "").cost
        let gates = 2 * 4 * 9
        let weights = Double(gates * (8 + 9) + gates * (18 + 9) + 18 * 3)
        #expect(plain.forwardOperations(length: 7) == 2 * weights)
        #expect(plain.trainingOperations(length: 30) == 6 * weights)
        // Thirty features more, of thirty filters at eight places of a word, over three vectors of thirty.
        let spelled = Self.tagger().cost
        let more = Double(gates * 30 + 8 * 30 * 3 * 30)
        #expect(spelled.forwardOperations(length: 7) == 2 * (weights + more))
    }

    @Test func operations() throws {
        let gpt = GPTConfig.gpt2.cost
        // 12 blocks of 12 · 768² weights, 512.5 keys a token, 50,257 logits.
        #expect(gpt.forwardOperations(length: 1024) == 169_869_312 + 18_892_800 + 77_194_752)
        #expect(gpt.trainingOperations(length: 1024) == 3 * 265_956_864)
        let translator = try #require(ModelPreset.named("transformer-base")).cost
        // Six blocks with one look and six with two, of 100 keys or, back from each token, 50.5.
        let weights = 6.0 * 2 * (12 + 16) * 512 * 512
        let looks = 4.0 * 512 * 6 * 250.5
        #expect(
            translator.forwardOperations(length: 100) == weights + looks + 2 * 512 * 37000)
        let bert = BERTConfig.base().cost
        let blocks = 12.0 * 24 * 768 * 768
        #expect(
            bert.forwardOperations(length: 128, projectedShare: 0) == blocks + 12 * 4 * 768 * 128)
        #expect(
            bert.trainingOperations(length: 128)
                == 3 * (blocks + 12 * 4 * 768 * 128 + 0.15 * 2 * 768 * 30522))
        var banded = GPTConfig.gpt2
        banded.band = .alternating(width: 256, layerCount: 12)
        // The first 256 tokens see fewer.
        let keys = (256.0 * 257 / 2 + 768 * 256) / 1024
        #expect(
            banded.cost.forwardOperations(length: 1024, projectedShare: 0)
                == 169_869_312 + 4 * 768 * (6 * 512.5 + 6 * keys))
        #expect(
            banded.cost.forwardOperations(length: 100) == gpt.forwardOperations(length: 100))
    }

    /// Foreseen bytes of training by those that two steps take.
    private static func foreseenShare<Model: Module>(
        _ cost: some TrainingCost, batchSize: Int, length: Int, _ model: Model,
        loss: (Model) -> Tensor
    ) -> Double {
        var model = model
        var optimizer = AdamW()
        MemoryPool.resetPeak()
        for _ in 0..<2 {
            let (_, gradients) = model.valueWithGradients(loss)
            optimizer.update(&model, with: gradients, learningRate: 1e-3)
        }
        return cost.trainingBytes(batchSize: batchSize, length: length)
            / Double(MemoryPool.peakBytes)
    }

    /// The same of a model that translates, sources as long as targets.
    private static func foreseenShare(
        ofTranslating cost: some TrainingCost, batchSize: Int, length: Int,
        _ model: some Seq2SeqModel
    ) -> Double {
        let (ids, lengths) = (ids(batchSize, length), Array(repeating: length, count: batchSize))
        return foreseenShare(cost, batchSize: batchSize, length: length, model) {
            $0.loss(
                ids, sourceLengths: lengths, input: ids, output: ids, targetLengths: lengths,
                labelSmoothing: 0, context: .training(seed: 1, step: 0)
            ).loss
        }
    }

    private static func ids(_ rows: Int, _ length: Int) -> IDTensor {
        IDTensor((0..<rows * length).map { Int32($0 % 500) }, shape: [rows, length])
    }

    /// Alone in a process: the pool counts what all of it holds.
    @Test func trainingTakesTheMemoryThatIsForeseen() async {
        await #expect(processExitsWith: .success) {
            for (width, layers, batch) in [(128, 2, 8), (128, 6, 8), (256, 4, 2), (64, 4, 32)] {
                let sizes = GPTConfig(
                    vocabularySize: 500, maxSequenceLength: 128, hiddenSize: width,
                    layerCount: layers, headCount: 4, dropoutProbability: 0)
                let ids = Self.ids(batch, 128)
                let ratio = Self.foreseenShare(
                    sizes.cost, batchSize: batch, length: 128, GPT(sizes, key: RandomKey(seed: 1))
                ) {
                    $0.loss(ids, targets: ids, context: .training(seed: 1, step: 0)).loss
                }
                #expect((0.85...1.3).contains(ratio), "\(width) × \(layers) × \(batch): \(ratio)")
            }
        }
    }

    @Test func translationTakesTheMemoryThatIsForeseen() async {
        await #expect(processExitsWith: .success) {
            for (width, layers, batch) in [(128, 2, 16), (128, 6, 8), (256, 3, 4)] {
                let sizes = TransformerConfig(
                    vocabularies: Seq2SeqVocabularies(
                        sourceSize: 500, targetSize: 500, isShared: true, beginningID: 0,
                        endID: 1),
                    sizes: TransformerSizes(
                        hiddenSize: width, layerCount: layers, headCount: 4,
                        feedForwardSize: 4 * width), dropoutProbability: 0)
                let model = try Transformer(configuration: sizes, key: RandomKey(seed: 1))
                let ratio = Self.foreseenShare(
                    ofTranslating: sizes.cost, batchSize: batch, length: 64, model)
                #expect((0.85...1.3).contains(ratio), "\(width) × \(layers) × \(batch): \(ratio)")
            }
        }
    }

    @Test func taggingTakesTheMemoryThatIsForeseen() async {
        await #expect(processExitsWith: .success) {
            for (characters, width, layers, batch) in [
                ("abcdefg", 100, 1, 32), ("", 200, 2, 64), ("abcdefg", 50, 3, 64),
            ] {
                let sizes = Self.tagger(characters: characters, width: width, layers: layers)
                let (length, word) = (25, TaggerConfig.usualWordLength)
                let count = batch * length
                let words = IDTensor(
                    (0..<count).map { Int32($0 % 50) }, shape: [batch, length])
                let input = TaggerInput(
                    words: words, lengths: Array(repeating: length, count: batch),
                    characters: CharacterBatch(
                        ids: IDTensor(
                            (0..<count * word).map { Int32(2 + $0 % 7) }, shape: [count, word]),
                        lengths: Array(repeating: word, count: count),
                        rows: IDTensor((0..<Int32(count)).map { $0 }, shape: [batch, length])))
                let tags = IDTensor((0..<count).map { Int32($0 % 3) }, shape: [batch, length])
                let model = try Tagger(configuration: sizes, key: RandomKey(seed: 1))
                let ratio = Self.foreseenShare(
                    sizes.cost, batchSize: batch, length: length, model
                ) { $0.loss(input, tags: tags, context: .training(seed: 1, step: 0)) }
                #expect((0.85...1.3).contains(ratio), "\(width) × \(layers) × \(batch): \(ratio)")
            }
        }
    }

    private static let translation = RecurrentSeq2SeqConfig(
        vocabularies: Seq2SeqVocabularies(
            sourceSize: 40, targetSize: 50, isShared: false, beginningID: 0, endID: 1),
        embeddingSize: 8, encoderSize: 6, hiddenSize: 12, layerCount: 2)

    @Test(arguments: RecurrentCell.allCases)
    func countsAreThoseOfRecurrentModels(cell: RecurrentCell) throws {
        let key = RandomKey(seed: 1)
        for (ties, projection) in [(false, nil), (true, nil), (false, 5)] as [(Bool, Int?)] {
            if projection != nil && cell != .lstm { continue }
            let sizes = RNNConfig(
                vocabularySize: 50, cell: cell, embeddingSize: ties ? 12 : 8, hiddenSize: 12,
                projectionSize: projection, layerCount: 3, tiesEmbeddings: ties)
            #expect(
                sizes.cost.parameterCount
                    == (try RNNLanguageModel(configuration: sizes, key: key)).parameterCount)
        }
        for kind in StateAttention.Kind.allCases.map(Optional.some) + [nil] {
            for (ties, feeds) in [(true, false), (false, true)] {
                var sizes = Self.translation
                (sizes.cell, sizes.attention) = (cell, kind)
                (sizes.tiesEmbeddings, sizes.inputFeeding) = (ties, feeds)
                let model = try RecurrentSeq2Seq(configuration: sizes, key: key)
                #expect(sizes.cost.parameterCount == model.parameterCount)
            }
        }
    }

    @Test func countsAreThoseOfOtherModels() throws {
        let key = RandomKey(seed: 1)
        for highways in [0, 2] {
            let sizes = ELMoConfig(
                vocabularySize: 50, characterSize: 4,
                filters: [.init(width: 1, count: 3), .init(width: 4, count: 5)],
                highwayLayerCount: highways, projectionSize: 6, hiddenSize: 10)
            #expect(
                sizes.cost.parameterCount
                    == (try ELMo(configuration: sizes, key: key)).parameterCount)
        }
        for direct in [false, true] {
            let sizes = NNLMConfig(vocabularySize: 50, hasDirectConnections: direct)
            #expect(
                sizes.cost.parameterCount
                    == (try NNLM(configuration: sizes, key: key)).parameterCount)
        }
        for (norm, layers) in [(false, 0), (true, 2)] {
            let sizes = TextCNNConfig(
                vocabularySize: 50, embeddingSize: 8, contextLayerCount: layers,
                contextSize: layers,
                filterCount: 5, usesBatchNorm: norm)
            #expect(sizes.cost.parameterCount == TextCNN(sizes, key: key).parameterCount)
        }
    }

    /// Weights that a token goes through, counted by hand.
    @Test func operationsOfRecurrentModels() {
        // Gates of an input of 8 and a state of 12, then of two of 12; 50 logits.
        let rnn = RNNConfig(vocabularySize: 50, cell: .gru, embeddingSize: 8, hiddenSize: 12)
        let gates = 3 * 12 * (8 + 12) + 3 * 12 * (12 + 12)
        #expect(rnn.cost.forwardOperations(length: 5) == Double(2 * (gates + 12 * 50)))
        #expect(rnn.cost.trainingOperations(length: 9) == Double(6 * (gates + 12 * 50)))
        let nnlm = NNLMConfig(vocabularySize: 50, contextLength: 3, embeddingSize: 4, hiddenSize: 7)
        #expect(nnlm.cost.forwardOperations(length: 5) == Double(2 * (12 * 7 + 7 * 50)))
        let cnn = TextCNNConfig(vocabularySize: 50, embeddingSize: 8, filterCount: 5)
        #expect(cnn.cost.forwardOperations(length: 5) == Double(2 * (3 + 4 + 5) * 8 * 5))
        // Two directions of 6, a decoder of 12, a query to states of 12, 8 features of 24 for 50 logits; two products
        // with each state of the source.
        let encoder = 2 * (4 * 6 * (8 + 6) + 4 * 6 * (12 + 6))
        let decoder = 4 * 12 * (8 + 12) + 4 * 12 * (12 + 12)
        let own = encoder + decoder + 12 * 12 + 24 * 8 + 8 * 50
        #expect(
            Self.translation.cost.forwardOperations(length: 20)
                == Double(2 * (own + 20 * 2 * 12)))
    }

    @Test func recurrentModelsTakeTheMemoryThatIsForeseen() async {
        await #expect(processExitsWith: .success) {
            for (cell, width, layers, batch) in [
                (RecurrentCell.lstm, 100, 2, 32), (.gru, 200, 1, 64), (.lstm, 60, 4, 64),
            ] {
                let sizes = RNNConfig(
                    vocabularySize: 500, cell: cell, embeddingSize: width, hiddenSize: width,
                    layerCount: layers)
                let ids = Self.ids(batch, 35)
                let ratio = Self.foreseenShare(
                    sizes.cost, batchSize: batch, length: 35,
                    RNNLanguageModel(sizes, key: RandomKey(seed: 1))
                ) { $0.loss(ids, targets: ids, context: .training(seed: 1, step: 0)).loss.loss }
                #expect((0.8...1.4).contains(ratio), "\(cell) \(width) × \(layers): \(ratio)")
            }
        }
    }

    @Test(arguments: [StateAttention.Kind.bilinear, .additive, nil])
    func recurrentTranslationTakesTheMemoryThatIsForeseen(kind: StateAttention.Kind?) async {
        await #expect(processExitsWith: .success) { [kind] in
            for (width, layers, batch) in [(128, 1, 16), (64, 2, 32)] {
                var sizes = Self.translation
                sizes.vocabularies = Seq2SeqVocabularies(
                    sourceSize: 500, targetSize: 500, isShared: true, beginningID: 0, endID: 1)
                (sizes.embeddingSize, sizes.encoderSize, sizes.hiddenSize) = (
                    width, width, 2 * width
                )
                (sizes.layerCount, sizes.attention) = (layers, kind)
                let model = try RecurrentSeq2Seq(configuration: sizes, key: RandomKey(seed: 1))
                let ratio = Self.foreseenShare(
                    ofTranslating: sizes.cost, batchSize: batch, length: 40, model)
                #expect((0.8...1.4).contains(ratio), "\(width) × \(layers): \(ratio)")
            }
        }
    }

    @Test func otherModelsTakeTheMemoryThatIsForeseen() async {
        await #expect(processExitsWith: .success) {
            let (batch, length) = (32, 25)
            let elmo = ELMoConfig(vocabularySize: 500, projectionSize: 64, hiddenSize: 128)
            let letters = Array("abcdefghijklmnopqrstuvwxyz".utf8)
            let words = WordBatch(
                sentences: (0..<batch).map { Array($0 * length..<($0 + 1) * length) },
                maxWordBytes: 50
            ) { word in (0..<6).map { letters[(word >> $0) % 26] } }
            let classes = words.numbers.map { Int32($0 % 500) }
            let ofELMo = Self.foreseenShare(
                elmo.cost, batchSize: batch, length: length, ELMo(elmo, key: RandomKey(seed: 1))
            ) { $0.loss(words, classes: classes, context: .training(seed: 1, step: 0)).mean }
            #expect((0.8...1.4).contains(ofELMo), "ELMo: \(ofELMo)")

            let ids = Self.ids(batch, 64)
            for direct in [false, true] {
                let nnlm = NNLMConfig(vocabularySize: 500, hasDirectConnections: direct)
                let ratio = Self.foreseenShare(
                    nnlm.cost, batchSize: batch, length: 64, NNLM(nnlm, key: RandomKey(seed: 1))
                ) { $0.loss(ids, targets: ids, context: .training(seed: 1, step: 0)).loss }
                #expect((0.8...1.4).contains(ratio), "NNLM, direct \(direct): \(ratio)")
            }
            for norm in [false, true] {
                let cnn = TextCNNConfig(vocabularySize: 500, usesBatchNorm: norm)
                let model = SequenceClassifier(
                    textCNN: TextCNN(cnn, key: RandomKey(seed: 1)),
                    head: .classification(labels: ["a", "b"]), key: RandomKey(seed: 2))
                let labels = IDTensor((0..<Int32(batch)).map { $0 % 2 }, shape: [batch])
                let ratio = Self.foreseenShare(cnn.cost, batchSize: batch, length: 64, model) {
                    $0.lossAndStatistics(
                        ids, targets: .labels(labels), context: .training(seed: 1, step: 0)
                    ).loss
                }
                #expect((0.8...1.4).contains(ratio), "TextCNN, norm \(norm): \(ratio)")
            }
        }
    }
}
