import Foundation
import Testing

@Suite("Training and models")
struct TrainingCommandTests {
    /// A workspace with a corpus of two simple patterns, and a vocabulary of each kind.
    static func prepared() throws -> Sandbox {
        let sandbox = try Sandbox()
        let animals = ["cat", "dog", "cow", "hen", "fox"]
        var documents = ""
        var table = "label\ttext\n"
        for index in 0..<40 {
            let animal = animals[index % 5]
            documents += "The \(animal) sat. The \(animal) ran. Then the \(animal) slept.\n\n"
            table += "good\tThe \(animal) is a good \(animals[index % 3]).\n"
            table += "bad\tThe \(animal) is a bad \(animals[index % 4]).\n"
        }
        try sandbox.write(documents, to: "text.txt")
        try sandbox.write(table, to: "table.tsv")
        for arguments in [
            ["corpus", "import", "text", "text.txt"],
            ["corpus", "import", "labelled", "table.tsv", "--label-column", "label"],
            ["vocab", "build", "letters", "--corpus", "text", "--kind", "character"],
            ["vocab", "build", "pieces", "--corpus", "labelled", "--size", "70", "--lowercase"],
        ] {
            let result = try sandbox.run(arguments, input: .init())
            try #require(result.status == 0, "\(arguments): \(result.errors)")
        }
        return sandbox
    }

    static let small = [
        "--layers", "1", "--heads", "2", "--width", "16", "--context", "24", "--batch", "4",
        "--threads", "2", "--seed", "3",
    ]

    @Test("GPT: pretrain, evaluate, generate, and the record of the run")
    func gpt() throws {
        let sandbox = try Self.prepared()
        let arguments =
            ["pretrain", "gpt", "text", "--tokenizer", "letters", "--steps", "20"] + Self.small
        let result = try sandbox.run(arguments + ["--json", "--quiet"], input: .init())
        try #require(result.status == 0, "\(result.errors)")
        #expect(result.errors.isEmpty)
        let object = try result.object()
        #expect(object["model"] as? String == "models/text-gpt")
        #expect(object["steps"] as? Int == 20)
        #expect(object["status"] as? String == "completed")
        for file in ["config.json", "model.safetensors", "tokenizer.json", "training.json"] {
            #expect(sandbox.exists("models/text-gpt/\(file)"))
        }
        expectFailure(try sandbox.run(arguments, input: .init()), mentioning: "models/text-gpt")

        let evaluation = try sandbox.run(
            "evaluate", "--model", "models/text-gpt", "--corpus", "text", "--split", "train",
            "--json")
        let metrics = try #require(evaluation.object()["metrics"] as? [String: Double])
        #expect(try #require(metrics["loss"]) > 0)

        let generate = [
            "generate", "--model", "models/text-gpt", "--prompt", "The ", "--tokens", "12",
        ]
        let text = try sandbox.run(generate + ["--seed", "5"], input: .init())
        #expect(text.output.hasPrefix("The "))
        #expect(try sandbox.run(generate + ["--seed", "5"], input: .init()).output == text.output)
        let objects = try sandbox.run(generate + ["--json", "--count", "2"], input: .init())
            .objects()
        #expect(objects.compactMap { $0["seed"] as? Int } == [1, 2])

        // Several prompts at once give what each gives alone.
        let many = try sandbox.run(
            [
                "generate", "--model", "models/text-gpt", "--tokens", "9", "--prompts", "-",
                "--json",
            ],
            input: Data("The cat\n\nThen the \n".utf8))
        #expect(many.status == 0, "\(many.errors)")
        let texts = try many.objects()
        #expect(texts.map { $0["prompt"] as? String } == ["The cat", "", "Then the "])
        for text in texts {
            let alone = try sandbox.run(
                "generate", "--model", "models/text-gpt", "--tokens", "9", "--json", "--prompt",
                #require(text["prompt"] as? String))
            #expect(try alone.object()["text"] as? String == text["text"] as? String)
        }
        expectFailure(
            try sandbox.run("generate", "--model", "models/text-gpt", "--prompts", "none.txt"),
            mentioning: "none.txt")

        let runs = try sandbox.run("runs", "list", "--json").array()
        #expect(runs.map { $0["kind"] as? String } == ["pretrain gpt"])
        #expect(runs[0]["status"] as? String == "finished")
        #expect(try sandbox.run("runs", "list").lines.count == 2)
        #expect(try sandbox.run("runs", "show", "1").output.contains("finished"))
        let shown = try sandbox.run("runs", "show", "1", "--json").object()
        #expect((shown["metrics"] as? [Any])?.isEmpty == false)
        expectFailure(try sandbox.run("runs", "show", "9"), mentioning: "9")
        expectFailure(
            try sandbox.run("fill-mask", "--model", "models/text-gpt", "a [MASK]"),
            mentioning: "fills masked tokens", "continues text")
    }

    @Test("the same seed trains the same weights at any number of threads")
    func reproducible() throws {
        let sandbox = try Self.prepared()
        for (name, threads) in [("a", "1"), ("b", "2")] {
            let result = try sandbox.run(
                "pretrain", "gpt", "text", "--tokenizer", "letters", "--steps", "5", "--layers",
                "1",
                "--width", "16", "--heads", "2", "--output", name, "--threads", threads, "--quiet")
            #expect(result.status == 0, "\(result.errors)")
        }
        func weights(_ name: String) throws -> Data {
            try Data(contentsOf: sandbox.folder.appendingPathComponent("\(name)/model.safetensors"))
        }
        #expect(try weights("a") == weights("b"))
    }

    @Test("BERT: pretrain, fill masks, fine-tune, predict, evaluate")
    func bert() throws {
        let sandbox = try Self.prepared()
        let result = try sandbox.run(
            ["pretrain", "bert", "text", "--tokenizer", "pieces", "--steps", "20"] + Self.small,
            input: .init())
        try #require(result.status == 0, "\(result.errors)")
        #expect(
            result.lines.last?.hasPrefix("Next: sesame fill-mask --model models/text-bert") == true)

        let masks = try sandbox.run(
            "fill-mask", "--model", "models/text-bert", "the [MASK] sat.", "--count", "3", "--json")
        #expect(masks.status == 0, "\(masks.errors)")
        let candidates = try #require(masks.object()["masks"] as? [[[String: Any]]])
        #expect(candidates.map(\.count) == [3])
        expectFailure(
            try sandbox.run("fill-mask", "--model", "models/text-bert", "no mask"),
            mentioning: "[MASK]")

        let finetune = try sandbox.run(
            "finetune", "classify", "labelled", "--model", "models/text-bert", "--epochs", "20",
            "--learning-rate", "0.003", "--batch", "8", "--json", "--quiet")
        try #require(finetune.status == 0, "\(finetune.errors)")
        #expect(try finetune.object()["model"] as? String == "models/labelled-classifier")

        let predictions = try sandbox.run(
            "predict", "--model", "models/labelled-classifier", "--json",
            input: "The fox is a good cat.\nThe hen is a bad dog.\n\n")
        #expect(predictions.status == 0, "\(predictions.errors)")
        let objects = try predictions.objects()
        #expect(objects.count == 3)
        #expect(objects.prefix(2).map { $0["label"] as? String } == ["good", "bad"])
        #expect(try #require(objects[0]["probability"] as? Double) > 0.5)
        let plain = try sandbox.run(
            "predict", "--model", "models/labelled-classifier", input: "The fox is a good cat.\n")
        #expect(plain.output.hasPrefix("good\t0."))
        #expect(plain.errors.isEmpty)
        let long = String(repeating: "The fox is a good cat. ", count: 100)
        let cut = try sandbox.run(
            "predict", "--model", "models/labelled-classifier", input: "A fox.\n\(long)\n")
        #expect(cut.lines.count == 2)
        #expect(cut.errors.hasPrefix("1 of 2 texts had more than the "), "\(cut.errors)")

        try sandbox.write("text,label\n\"A bad, bad hen.\",bad\n", to: "test.csv")
        let report = try sandbox.run(
            "evaluate", "--model", "models/labelled-classifier", "--file", "test.csv", "--json")
        #expect(report.status == 0, "\(report.errors)")
        let metrics = try #require(report.object()["metrics"] as? [String: Double])
        #expect(metrics["count"] == 1)
        let table = try sandbox.run(
            "evaluate", "--model", "models/labelled-classifier", "--corpus", "labelled",
            "--split", "train")
        #expect(table.output.contains("actual \\ predicted"))

        try sandbox.write("text\tlabel\nA good hen.\tgood\nA bad hen.\tbad\n", to: "few.tsv")
        let files = try sandbox.run(
            "finetune", "classify", "--train", "few.tsv", "--validation", "few.tsv", "--model",
            "models/text-bert", "--from-scratch", "--steps", "2", "--output", "models/few",
            "--quiet")
        #expect(files.status == 0, "\(files.errors)")
        #expect(try sandbox.run("corpus", "list").output.contains("few"))
    }

    @Test("Ctrl-C leaves a checkpoint, from which --resume goes on")
    func interruption() throws {
        let sandbox = try Self.prepared()
        let arguments =
            ["pretrain", "gpt", "text", "--tokenizer", "letters", "--steps", "100000000"]
            + ["--evaluate-every", "0"] + Self.small
        // Once it tells of a loss, it has made a step.
        let first = try sandbox.run(arguments, input: Data(), interruptingAt: "loss")
        #expect(first.status == 130)
        #expect(first.errors.contains("--resume"))
        #expect(!sandbox.exists("models/text-gpt"))
        #expect(sandbox.exists("models/text-gpt.checkpoints"))
        #expect(
            try sandbox.run("runs", "list", "--json").array()[0]["status"] as? String
                == "interrupted")

        let again = try sandbox.run(
            arguments + ["--resume"], input: Data(), interruptingAt: "continuing after step")
        #expect(again.status == 130)
        #expect(try sandbox.run("runs", "list", "--json").array().count == 1)
    }

    @Test("failures name what is there and what to do")
    func failures() throws {
        let sandbox = try Self.prepared()
        expectFailure(
            try sandbox.run("pretrain", "gpt", "nothing", "--tokenizer", "letters", "--quiet"),
            mentioning: "nothing", "text")
        expectFailure(
            try sandbox.run("pretrain", "gpt", "text", "--tokenizer", "nothing", "--quiet"),
            mentioning: "nothing", "letters")
        expectFailure(
            try sandbox.run("pretrain", "bert", "text", "--tokenizer", "letters", "--quiet"),
            mentioning: "tokenizer")
        expectFailure(
            try sandbox.run(
                "finetune", "classify", "labelled", "--model", "models/none", "--quiet"),
            mentioning: "models/none")
        for command in [["evaluate", "--corpus", "text"], ["predict"], ["generate"]] {
            expectFailure(
                try sandbox.run(command + ["--model", "models/none"], input: .init()),
                mentioning: "models/none")
        }
    }

    @Test(
        "wrong usage",
        arguments: [
            ["pretrain", "gpt", "text"],
            ["pretrain", "gpt", "text", "--tokenizer", "v", "--steps", "5", "--epochs", "1"],
            ["pretrain", "gpt", "text", "--tokenizer", "v", "--width", "10", "--heads", "4"],
            ["pretrain", "gpt", "text", "--tokenizer", "v", "--dropout", "1"],
            ["pretrain", "gpt", "text", "--tokenizer", "v", "--learning-rate", "0"],
            ["pretrain", "gpt", "text", "--tokenizer", "v", "--force", "--resume"],
            ["pretrain", "bert", "text", "--tokenizer", "v", "--precision", "float16"],
            ["pretrain", "bert", "text", "--tokenizer", "v", "--mask-share", "1.5"],
            ["finetune", "classify", "--model", "m"],
            ["finetune", "classify", "c", "--train", "f.tsv", "--model", "m"],
            ["finetune", "classify", "c"],
            ["evaluate", "--model", "m"],
            ["evaluate", "--model", "m", "--corpus", "c", "--file", "f.tsv"],
            ["generate", "--model", "m", "--temperature", "-1"],
            ["generate", "--model", "m", "--top-p", "0"],
            ["generate", "--model", "m", "--tokens", "0"],
            ["generate", "--model", "m", "--prompt", "a", "--prompts", "f.txt"],
            ["pretrain", "gpt", "text", "--tokenizer", "v", "--early-stopping", "0"],
            ["pretrain", "bert", "text", "--tokenizer", "v", "--early-stopping", "1"]
                + ["--evaluate-every", "0"],
            ["predict", "--model", "m", "--batch", "0"],
            ["fill-mask", "--model", "m"],
            ["runs", "show", "first"],
        ])
    func wrongUsage(arguments: [String]) throws {
        let result = try Sandbox().run(arguments, input: .init())
        #expect(result.status == 64, "\(result.errors)")
        #expect(result.output.isEmpty)
    }
}
