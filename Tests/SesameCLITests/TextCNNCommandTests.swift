import Foundation
import Testing

@Suite("Convolutional classifiers")
struct TextCNNCommandTests {
    private static let small = [
        "--embedding-size", "16", "--filters", "8", "--widths", "2", "3", "--epochs", "20",
        "--learning-rate", "0.01", "--threads", "2", "--quiet",
    ]

    @Test("train from words, with vectors of a file too, evaluate, predict, look at the folder")
    func story() throws {
        let sandbox = try TrainingCommandTests.prepared()
        try #require(
            sandbox.run("vocab", "build", "words", "--corpus", "labelled", "--kind", "word").status
                == 0)
        let command = [
            "finetune", "classify", "labelled", "--architecture", "textcnn", "--tokenizer", "words",
        ]
        let result = try sandbox.run(
            command + Self.small + ["--json", "--batch-norm", "--l2", "0.0001"], input: .init())
        try #require(result.status == 0, "\(result.errors)")
        #expect(try result.object()["model"] as? String == "models/labelled-classifier")

        let evaluation = try sandbox.run(
            "evaluate", "--model", "models/labelled-classifier", "--corpus", "labelled", "--split",
            "train", "--json")
        let metrics = try #require(evaluation.object()["metrics"] as? [String: Double])
        #expect(try #require(metrics["accuracy"]) > 0.9)
        let predictions = try sandbox.run(
            "predict", "--model", "models/labelled-classifier", "--json",
            input: "The fox is a good cat.\nThe hen is a bad dog.\n")
        #expect(
            try predictions.objects().map { $0["label"] as? String } == ["good", "bad"],
            "\(predictions.errors)")
        let info = try sandbox.run("model", "info", "models/labelled-classifier")
        #expect(info.output.contains("sesame-textcnn"), "\(info.errors)")

        try sandbox.write("good 1 2 3\nbad -1 -2 -3\n", to: "vectors.txt")
        let vectors = try sandbox.run(
            command + Self.small + [
                "--vectors", "vectors.txt", "--freeze-embeddings", "--token-dropout", "0.1",
                "--token-swap", "0.1", "--token-synonym", "0.1", "--output", "models/vectors",
            ], input: .init())
        #expect(vectors.status == 0, "\(vectors.errors)")
    }

    @Test(
        "options that do not go together are refused",
        arguments: [
            (["finetune", "classify", "c"], "--model"),
            (["finetune", "classify", "c", "--architecture", "textcnn"], "--tokenizer"),
            (
                [
                    "finetune", "classify", "c", "--architecture", "textcnn", "--tokenizer", "w",
                    "--model", "m",
                ], "--vectors"
            ),
            (["finetune", "classify", "c", "--model", "m", "--max-norm", "3"], "textcnn"),
            (
                [
                    "finetune", "classify", "c", "--architecture", "textcnn", "--tokenizer", "w",
                    "--token-swap", "1.5",
                ], "swapped"
            ),
        ] as [([String], String)])
    func refused(_ arguments: [String], _ mention: String) throws {
        let result = try Sandbox().run(arguments, input: .init())
        #expect(result.status == 64)
        #expect(result.errors.contains(mention), "\(result.errors)")
    }
}
