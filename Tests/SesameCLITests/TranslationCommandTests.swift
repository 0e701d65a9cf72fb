import Foundation
import Testing

@Suite("Translation")
struct TranslationCommandTests {
    private static func prepared() throws -> Sandbox {
        let sandbox = try Sandbox()
        let words = [("eins", "one"), ("zwei", "two"), ("drei", "three"), ("vier", "four")]
        var (german, english) = ("", "")
        for index in 0..<80 {
            let picked = (0..<(1 + index % 3)).map { words[(index / 3 + $0 * 3) % 4] }
            german += picked.map(\.0).joined(separator: " ") + " .\n"
            english += picked.map(\.1).joined(separator: " ") + " .\n"
        }
        try sandbox.write(german, to: "train.de")
        try sandbox.write(english, to: "train.en")
        for arguments in [
            ["corpus", "import", "numbers", "train.de", "--train-target", "train.en"],
            ["corpus", "split", "numbers", "--validation", "0.1", "--test", "0.1"],
            [
                "vocab", "build", "german", "--corpus", "numbers", "--side", "text", "--kind",
                "word", "--pre-tokenized",
            ],
            [
                "vocab", "build", "english", "--corpus", "numbers", "--side", "pair", "--kind",
                "word", "--pre-tokenized",
            ],
        ] {
            let result = try sandbox.run(arguments, input: .init())
            try #require(result.status == 0, "\(arguments): \(result.errors)")
        }
        return sandbox
    }

    @Test("Importing and building a vocabulary say what comes next")
    func nextCommands() throws {
        let sandbox = try Self.prepared()
        for (arguments, next) in [
            (
                [
                    "corpus", "import", "pairs", "--train", "train.de", "--train-target",
                    "train.en", "--validation", "train.de", "--validation-target", "train.en",
                ], "sesame vocab build pairs --corpus pairs --special language-model"
            ),
            (
                ["vocab", "build", "both", "--corpus", "pairs", "--special", "language-model"],
                "sesame train translate pairs --tokenizer both"
            ),
            (
                ["vocab", "build", "own", "--corpus", "pairs", "--side", "pair", "--kind", "word"],
                "sesame pretrain gpt pairs --tokenizer own"
            ),
            (
                ["vocab", "build", "bert", "--corpus", "pairs"],
                "sesame pretrain bert pairs --tokenizer bert"
            ),
        ] {
            let result = try sandbox.run(arguments, input: .init())
            #expect(result.lines.last == "Next: " + next, "\(result.errors)")
        }
    }

    private static let train = [
        "train", "translate", "numbers", "--source-tokenizer", "german", "--target-tokenizer",
        "english", "--width", "32", "--embedding", "16", "--dropout", "0", "--epochs", "40",
        "--batch", "60", "--learning-rate", "0.01", "--threads", "1",
    ]

    @Test("From two files to translations and their picture")
    func story() throws {
        let sandbox = try Self.prepared()
        let result = try sandbox.run(Self.train + ["--json", "--quiet"], input: .init())
        try #require(result.status == 0, "\(result.errors)")
        let object = try result.object()
        #expect(object["model"] as? String == "models/numbers-translation")
        let metrics = try #require(object["metrics"] as? [String: Double])
        #expect(try #require(metrics["bleu"]) > 80)
        for file in ["config.json", "source_tokenizer.json", "tokenizer.json"] {
            #expect(sandbox.exists("models/numbers-translation/\(file)"))
        }

        let model = ["--model", "models/numbers-translation", "--threads", "1"]
        let translated = try sandbox.run(
            ["translate"] + model + ["--attention", "a.svg"],
            input: Data("drei zwei .\n\neins .\n".utf8))
        // An empty line stays one, so that lines stay beside each other.
        #expect(translated.output == "three two .\n\none .\n")
        let svg = String(decoding: try sandbox.read("a.svg"), as: UTF8.self)
        #expect(svg.contains("<svg") && svg.contains("zwei") && svg.contains("two ← zwei"))

        try sandbox.write("drei zwei .\n", to: "in.txt")
        let several = try sandbox.run(
            ["translate"] + model + ["in.txt", "--beam", "4", "--n-best", "2"], input: .init())
        let lines = several.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("1\t") && lines[0].hasSuffix("\tthree two ."))
        let json = try sandbox.run(
            ["translate"] + model + ["in.txt", "--json", "--beam", "1", "--length-penalty", "wu"],
            input: .init()
        ).object()
        #expect(json["source"] as? String == "drei zwei .")
        #expect(
            (json["translations"] as? [[String: Any]])?.first?["text"] as? String == "three two .")

        let evaluation = try sandbox.run(
            [
                "evaluate", "--corpus", "numbers", "--split", "test", "--beam", "2",
            ] + model, input: .init())
        #expect(evaluation.output.contains("BLEU "))
        #expect(evaluation.output.contains("over 8 sentences."))
        expectFailure(
            try sandbox.run("generate", "--model", "models/numbers-translation"),
            mentioning: "translation")
    }

    @Test("A Transformer in place of the recurrent model")
    func transformer() throws {
        let sandbox = try Self.prepared()
        let result = try sandbox.run(
            [
                "train", "translate", "numbers", "--source-tokenizer", "german",
                "--target-tokenizer", "english", "--model", "transformer", "--width", "32",
                "--layers", "1", "--heads", "2", "--feed-forward", "64", "--norm", "pre",
                "--dropout", "0", "--epochs", "40", "--batch", "60", "--learning-rate", "0.01",
                "--average", "3", "--threads", "1", "--json", "--quiet",
            ], input: .init())
        try #require(result.status == 0, "\(result.errors)")
        let metrics = try #require(try result.object()["metrics"] as? [String: Double])
        #expect(try #require(metrics["bleu"]) > 80)
        let model = ["--model", "models/numbers-translation", "--threads", "1"]
        let translated = try sandbox.run(
            ["translate"] + model + ["--attention", "a.svg", "--beam", "4"],
            input: Data("drei zwei .\n\neins .\n".utf8))
        // An empty line stays one, so that lines stay beside each other.
        #expect(translated.output == "three two .\n\none .\n")
        let svg = String(decoding: try sandbox.read("a.svg"), as: UTF8.self)
        #expect(svg.contains("<svg") && svg.contains("two ← zwei"))
        // Drawn again, but never over somebody's own file; an empty line has nothing to draw.
        let again = try sandbox.run(
            ["translate"] + model + ["--attention", "a.svg"], input: Data("\nvier .\n".utf8))
        #expect(again.output == "\nfour .\n")
        #expect(String(decoding: try sandbox.read("a.svg"), as: UTF8.self).contains("four ← vier"))
        expectFailure(
            try sandbox.run(
                ["translate"] + model + ["--attention", "train.de"], input: Data("vier .".utf8)),
            mentioning: "train.de exists and is no picture of attention", "--force")
        expectFailure(
            try sandbox.run(
                ["translate"] + model + ["--attention", "nowhere/a.svg"], input: Data()),
            mentioning: "there is no folder")
        let evaluation = try sandbox.run(
            ["evaluate", "--corpus", "numbers", "--split", "test", "--beam", "2"] + model,
            input: .init())
        #expect(evaluation.output.contains("BLEU "))
        let info = try sandbox.run("model", "info", "models/numbers-translation")
        #expect(info.output.contains("Transformer (sesame-transformer)"))
        #expect(info.output.contains("2 layers, 32 wide, 2 heads"))
    }

    @Test("Wrong usage and bad input are said in a line")
    func failures() throws {
        let sandbox = try Self.prepared()
        for (arguments, message) in [
            (["train", "translate", "numbers"], "--tokenizer"),
            (
                ["train", "translate", "numbers", "--tokenizer", "a", "--source-tokenizer", "b"],
                "--tokenizer"
            ),
            (
                ["train", "translate", "numbers", "--tokenizer", "a", "--heads", "2"],
                "--model transformer"
            ),
            (
                [
                    "train", "translate", "numbers", "--tokenizer", "a", "--model",
                    "transformer", "--cell", "gru",
                ], "--model rnn"
            ),
            (
                [
                    "train", "translate", "numbers", "--tokenizer", "a", "--architecture",
                    "transformer", "--heads", "3",
                ], "a multiple of the 3 heads"
            ),
            (["translate", "--model", "m", "--beam", "0"], "--beam"),
            (["evaluate", "--model", "m", "--corpus", "c", "--beam", "0"], "--beam"),
            (["translate", "--model", "m", "--beam", "2", "--n-best", "3"], "--n-best"),
            (
                ["corpus", "import", "x", "train.de", "--validation-target", "train.en"],
                "--validation-target"
            ),
            (
                [
                    "corpus", "import", "x", "train.de", "--train-target", "a", "--train-target",
                    "b",
                ], "2"
            ),
        ] {
            let result = try sandbox.run(arguments, input: .init())
            #expect(result.status == 64, "\(arguments)")
            #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
        }
        try sandbox.write("one\n", to: "short.en")
        expectFailure(
            try sandbox.run("corpus", "import", "x", "train.de", "--train-target", "short.en"),
            mentioning: "has 80 lines")
        try sandbox.write("no pairs here\n\nnor here\n", to: "plain.txt")
        _ = try sandbox.run("corpus", "import", "plain", "plain.txt")
        expectFailure(
            try sandbox.run("train", "translate", "plain", "--tokenizer", "english"),
            mentioning: "second text")
    }
}
