import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// Model folders: what is written is what is read, and what does not fit is named.
struct ModelFolderTests {
    private static func temporaryFolder() -> URL {
        FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-models-\(UUID().uuidString)")
    }

    private func expectRoundTrip<Model: PretrainedModel>(_ model: Model) throws
    where Model.Configuration: Equatable {
        let folder = Self.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.save(to: folder)
        let loaded = try Model.load(from: folder)
        #expect(loaded.configuration == model.configuration)
        let (before, after) = (model.parameters, loaded.parameters)
        #expect(before.map(\.path) == after.map(\.path))
        for (a, b) in zip(before, after) {
            #expect(a.tensor.shape == b.tensor.shape)
            #expect(
                a.tensor.scalars.map(\.bitPattern) == b.tensor.scalars.map(\.bitPattern),
                "\(a.path)")
        }
        // Over itself, and nothing else is left behind.
        try model.save(to: folder)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(files == ["config.json", "model.safetensors"])
    }

    @Test func savedModelsComeBackBitForBit() throws {
        let key = RandomKey(seed: 1, stream: 0)
        let gpt = GPT(GPTGoldenTests.configuration, key: key)
        try expectRoundTrip(gpt)
        try expectRoundTrip(BERT(BERTGoldenTests.configuration, key: key))
        let pretraining = BERTForPretraining(BERTGoldenTests.configuration, key: key)
        try expectRoundTrip(pretraining)
        try expectRoundTrip(
            SequenceClassifier(
                bert: pretraining.bert, head: .classification(labels: ["no", "yes"]), key: key))
        try expectRoundTrip(
            SequenceClassifier(
                gpt: gpt, head: .classification(labels: ["a", "b", "c"]), dropoutProbability: 0.2,
                key: key))
    }

    @Test func namesAndLayoutsAreHuggingFaces() throws {
        for (file, tensors) in [
            ("gpt2", try GPTGoldenTests.model(Golden("gpt2")).checkpointTensors()),
            ("bert", try BERTGoldenTests.model(Golden("bert")).checkpointTensors()),
        ] {
            let golden = try Golden(file).group("weight/")
            #expect(Set(tensors.map(\.name)) == Set(golden.keys))
            for (name, tensor) in tensors {
                #expect(tensor.shape == golden[name]?.shape, "\(name)")
                #expect(tensor.scalars == golden[name]?.scalars, "\(name)")
            }
        }
    }

    @Test func anEncoderLoadsFromAPretrainedFolder() throws {
        let folder = Self.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = BERTForPretraining(
            BERTGoldenTests.configuration, key: RandomKey(seed: 1, stream: 0))
        try model.save(to: folder)
        let bert = try BERT.load(from: folder)
        #expect(bert.pooler?.weight.scalars == model.bert.pooler?.weight.scalars)
        let summary = try ModelFolder.summary(of: folder)
        #expect(summary.modelType == "bert" && summary.architectures == ["BertForPreTraining"])
        #expect(!summary.isSequenceClassifier)
    }

    @Test func bfloat16HalvesTheFile() throws {
        let folder = Self.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = GPT(GPTGoldenTests.configuration, key: RandomKey(seed: 1, stream: 0))
        try model.save(to: folder, storage: .bfloat16)
        let loaded = try GPT.load(from: folder)
        for (a, b) in zip(model.parameters, loaded.parameters) {
            for (x, y) in zip(a.tensor.scalars, b.tensor.scalars) {
                #expect(abs(x - y) <= abs(x) / 256)
            }
        }
    }

    @Test func everyNameThatDoesNotFitIsListed() throws {
        var model = GPT(GPTGoldenTests.configuration, key: RandomKey(seed: 1, stream: 0))
        var tensors = Dictionary(
            uniqueKeysWithValues: model.checkpointTensors().map { ($0.name, $0.tensor) })
        let before = model.parameters.map(\.tensor.scalars)
        tensors["transformer.ln_f.bias"] = nil
        tensors["transformer.h.1.mlp.c_fc.weight"] = nil
        tensors["transformer.h.2.ln_1.bias"] = Tensor(zeros: [32])
        tensors["transformer.wte.weight"] = Tensor(zeros: [60, 32])
        // These belong to other files' dialects and are skipped.
        tensors["lm_head.weight"] = Tensor(zeros: [61, 32])
        tensors["transformer.h.0.attn.bias"] = Tensor(zeros: [1, 1, 16, 16])
        let error = #expect(throws: ModelError.self) {
            try model.loadCheckpoint(tensors, from: "a test")
        }
        #expect(error?.code == .parameters)
        #expect(error?.missing == ["transformer.h.1.mlp.c_fc.weight", "transformer.ln_f.bias"])
        #expect(error?.unexpected == ["transformer.h.2.ln_1.bias"])
        #expect(error?.misshapen.map(\.name) == ["transformer.wte.weight"])
        #expect(error?.misshapen.first?.expected == [61, 32])
        #expect(error?.description.contains("a test") == true)
        #expect(model.parameters.map(\.tensor.scalars) == before)
    }

    @Test func olderDialectsLoad() throws {
        let gpt = GPT(GPTGoldenTests.configuration, key: RandomKey(seed: 1, stream: 0))
        var bare: [String: Tensor] = [:]
        for (name, tensor) in gpt.checkpointTensors() {
            bare[String(name.dropFirst("transformer.".count))] = tensor
        }
        var other = GPT(GPTGoldenTests.configuration, key: RandomKey(seed: 2, stream: 0))
        try other.loadCheckpoint(bare, from: "a test")
        #expect(other.parameters.map(\.tensor.scalars) == gpt.parameters.map(\.tensor.scalars))

        let bert = BERT(BERTGoldenTests.configuration, key: RandomKey(seed: 1, stream: 0))
        var old: [String: Tensor] = [:]
        for (name, tensor) in bert.checkpointTensors() {
            old[
                name.replacingOccurrences(of: "LayerNorm.weight", with: "LayerNorm.gamma")
                    .replacingOccurrences(of: "LayerNorm.bias", with: "LayerNorm.beta")] = tensor
        }
        var another = BERT(BERTGoldenTests.configuration, key: RandomKey(seed: 2, stream: 0))
        try another.loadCheckpoint(old, from: "a test")
        #expect(another.parameters.map(\.tensor.scalars) == bert.parameters.map(\.tensor.scalars))
    }

    struct BadConfig: Sendable {
        let json: String
        let says: String
    }

    @Test(arguments: [
        BadConfig(json: "{", says: "not valid JSON"),
        BadConfig(json: #"{"model_type": "bert"}"#, says: "expected gpt2"),
        BadConfig(json: #"{"n_embd": "wide"}"#, says: "n_embd"),
        BadConfig(json: #"{"n_embd": 100, "n_head": 12}"#, says: "multiple of n_head"),
        BadConfig(json: #"{"n_layer": 0}"#, says: "n_layer is 0"),
        BadConfig(json: #"{"attn_pdrop": 1}"#, says: "attn_pdrop"),
        BadConfig(json: #"{"activation_function": "swish"}"#, says: "gelu_new"),
        BadConfig(json: #"{"eos_token_id": 50257}"#, says: "eos_token_id"),
        BadConfig(json: #"{"scale_attn_weights": false}"#, says: "scale_attn_weights is false"),
        BadConfig(
            json: #"{"scale_attn_by_inverse_layer_idx": true}"#,
            says: "scale_attn_by_inverse_layer_idx is true, which is not supported"),
        BadConfig(json: #"{"add_cross_attention": true}"#, says: "add_cross_attention"),
    ])
    func badConfigurationsAreExplained(_ row: BadConfig) throws {
        let folder = Self.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(row.json.utf8).write(to: folder.appendingPathComponent("config.json"))
        let error = #expect(throws: ModelError.self) { try GPT.load(from: folder) }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains(row.says) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("\n") == false)
    }

    @Test func aMissingFolderIsAnError() {
        let error = #expect(throws: ModelError.self) {
            try GPT.load(from: Self.temporaryFolder())
        }
        #expect(error?.code == .folder)
    }

    @Test func configurationsAreHuggingFaces() throws {
        let json = """
            {"model_type": "bert", "vocab_size": 100, "hidden_size": 64, "num_hidden_layers": 3,
             "num_attention_heads": 4, "intermediate_size": 256, "hidden_act": "gelu",
             "hidden_dropout_prob": 0.2, "attention_probs_dropout_prob": 0.3,
             "max_position_embeddings": 40, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
             "initializer_range": 0.02, "pad_token_id": 0, "transformers_version": "5.0"}
            """
        let read = try JSONDecoder().decode(BERTConfig.self, from: Data(json.utf8))
        var expected = BERTConfig(
            vocabularySize: 100, maxSequenceLength: 40, hiddenSize: 64, layerCount: 3,
            headCount: 4, feedForwardSize: 256, dropoutProbability: 0.2)
        expected.attentionDropoutProbability = 0.3
        #expect(read == expected)
        let again = try JSONDecoder().decode(
            BERTConfig.self, from: JSONEncoder().encode(expected))
        #expect(again == expected)
        let classifier = SequenceClassifierConfig(
            backbone: .bert(expected), head: .classification(labels: ["negative", "positive"]),
            dropoutProbability: 0.1)
        let data = try JSONEncoder().encode(classifier)
        let object = try #require(
            try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["architectures"] as? [String] == ["BertForSequenceClassification"])
        #expect(object["id2label"] as? [String: String] == ["0": "negative", "1": "positive"])
        #expect(
            try JSONDecoder().decode(SequenceClassifierConfig.self, from: data) == classifier)
    }
}
