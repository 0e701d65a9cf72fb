import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// Tags, spans and choices against Hugging Face's BERT with these heads.
struct EncoderHeadGoldenTests {
    static let backbone = BERTConfig(
        vocabularySize: 31, maxSequenceLength: 16, hiddenSize: 16, layerCount: 2, headCount: 2,
        feedForwardSize: 32, dropoutProbability: 0)

    private let context = ForwardContext.training(seed: 1, step: 0)

    /// Loss and all gradients, by the names of the file.
    private func expectLossAndGradients<Model: PretrainedModel>(
        of model: Model, _ golden: Golden, _ loss: (Model) throws -> Tensor
    ) throws {
        let (value, gradients) = try model.valueWithGradients { try loss($0) }
        let expected = try golden("loss").scalars[0]
        #expect(abs(value - expected) < 1e-5 * (1 + expected))
        var copy = model
        var places = gradients.paths.indices.makeIterator()
        copy.updateParameters { _, tensor in
            if let place = places.next(), let gradient = gradients[place] { tensor = gradient }
        }
        let all = golden.group("gradient/")
        let found = copy.checkpointTensors()
        #expect(found.count == all.count)
        for (name, gradient) in found {
            expectClose(gradient, try #require(all[name], "\(name)"), "d\(name)")
        }
    }

    private func tagger(_ golden: Golden, usesCRF: Bool = false) throws -> TokenClassifier {
        var model = try TokenClassifier(
            configuration: TokenClassifierConfig(
                backbone: Self.backbone, tags: ["O", "B-X", "I-X", "B-Y", "I-Y"],
                usesCRF: usesCRF), key: RandomKey(seed: 1))
        var weights = golden.group("weight/")
        if usesCRF {
            for (name, shape) in [("transitions", [5, 5]), ("start", [5]), ("end", [5])] {
                weights["crf." + name] = Tensor(zeros: Shape(shape))
            }
        }
        try model.loadCheckpoint(weights, from: "the goldens")
        return model
    }

    /// Each row a sentence, its words where there are labels.
    private func words(_ golden: Golden) throws -> (input: PieceInput, tags: IDTensor) {
        let (ids, labels) = (try golden.ids("ids"), try golden.ids("labels"))
        let time = ids.shape[1]
        let rows = (0..<ids.shape[0]).map { row in
            (row * time..<(row + 1) * time).filter { labels.scalars[$0] != -100 }
        }
        let longest = rows.map(\.count).max() ?? 0
        func padded(_ value: (Int) -> Int32) -> IDTensor {
            IDTensor(
                rows.map { row in
                    row.map(value) + Array(repeating: 0, count: longest - row.count)
                })
        }
        return (
            PieceInput(
                ids: ids, mask: try golden.mask("mask"), places: padded { Int32($0) },
                lengths: rows.map(\.count)), padded { labels.scalars[$0] }
        )
    }

    @Test func tagsMatchTransformers() throws {
        let golden = try Golden("tags")
        let model = try tagger(golden)
        let mask = try golden.mask("mask")
        let logits = model.logits(try golden.ids("ids"), mask: mask, context: context)
        let expected = try golden("logits")
        for (row, length) in mask.lengths.enumerated() {
            func kept(_ x: Tensor) -> Tensor {
                x.sliced(axis: 0, row..<row + 1).sliced(axis: 1, 0..<length)
            }
            expectClose(kept(logits), kept(expected), "logits of row \(row)")
        }
        let (input, tags) = try words(golden)
        try expectLossAndGradients(of: model, golden) {
            $0.loss(input, tags: tags, context: context)
        }
        let scores = model.scores(input, context: .evaluation())
        for (row, length) in input.lengths.enumerated() {
            for word in 0..<length {
                let place = Int(input.places.scalars[row * input.places.shape[1] + word])
                let found = scores.scalars[
                    ((row * scores.shape[1]) + word) * 5..<((row * scores.shape[1]) + word + 1) * 5]
                let wanted = expected.scalars[place * 5..<(place + 1) * 5]
                for (a, b) in zip(found, wanted) { #expect(abs(a - b) < 1e-5 * (1 + abs(b))) }
            }
        }
    }

    @Test func aFieldWithoutScoresIsASoftmax() throws {
        let golden = try Golden("tags")
        let (plain, field) = (try tagger(golden), try tagger(golden, usesCRF: true))
        let (input, tags) = try words(golden)
        // The field's loss is a sentence's, the other a word's.
        let words = Float(input.lengths.reduce(0, +)) / Float(input.lengths.count)
        let (a, b) = (
            plain.loss(input, tags: tags, context: context).scalar * words,
            field.loss(input, tags: tags, context: context).scalar
        )
        #expect(abs(a - b) < 1e-5 * (1 + abs(a)), "\(a) \(b)")
        #expect(plain.tags(input) == field.tags(input))
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tags-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try field.save(to: folder)
        let loaded = try TokenClassifier.load(from: folder)
        #expect(loaded.configuration == field.configuration && loaded.field != nil)
        // A pooler that a published file may hold is left aside, as the encoder leaves the heads.
        var tensors = Dictionary(
            uniqueKeysWithValues: field.checkpointTensors().map { ($0.name, $0.tensor) })
        tensors["bert.pooler.dense.weight"] = Tensor(zeros: [16, 16])
        tensors["bert.pooler.dense.bias"] = Tensor(zeros: [16])
        var copy = field
        try copy.loadCheckpoint(tensors, from: "a file with a pooler")
        #expect(try BERT.load(from: folder).pooler == nil)
    }

    @Test func spansMatchTransformers() throws {
        let golden = try Golden("spans")
        var model = try SpanPredictor(
            configuration: SpanPredictorConfig(backbone: Self.backbone), key: RandomKey(seed: 1))
        try model.loadCheckpoint(golden.group("weight/"), from: "the goldens")
        let (ids, types) = (try golden.ids("ids"), try golden.ids("types"))
        let (starts, ends) = (try golden.ids("starts"), try golden.ids("ends"))
        let mask = try golden.mask("mask")
        let logits = model.logits(ids, typeIDs: types, mask: mask, context: context)
        expectClose(logits.starts, try golden("start_logits"), "starts")
        expectClose(logits.ends, try golden("end_logits"), "ends")
        try expectLossAndGradients(of: model, golden) {
            $0.loss(
                ids, typeIDs: types, mask: mask, starts: starts, ends: ends, context: context)
        }
        // The rows without padding, where transformers' own loss is the same.
        func rows<T>(_ values: [T], _ width: Int) -> [T] {
            Array(values[0..<width]) + Array(values[3 * width..<4 * width])
        }
        func picked(_ x: IDTensor) -> IDTensor {
            let width = x.elementCount / 4
            return IDTensor(
                rows(x.scalars, width), shape: x.shape.replacing(axis: 0, with: 2))
        }
        let own = model.loss(
            picked(ids), typeIDs: picked(types), starts: picked(starts), ends: picked(ends),
            context: context)
        expectClose(own.reshaped([]), try golden("unpadded").reshaped([]), "unpadded")

        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("spans-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.save(to: folder)
        let loaded = try SpanPredictor.load(from: folder)
        #expect(loaded.configuration == model.configuration)
        for change: (inout SpanPredictorConfig) -> Void in [
            { $0.windowOverlap = -1 }, { $0.maxAnswerLength = 0 }, { $0.maxQuestionLength = 0 },
            { $0.noAnswerThreshold = .infinity },
        ] {
            var configuration = model.configuration
            change(&configuration)
            #expect(throws: ModelError.self) { try configuration.validate() }
        }
    }

    @Test func choicesMatchTransformers() throws {
        let golden = try Golden("choices")
        var model = try ChoiceClassifier(
            configuration: ChoiceClassifierConfig(backbone: Self.backbone),
            key: RandomKey(seed: 1))
        try model.loadCheckpoint(golden.group("weight/"), from: "the goldens")
        let (ids, types) = (try golden.ids("ids"), try golden.ids("types"))
        let (labels, mask) = (try golden.ids("labels"), try golden.mask("mask"))
        let logits = model.logits(
            ids, typeIDs: types, mask: mask, counts: [3, 3], context: context)
        expectClose(logits, try golden("logits"), "logits")
        try expectLossAndGradients(of: model, golden) {
            $0.loss(
                ids, typeIDs: types, mask: mask, counts: [3, 3], labels: labels, context: context
            ).loss
        }
        // Texts with different numbers of endings: what is not there has no share.
        let ragged = model.logits(
            ids, typeIDs: types, mask: mask, counts: [4, 2], context: .evaluation())
        let expected = try golden("logits").scalars
        #expect(ragged.shape == [2, 4])
        for (found, wanted) in zip(ragged.scalars, Array(expected[0..<6]) + [-1e30, -1e30]) {
            #expect(abs(found - wanted) <= 1e-5 * (1 + abs(wanted)))
        }
        let probabilities = softmax(ragged).scalars
        #expect(probabilities[6] == 0 && probabilities[7] == 0)
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("choices-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.save(to: folder)
        #expect(try ChoiceClassifier.load(from: folder).configuration == model.configuration)
        #expect(try ModelFolder.summary(of: folder).architectures == ["BertForMultipleChoice"])
    }
}
