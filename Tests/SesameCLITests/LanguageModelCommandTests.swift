import Foundation
import Testing

@Suite("Language models: n-grams and recurrent ones")
struct LanguageModelCommandTests {
    @Test("n-grams: count, evaluate, generate, export")
    func ngram() throws {
        let sandbox = try TrainingCommandTests.prepared()
        let result = try sandbox.run(
            "pretrain", "ngram", "text", "--tokenizer", "letters", "--order", "4", "--json",
            "--quiet")
        try #require(result.status == 0, "\(result.errors)")
        let object = try result.object()
        #expect(object["model"] as? String == "models/text-ngram")
        let metrics = try #require(object["metrics"] as? [String: Double])
        #expect(try #require(metrics["perplexity"]) < 3)

        let evaluation = try sandbox.run(
            "evaluate", "--model", "models/text-ngram", "--corpus", "text", "--split", "train",
            "--json")
        let measured = try #require(evaluation.object()["metrics"] as? [String: Double])
        #expect(try #require(measured["bitsPerCharacter"]) < 1)

        let generate = [
            "generate", "--model", "models/text-ngram", "--prompt", "Then the ", "--tokens", "20",
        ]
        let text = try sandbox.run(generate + ["--seed", "5"], input: .init())
        #expect(text.output.hasPrefix("Then the "))
        #expect(try sandbox.run(generate + ["--seed", "5"], input: .init()).output == text.output)

        let info = try sandbox.run("model", "info", "models/text-ngram")
        #expect(info.output.contains("SesameNgram (sesame-ngram)"), "\(info.errors)")
        #expect(info.output.contains("continues text"))
        let export = try sandbox.run("model", "export", "models/text-ngram", "text.arpa")
        #expect(export.status == 0, "\(export.errors)")
        let arpa = try String(
            contentsOf: sandbox.folder.appendingPathComponent("text.arpa"), encoding: .utf8)
        #expect(arpa.hasPrefix("\\data\\\nngram 1="))
        #expect(arpa.hasSuffix("\\end\\\n"))
        expectFailure(
            try sandbox.run("model", "export", "models/text-ngram", "text.arpa"),
            mentioning: "text.arpa", "exists")
        expectFailure(
            try sandbox.run("fill-mask", "--model", "models/text-ngram", "A [MASK]."),
            mentioning: "models/text-ngram", "fills masked tokens")
        expectFailure(
            try sandbox.run(
                "finetune", "classify", "labelled", "--model", "models/text-ngram"),
            mentioning: "sesame-ngram")
    }

    @Test("word vectors to begin with: how many were found, and what does not fit")
    func wordVectors() throws {
        let sandbox = try TrainingCommandTests.prepared()
        try sandbox.write("t 1 2 3 4\ne 3 2 1 0\n", to: "vectors.txt")
        let gpt = ["pretrain", "gpt", "text", "--tokenizer", "letters", "--steps", "2"]
        let sizes = ["--width", "4", "--heads", "1", "--layers", "1", "--context", "8"]
        let trained = try sandbox.run(
            gpt + sizes + ["--vectors", "vectors.txt", "--freeze-embeddings"], input: .init())
        try #require(trained.status == 0, "\(trained.errors)")
        #expect(trained.errors.contains("Word vectors: 3 of "), "\(trained.errors)")
        for (arguments, status, mention) in [
            (gpt + ["--vectors", "vectors.txt"], 1, "found 4; make the model 4 wide"),
            (gpt + ["--freeze-embeddings"], 64, "--freeze-embeddings is for --vectors"),
            (
                [
                    "pretrain", "nnlm", "text", "--tokenizer", "letters", "--vectors",
                    "vectors.txt", "--embedding", "4",
                ], 64, "--embedding is for random vectors"
            ),
            (
                ["pretrain", "bert", "text", "--from", "x", "--vectors", "vectors.txt"], 64,
                "--vectors is for a new model"
            ),
            (
                [
                    "train", "translate", "text", "--tokenizer", "letters", "--source-vectors",
                    "vectors.txt",
                ], 64, "share their vectors"
            ),
            (
                [
                    "train", "translate", "text", "--tokenizer", "letters", "--source-vectors",
                    "vectors.txt", "--vectors", "vectors.txt",
                ], 64, "--vectors is for both sides"
            ),
        ] {
            let result = try sandbox.run(arguments + ["--force"], input: .init())
            #expect(result.status == status, "\(arguments): \(result.errors)")
            #expect(result.errors.contains(mention), "\(arguments): \(result.errors)")
        }
    }

    @Test(
        "recurrent and feed-forward models: pretrain, evaluate, generate",
        arguments: [
            [
                "rnn", "--cell", "gru", "--width", "12", "--layers", "2", "--tied", "--context",
                "10",
            ],
            [
                "rnn", "--order", "random", "--width", "12", "--projection", "6", "--optimizer",
                "sgd",
            ],
            ["nnlm", "--width", "12", "--embedding", "6", "--direct"],
            ["rnn", "--width", "12", "--vectors", "vectors.txt", "--freeze-embeddings"],
            ["nnlm", "--width", "12", "--vectors", "vectors.txt"],
        ])
    func neural(_ arguments: [String]) throws {
        let sandbox = try TrainingCommandTests.prepared()
        let name = arguments[0]
        try sandbox.write("t 1 2 3\ne 3 2 1\n", to: "vectors.txt")
        let result = try sandbox.run(
            ["pretrain", name, "text", "--tokenizer", "letters", "--steps", "12", "--batch", "4"]
                + arguments.dropFirst() + ["--threads", "2", "--json", "--quiet"], input: .init())
        try #require(result.status == 0, "\(result.errors)")
        let object = try result.object()
        #expect(object["model"] as? String == "models/text-\(name)")
        #expect(object["steps"] as? Int == 12)
        let evaluation = try sandbox.run(
            "evaluate", "--model", "models/text-\(name)", "--corpus", "text", "--split", "train",
            "--json")
        let metrics = try #require(evaluation.object()["metrics"] as? [String: Double])
        #expect(try #require(metrics["perplexity"]) > 1)
        #expect(metrics["bitsPerCharacter"] != nil)
        let generate = ["generate", "--model", "models/text-\(name)", "--prompt", "The "]
        let text = try sandbox.run(generate + ["--tokens", "12"], input: .init())
        #expect(text.status == 0 && text.output.hasPrefix("The "), "\(text.errors)")
        let info = try sandbox.run("model", "info", "models/text-\(name)")
        #expect(info.output.contains("sesame-\(name)"), "\(info.errors)")
        expectFailure(
            try sandbox.run("model", "export", "models/text-\(name)", "exported"),
            mentioning: "Hugging Face", "sesame-\(name)")
    }
}
