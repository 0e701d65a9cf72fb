import Foundation
import Testing

@Suite("Taggers")
struct TaggerCommandTests {
    private static func prepared() throws -> Sandbox {
        let sandbox = try Sandbox()
        var text = ""
        for index in 0..<40 {
            text += "\(["Ada", "Bob", "Cleo"][index % 3]) I-PER\nlives O\nin O\n"
            text += "\(["Rome", "Oslo"][index % 2]) I-LOC\n\n"
        }
        try sandbox.write(text, to: "names.conll")
        return sandbox
    }

    @Test("import, train, evaluate, predict")
    func story() throws {
        let sandbox = try Self.prepared()
        let imported = try sandbox.run("corpus", "import", "names", "names.conll")
        #expect(imported.output.contains("40 documents"), "\(imported.errors)")
        let shown = try sandbox.run("corpus", "show", "names")
        #expect(shown.output.contains("B-PER O O B-LOC"), "\(shown.errors)")
        let result = try sandbox.run(
            "finetune", "tag", "names", "--width", "12", "--embedding-size", "8", "--epochs", "15",
            "--learning-rate", "0.01", "--scheme", "bioes", "--threads", "2", "--json", "--quiet")
        try #require(result.status == 0, "\(result.errors)")
        let metrics = try #require(result.object()["metrics"] as? [String: Double])
        #expect(metrics["entityF1"] == 1)

        // Without documents that were held out, those that were learnt from are what there is.
        let short = try sandbox.run(
            "finetune", "tag", "names", "--width", "4", "--steps", "1", "--output", "models/short")
        #expect(
            short.lines.last
                == "Next: sesame evaluate --model models/short --corpus names --split train")
        #expect(short.errors.contains("parameters for 1 step;"), "\(short.errors)")

        let evaluation = try sandbox.run(
            "evaluate", "--model", "models/names-tagger", "--corpus", "names", "--split", "train")
        #expect(evaluation.output.contains("entity F1 100.00"), "\(evaluation.errors)")
        #expect(evaluation.output.contains("LOC") && evaluation.output.contains("PER"))
        let report = try sandbox.run(
            "evaluate", "--model", "models/names-tagger", "--corpus", "names", "--split", "train",
            "--json")
        #expect(try report.object()["entities"] != nil)
        let info = try sandbox.run("model", "info", "models/names-tagger", "--tokens", "1e4")
        #expect(info.output.contains("in batches of 8 × 25 tokens"), "\(info.errors)")
        #expect(info.output.contains("to train on 10,000 tokens"), "\(info.output)")

        let lines = try sandbox.run(
            "predict", "--model", "models/names-tagger",
            input: "Bob lives in Rome\nAda lives in Oslo\n")
        #expect(
            lines.output == "Bob\tB-PER\nlives\tO\nin\tO\nRome\tB-LOC\n\n"
                + "Ada\tB-PER\nlives\tO\nin\tO\nOslo\tB-LOC\n\n", "\(lines.errors)")
        let objects = try sandbox.run(
            "predict", "--model", "models/names-tagger", "--json", input: "Bob lives in Rome\n"
        ).objects()
        let entities = try #require(objects.first?["entities"] as? [[String: Any]])
        #expect(entities.map { $0["text"] as? String } == ["Bob", "Rome"])
        #expect(entities.map { $0["start"] as? Int } == [0, 3])
    }

    @Test("fine-tune an encoder, and options that do not go together")
    func encoder() throws {
        let sandbox = try Self.prepared()
        _ = try sandbox.run("corpus", "import", "names", "names.conll")
        let vocabulary = try sandbox.run(
            "vocab", "build", "pieces", "--corpus", "names", "--kind", "wordpiece", "--size", "60",
            "--lowercase")
        #expect(vocabulary.status == 0, "\(vocabulary.errors)")
        let pretrained = try sandbox.run(
            "pretrain", "bert", "names", "--tokenizer", "pieces", "--layers", "1", "--heads", "2",
            "--width", "16", "--context", "16", "--steps", "2", "--no-next-sentence", "--quiet")
        try #require(pretrained.status == 0, "\(pretrained.errors)")
        let result = try sandbox.run(
            "finetune", "tag", "names", "--model", "models/names-bert", "--epochs", "20",
            "--learning-rate", "0.01", "--dropout", "0", "--max-length", "5", "--crf", "--json",
            "--quiet")
        try #require(result.status == 0, "\(result.errors)")
        let metrics = try #require(result.object()["metrics"] as? [String: Double])
        #expect(metrics["entityF1"] == 1)
        let info = try sandbox.run("model", "info", "models/names-tagger")
        #expect(info.output.contains("BertForTokenClassification"), "\(info.errors)")
        let lines = try sandbox.run(
            "predict", "--model", "models/names-tagger", input: "Bob lives in Rome\n")
        #expect(lines.output == "Bob\tB-PER\nlives\tO\nin\tO\nRome\tB-LOC\n\n", "\(lines.errors)")
        for (options, problem) in [
            (["--model", "models/names-bert", "--width", "8"], "without --model"),
            (["--max-length", "8"], "name one with --model"),
        ] {
            let wrong = try sandbox.run(["finetune", "tag", "names"] + options, input: Data())
            #expect(wrong.status == 64 && wrong.errors.contains(problem), "\(wrong.errors)")
        }
    }

    @Test("a bad line is named, and columns are for tagged sentences")
    func failures() throws {
        let sandbox = try Self.prepared()
        try sandbox.write("Ada I-PER\nlives\n", to: "bad.conll")
        let bad = try sandbox.run("corpus", "import", "bad", "bad.conll")
        #expect(bad.status == 1 && bad.errors.contains("bad.conll:2"), "\(bad.errors)")
        try sandbox.write("Ada lives.\n", to: "text.txt")
        let text = try sandbox.run("corpus", "import", "t", "text.txt", "--tag-column", "2")
        #expect(text.status == 64 && text.errors.contains("--format conll"))
        let missing = try sandbox.run(
            "finetune", "tag", "names", "--vectors", "none.txt", "--quiet")
        #expect(missing.status == 1, "\(missing.errors)")
    }
}
