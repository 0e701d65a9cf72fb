import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

/// Folders as other programs publish them: dialects, heads that are there or not, shards, an output of its own.
struct PublishedLayoutTests {
    private static let key = RandomKey(seed: 1, stream: 0)
    private static let other = RandomKey(seed: 2, stream: 0)

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-published-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func tensors(_ model: some PretrainedModel) -> [String: Tensor] {
        Dictionary(uniqueKeysWithValues: model.checkpointTensors().map { ($0.name, $0.tensor) })
    }

    @Test func anEncoderMayLackItsPooler() throws {
        let bert = BERT(BERTGoldenTests.configuration, key: Self.key)
        // BertModel's own dialect: no prefix, position numbers, and here no pooler.
        var published: [String: Tensor] = ["embeddings.position_ids": Tensor(zeros: [1, 16])]
        for (name, tensor) in tensors(bert) where !name.hasPrefix("bert.pooler.") {
            published[String(name.dropFirst("bert.".count))] = tensor
        }
        var loaded = BERT(BERTGoldenTests.configuration, key: Self.other)
        try loaded.loadCheckpoint(published, from: "a test")
        #expect(loaded.pooler == nil)
        let ids = IDTensor([1, 2, 3, 4], shape: [1, 4])
        let context = ForwardContext.evaluation()
        #expect(
            loaded.hidden(ids, context: context).scalars
                == bert.hidden(ids, context: context).scalars)
        // A classifier on it begins with a fresh pooler.
        let classifier = SequenceClassifier(
            bert: loaded, head: .classification(labels: ["a", "b"]), key: Self.key)
        #expect(classifier.bert?.pooler != nil)
        // The pooler comes back from a file that has one; half of one is an error.
        try loaded.loadCheckpoint(tensors(bert), from: "a test")
        #expect(loaded.pooler?.weight.scalars == bert.pooler?.weight.scalars)
        published["pooler.dense.weight"] = bert.pooler?.weight
        let error = #expect(throws: ModelError.self) {
            try loaded.loadCheckpoint(published, from: "a test")
        }
        #expect(error?.missing == ["bert.pooler.dense.bias"])
        #expect(loaded.pooler != nil)
    }

    @Test func maskedTokensAloneNeedNeitherPoolerNorNextSentence() throws {
        let whole = BERTForPretraining(BERTGoldenTests.configuration, key: Self.key)
        var published = tensors(whole).filter {
            !$0.key.hasPrefix("bert.pooler.") && !$0.key.hasPrefix("cls.seq_relationship.")
        }
        published["cls.predictions.decoder.weight"] = whole.bert.tokenEmbedding.weight
        published["cls.predictions.decoder.bias"] = published.removeValue(
            forKey: "cls.predictions.bias")
        var masked = BERTForPretraining(BERTGoldenTests.configuration, key: Self.other)
        try masked.loadCheckpoint(published, from: "a test")
        #expect(masked.nextSentence == nil && masked.bert.pooler == nil)
        #expect(masked.architecture == "BertForMaskedLM")
        #expect(masked.outputBias.scalars == whole.outputBias.scalars)
        let ids: [Int32] = [2, 5, 4, 9]
        let (a, b) = (try masked.fillMask(ids, maskID: 4), try whole.fillMask(ids, maskID: 4))
        #expect(a[0].predictions == b[0].predictions)
        try withFolder { folder in
            try masked.save(to: folder)
            let summary = try ModelFolder.summary(of: folder)
            #expect(summary.architectures == ["BertForMaskedLM"])
            let again = try BERTForPretraining.load(from: folder)
            #expect(again.nextSentence == nil && again.bert.pooler == nil)
            #expect(
                again.parameters.map(\.tensor.scalars) == masked.parameters.map(\.tensor.scalars))
            // The encoder inside it.
            #expect(try BERT.load(from: folder).pooler == nil)
        }
    }

    @Test func anOutputMayHaveItsOwnWeight() throws {
        var configuration = GPTGoldenTests.configuration
        configuration.tiesEmbeddings = false
        let gpt = GPT(configuration, key: Self.key)
        let output = try #require(gpt.output)
        #expect(output.weight.scalars != gpt.tokenEmbedding.weight.scalars)
        try withFolder { folder in
            try gpt.save(to: folder)
            let loaded = try GPT.load(from: folder)
            #expect(loaded.output?.weight.scalars == output.weight.scalars)
            #expect(loaded.configuration == configuration)
        }
        // Equal to the tied model where the two tables are equal.
        var untied = gpt
        untied.output = Linear(weight: gpt.tokenEmbedding.weight, bias: nil)
        var tied = GPT(GPTGoldenTests.configuration, key: Self.other)
        try tied.loadCheckpoint(tensors(untied), from: "a test")
        let ids = IDTensor([3, 1, 4, 1, 5], shape: [1, 5])
        let context = ForwardContext.evaluation()
        #expect(
            tied.logits(ids, context: context).scalars
                == untied.logits(ids, context: context).scalars)
        #expect(
            tied.logits(ids, context: context).scalars != gpt.logits(ids, context: context).scalars)
        // Without the weight there is an error, and a classifier does without it.
        var lacking = tensors(gpt)
        lacking["lm_head.weight"] = nil
        var other = GPT(configuration, key: Self.other)
        let error = #expect(throws: ModelError.self) {
            try other.loadCheckpoint(lacking, from: "a test")
        }
        #expect(error?.missing == ["lm_head.weight"])
        let classifier = SequenceClassifier(
            gpt: gpt, head: .classification(labels: ["a", "b"]), key: Self.key)
        #expect(classifier.gpt?.output == nil)
    }

    @Test func twoNamesForOneParameterAreAnError() throws {
        let bert = BERT(BERTGoldenTests.configuration, key: Self.key)
        var doubled = tensors(bert)
        doubled["embeddings.word_embeddings.weight"] = bert.tokenEmbedding.weight
        var loaded = bert
        let error = #expect(throws: ModelError.self) {
            try loaded.loadCheckpoint(doubled, from: "a test")
        }
        #expect(error?.unexpected == ["embeddings.word_embeddings.weight"])
    }

    @Test(arguments: SafeTensors.Storage.allCases)
    func shardsComeBack(_ storage: SafeTensors.Storage) throws {
        let gpt = GPT(GPTGoldenTests.configuration, key: Self.key)
        try withFolder { folder in
            let single = folder.appendingPathComponent("single")
            let sharded = folder.appendingPathComponent("sharded")
            try gpt.save(to: single, storage: storage)
            try gpt.save(to: sharded, storage: storage, maxShardBytes: 20_000)
            let names = try FileManager.default.contentsOfDirectory(atPath: sharded.path)
            #expect(names.contains(SafeTensors.indexName))
            #expect(!names.contains(SafeTensors.fileName))
            #expect(names.count { $0.hasPrefix("model-0000") } > 2)
            let (a, b) = (try GPT.load(from: single), try GPT.load(from: sharded))
            #expect(a.parameters.map(\.tensor.scalars) == b.parameters.map(\.tensor.scalars))
            // A model in one file replaces one in several, and other files stay.
            try Data("{}".utf8).write(to: sharded.appendingPathComponent("tokenizer.json"))
            try gpt.save(to: sharded, storage: storage)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: sharded.path).sorted()
                    == ["config.json", "model.safetensors", "tokenizer.json"])
        }
    }

    struct BadIndex: Sendable {
        let json: String
        let says: String
    }

    @Test(arguments: [
        BadIndex(json: "{", says: "expected '\"' at byte 1"),
        BadIndex(json: "[]", says: "an object weight_map"),
        BadIndex(json: #"{"weight_map": {}}"#, says: "a weight_map with tensors"),
        BadIndex(json: #"{"weight_map": {"a": "../a.safetensors"}}"#, says: "beside the index"),
        BadIndex(json: #"{"weight_map": {"a": "a.bin"}}"#, says: "beside the index"),
        BadIndex(json: #"{"weight_map": {"a": 3}}"#, says: "beside the index"),
        BadIndex(
            json: #"{"weight_map": {"a": "a.safetensors", "a": "a.safetensors"}}"#, says: "twice"),
        BadIndex(json: #"{"weight_map": {"a": "none.safetensors"}}"#, says: "cannot open"),
        BadIndex(
            json: #"{"weight_map": {"a": "a.safetensors", "b": "a.safetensors"}}"#,
            says: "found b is not in a.safetensors"),
        BadIndex(
            json: #"{"weight_map": {"b": "a.safetensors"}}"#,
            says: "found a is in a.safetensors, b is not in a.safetensors"),
    ])
    func badIndexesAreExplained(_ row: BadIndex) throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try SafeTensors.write(
                [("a", Tensor(1))], to: folder.appendingPathComponent("a.safetensors"))
            try Data(row.json.utf8).write(to: folder.appendingPathComponent(SafeTensors.indexName))
            let error = #expect(throws: TensorError.self) { try SafeTensors.read(folder: folder) }
            #expect(error?.description.contains(row.says) == true, "\(error?.description ?? "")")
            #expect(error?.description.contains("\n") == false)
        }
    }

    @Test func aFolderOfPicklesSaysSo() throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data("{}".utf8).write(to: folder.appendingPathComponent("config.json"))
            try Data().write(to: folder.appendingPathComponent("pytorch_model.bin"))
            let error = #expect(throws: ModelError.self) { try GPT.load(from: folder) }
            #expect(error?.code == .folder)
            #expect(error?.description.contains("only pytorch_model.bin") == true)
        }
    }

    @Test func aFolderOfOtherThingsIsNotReplaced() throws {
        let gpt = GPT(GPTGoldenTests.configuration, key: Self.key)
        try withFolder { folder in
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let note = folder.appendingPathComponent("note.txt")
            try Data("keep".utf8).write(to: note)
            let error = #expect(throws: ModelError.self) { try gpt.save(to: folder) }
            #expect(error?.code == .folder)
            #expect(try Data(contentsOf: note) == Data("keep".utf8))
        }
    }

    @Test(arguments: [
        (
            #"{"position_embedding_type": "relative_key"}"#,
            "position_embedding_type is relative_key"
        ),
        (#"{"hidden_act": "silu"}"#, "hidden_act is silu"),
        (#"{"is_decoder": true}"#, "is_decoder is true"),
        (#"{"tie_word_embeddings": false}"#, "tie_word_embeddings is false"),
        (#"{"pruned_heads": {"1": [0]}}"#, "pruned_heads"),
    ])
    func choicesThatAreNotSupportedAreNamed(_ row: (json: String, says: String)) {
        let error = #expect(throws: ModelError.self) {
            try JSONDecoder().decode(BERTConfig.self, from: Data(row.json.utf8))
        }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains(row.says) == true, "\(error?.description ?? "")")
    }

    @Test func keysThatAreLeftOutHaveHuggingFacesDefaults() throws {
        #expect(try JSONDecoder().decode(BERTConfig.self, from: Data("{}".utf8)) == BERTConfig())
        #expect(try JSONDecoder().decode(GPTConfig.self, from: Data("{}".utf8)) == GPTConfig())
        #expect(BERTConfig().layerNormEpsilon == 1e-12 && GPTConfig().layerNormEpsilon == 1e-5)
        let fast = try JSONDecoder().decode(
            BERTConfig.self, from: Data(#"{"hidden_act": "gelu_fast", "pruned_heads": {}}"#.utf8))
        #expect(fast.activation == .geluTanh)
    }
}
