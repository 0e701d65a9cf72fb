import Foundation
import Sesame
import Testing

@Suite("Published models through the program")
struct ModelCommandTests {
    private static let tokens =
        [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "dog", "sat", "ran", ".",
            "##s",
        ]

    /// A folder as others publish a BERT for masked tokens: no pooler, weights as `storage`, a vocab.txt.
    private static func published(
        _ sandbox: Sandbox, named name: String = "published", vocabularySize: Int = tokens.count
    ) throws {
        let folder = sandbox.folder.appendingPathComponent(name)
        var model = BERTForPretraining(
            BERTConfig(
                vocabularySize: vocabularySize, maxSequenceLength: 16, hiddenSize: 16,
                layerCount: 1, headCount: 2, feedForwardSize: 32),
            key: RandomKey(seed: 1, stream: 0))
        model.nextSentence = nil
        model.bert.pooler = nil
        try model.save(to: folder, storage: .float16, maxShardBytes: 2000)
        try sandbox.write(tokens.joined(separator: "\n") + "\n", to: "\(name)/vocab.txt")
        try sandbox.write(#"{"do_lower_case": true}"#, to: "\(name)/tokenizer_config.json")
    }

    @Test("A published folder is imported, shown, used and exported")
    func roundTrip() throws {
        let sandbox = try Sandbox()
        try Self.published(sandbox)
        let imported = try sandbox.run("model", "import", "published")
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(imported.output.contains("Imported BertForMaskedLM"))
        #expect(imported.lines.last == "Next: sesame model info models/published")
        for file in ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"] {
            #expect(sandbox.exists("models/published/\(file)"))
        }
        // Nothing is replaced unasked.
        expectFailure(
            try sandbox.run("model", "import", "published"), mentioning: "models/published",
            "exists already")
        #expect(try sandbox.run("model", "import", "published", "--force").status == 0)

        let info = try sandbox.run("model", "info", "models/published", "--json").object()
        #expect(info["architecture"] as? String == "BertForMaskedLM")
        #expect(info["task"] as? String == "maskedLanguageModel")
        #expect(info["storage"] as? [String: Int] == ["F32": 26])
        #expect((info["tokenizer"] as? [String: Any])?["tokenCount"] as? Int == 12)
        #expect(info["training"] == nil)
        #expect(try sandbox.run("model", "info", "published").output.contains("of F16"))

        // The imported and the published folder give the same, to float16's last bit.
        var results: [String] = []
        for folder in ["published", "models/published"] {
            let filled = try sandbox.run(
                "fill-mask", "--model", folder, "The [MASK] sat.", "--count", "3", "--json")
            let masks = try #require(filled.object()["masks"] as? [[[String: Any]]])
            let chances = masks[0].compactMap { $0["probability"] as? Double }
            #expect(chances.count == 3 && chances == chances.sorted(by: >), "\(filled.errors)")
            results.append(filled.output)
        }
        #expect(results[0] == results[1])

        let vectors = try sandbox.run(
            "embed", "--model", "published", "--json", input: "the cat sat\n\nthe dogs ran .\n")
        let numbers = try vectors.lines.map {
            try JSONDecoder().decode([Float].self, from: Data($0.utf8))
        }
        #expect(numbers.count == 3 && numbers.allSatisfy { $0.count == 16 })
        #expect(numbers.allSatisfy { abs($0.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4 })
        let plain = try sandbox.run(
            "embed", "--model", "published", "--pooling", "cls", "--no-normalize",
            input: "the cat sat\n")
        #expect(plain.lines.count == 1 && plain.output.split(separator: "\t").count == 16)

        let exported = try sandbox.run(
            "model", "export", "models/published", "exported", "--storage", "bfloat16",
            "--max-shard-size", "1KB", "--json")
        let files = try #require(exported.object()["files"] as? [String])
        #expect(files.contains("model.safetensors.index.json"), "\(files)")
        #expect(files.contains("vocab.txt") && files.contains("tokenizer_config.json"))
        #expect(!files.contains("training.json"))
        #expect(try sandbox.run("model", "info", "exported").output.contains("of BF16"))
    }

    @Test("Presets are shown with what they cost, and what does not fit is not begun")
    func presets() throws {
        let sandbox = try Sandbox()
        let info = try sandbox.run("model", "info", "gpt2-medium", "--batch", "2")
        #expect(info.output.contains("354,823,168"), "\(info.errors)")
        #expect(info.output.contains("FLOP a token") && !info.output.contains("a second"))
        let timed = try sandbox.run(
            "model", "info", "bert-tiny", "--length", "32", "--tokens", "1e6", "--json")
        let estimate = try #require(timed.object()["estimate"] as? [String: Any])
        #expect(try #require(estimate["seconds"] as? Double) > 0)
        #expect(estimate["fits"] as? Bool == true)
        expectFailure(
            try sandbox.run("model", "info", "bert-tiny", "--length", "600"), mentioning: "512")
        expectFailure(
            try sandbox.run("model", "info", "bert-gigantic"), mentioning: "nothing", "bert-base")

        try Self.published(sandbox)
        let folder = try sandbox.run("model", "info", "published", "--json").object()
        let cost = try #require(folder["estimate"] as? [String: Any])
        #expect(cost["length"] as? Int == 16)

        let training = try TrainingCommandTests.prepared()
        expectFailure(
            try training.run(
                "pretrain", "gpt", "text", "--tokenizer", "letters", "--preset", "gpt2-xl",
                "--batch", "65536", "--quiet"), mentioning: "GB of memory", "smaller")
        let unknown = try training.run(
            "pretrain", "bert", "text", "--tokenizer", "letters", "--preset", "gpt2-xl")
        #expect(unknown.status == 64 && unknown.errors.contains("bert-base"))
    }

    @Test("A file of weights alone is imported with a configuration from elsewhere")
    func singleFile() throws {
        let sandbox = try Sandbox()
        try Self.published(sandbox)
        try BERTForPretraining.load(from: sandbox.folder.appendingPathComponent("published"))
            .save(to: sandbox.folder.appendingPathComponent("single"))
        for name in ["model.safetensors", "vocab.txt", "tokenizer_config.json"] {
            let place = name == "model.safetensors" ? "single" : "published"
            try FileManager.default.copyItem(
                at: sandbox.folder.appendingPathComponent("\(place)/\(name)"),
                to: sandbox.folder.appendingPathComponent(name))
        }
        expectFailure(
            try sandbox.run("model", "import", "model.safetensors"), mentioning: "config.json")
        let result = try sandbox.run(
            "model", "import", "model.safetensors", "--config", "single/config.json", "--output",
            "models/one")
        #expect(result.status == 0, "\(result.errors)")
        #expect(sandbox.exists("models/one/model.safetensors"))
    }

    @Test("What does not fit is one line that says so, and nothing is left behind")
    func failures() throws {
        let sandbox = try Sandbox()
        try Self.published(sandbox, named: "narrow", vocabularySize: Self.tokens.count - 1)
        expectFailure(
            try sandbox.run("model", "import", "narrow"), mentioning: "12 tokens", "vocab_size")
        expectFailure(try sandbox.run("model", "import", "none"), mentioning: "none")
        try Self.published(sandbox)
        let config = sandbox.folder.appendingPathComponent("published/config.json")
        let text = try String(contentsOf: config, encoding: .utf8)
        try sandbox.write(
            text.replacingOccurrences(
                of: #""intermediate_size" : 32"#, with: #""intermediate_size" : 48"#),
            to: "published/config.json")
        expectFailure(
            try sandbox.run("model", "import", "published"), mentioning: "of another shape",
            "bert.encoder.layer.0.intermediate.dense.bias (expected [48], found [32])",
            "bert.encoder.layer.0.output.dense.weight")
        #expect(!sandbox.exists("models/published"))
        let bad = try sandbox.run(
            "model", "export", "published", "out", "--max-shard-size", "much")
        #expect(bad.status == 64)
    }
}
