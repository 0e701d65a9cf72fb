import Foundation
import Testing

@Suite("Word vectors")
struct VectorsCommandTests {
    private static let text = """
        king 1 0.1 0
        queen 0.9 0.2 0.4
        man 0.2 1 0
        woman 0.1 1.1 0.4
        lisbon -1 -1 0.1
        porto -1 -0.9 0.2
        seven 0.1 0.1 -2
        """ + "\n"

    private func sandbox() throws -> Sandbox {
        let sandbox = try Sandbox()
        try sandbox.write(Self.text, to: "v.txt")
        return sandbox
    }

    @Test("nearest words, the middle of words, and words from standard input")
    func nearest() throws {
        let sandbox = try sandbox()
        let one = try sandbox.run(
            "vectors", "nearest", "--vectors", "v.txt", "lisbon", "--count", "1", "--json")
        #expect(one.status == 0, "\(one.errors)")
        let found = try #require(one.object()["nearest"] as? [[String: Any]])
        #expect(found.map { $0["word"] as? String } == ["porto"])
        let lines = try sandbox.run(
            "vectors", "nearest", "--vectors", "v.txt", "-", "--count", "2", "--json",
            input: "king\nseven\n")
        #expect(try lines.objects().map { $0["words"] as? [String] } == [["king"], ["seven"]])
        let middle = try sandbox.run(
            "vectors", "nearest", "--vectors", "v.txt", "--together", "king", "man", "--count", "1")
        #expect(middle.output.contains("queen"), "\(middle.output)\(middle.errors)")
        let limited = try sandbox.run(
            "vectors", "nearest", "--vectors", "v.txt", "seven", "--limit", "2")
        #expect(limited.lines.count == 3)
    }

    @Test("analogy, similarity, odd one out")
    func questions() throws {
        let sandbox = try sandbox()
        for method in ["add", "mul"] {
            let analogy = try sandbox.run(
                "vectors", "analogy", "--vectors", "v.txt", "man", "king", "woman", "--method",
                method, "--json")
            let found = try analogy.array()
            #expect(found.first?["word"] as? String == "queen", "\(analogy.errors)")
        }
        let similarity = try sandbox.run(
            "vectors", "similarity", "--vectors", "v.txt", "lisbon", "porto")
        #expect(similarity.output == "0.9957\n", "\(similarity.errors)")
        let odd = try sandbox.run(
            "vectors", "odd", "--vectors", "v.txt", "king", "queen", "porto", "man")
        #expect(odd.output == "porto\n", "\(odd.errors)")
    }

    @Test("evaluation on both kinds of sets")
    func evaluation() throws {
        let sandbox = try sandbox()
        try sandbox.write(
            "word1\tword2\tscore\r\nLisbon\tporto\t9\r\nking\tseven\t1\r\nking\tqueen\t8\r\nx\ty\t1\r\n",
            to: "pairs.tsv")
        try sandbox.write(
            ": family\nman king woman queen\nman king woman zyzzyva\n", to: "analogies.txt")
        let result = try sandbox.run(
            "vectors", "evaluate", "--vectors", "v.txt", "--pairs", "pairs.tsv", "--analogies",
            "analogies.txt", "--json")
        #expect(result.status == 0, "\(result.errors)")
        let object = try result.object()
        let pairs = try #require((object["pairs"] as? [[String: Any]])?.first)
        #expect(abs(try #require(pairs["spearman"] as? Double) - 1) < 1e-12)
        #expect(pairs["unknown"] as? Double == 0.25)
        let analogies = try #require((object["analogies"] as? [[String: Any]])?.first)
        let total = try #require(analogies["total"] as? [String: Any])
        #expect(total["correct"] as? Int == 1 && total["answered"] as? Int == 1)
        #expect(total["unknown"] as? Int == 1)
        let text = try sandbox.run(
            "vectors", "evaluate", "--vectors", "v.txt", "--pairs", "pairs.tsv", "--analogies",
            "analogies.txt", "--count-unknown", "--method", "mul")
        #expect(text.output.contains("50.0 %"), "\(text.output)")
    }

    @Test("export to every format and back")
    func export() throws {
        let sandbox = try sandbox()
        var input = "v.txt"
        for format in ["word2vec", "word2vec-text", "safetensors", "glove"] {
            let result = try sandbox.run(
                "vectors", "export", "--vectors", input, "--format", format, "--output", format,
                "--json")
            #expect(try result.object()["words"] as? Int == 7, "\(result.errors)")
            input = format
        }
        let glove = try String(
            contentsOf: sandbox.folder.appendingPathComponent("glove"), encoding: .utf8)
        #expect(
            glove
                == Self.text.replacingOccurrences(of: "king 1 0.1 0\n", with: "king 1.0 0.1 0.0\n")
                .replacingOccurrences(of: "man 0.2 1 0\n", with: "man 0.2 1.0 0.0\n")
                .replacingOccurrences(of: "lisbon -1 -1 0.1", with: "lisbon -1.0 -1.0 0.1")
                .replacingOccurrences(of: "porto -1 ", with: "porto -1.0 ")
                .replacingOccurrences(of: "-2\n", with: "-2.0\n"))
        let again = try sandbox.run(
            "vectors", "export", "--vectors", "v.txt", "--format", "glove", "--output", "glove")
        #expect(again.status == 1 && again.errors.contains("--force"))
        let first = try sandbox.run(
            "vectors", "export", "--vectors", "v.txt", "--format", "glove", "--output", "glove",
            "--force", "--limit", "2")
        #expect(
            first.output
                == "2 words of 3 values: glove.\nNext: sesame vectors nearest --vectors glove queen\n",
            "\(first.errors)")
        try sandbox.expectNextWorks(first)
    }

    @Test("rows that repeat a word are left out, and counted on standard error")
    func repeated() throws {
        let sandbox = try Sandbox()
        try sandbox.write(Self.text + "king 5 5 5\nman 1 2 3\n", to: "v.txt")
        let result = try sandbox.run(
            "vectors", "similarity", "--vectors", "v.txt", "king", "queen", "--json")
        #expect(result.status == 0)
        #expect(
            result.errors == "v.txt: 2 rows left out: an earlier row has the same word.\n")
        #expect(result.lines.count == 1)
    }

    @Test("phrases are joined, in several passes, or listed")
    func phrases() throws {
        let sandbox = try Sandbox()
        let lines = (0..<20).map { "w\($0) the New York Times said x\($0)" }
        try sandbox.write(lines.joined(separator: "\n") + "\n", to: "text.txt")
        let command = ["vectors", "phrases", "--threshold", "1", "--lowercase", "--quiet"]
        let joined = try sandbox.run(
            command + ["text.txt", "--passes", "2"], input: .init())
        #expect(
            joined.lines.first == "w0 the_new_york_times said x0", "\(joined.lines.first ?? "")")
        let fromInput = try sandbox.run(
            command + ["--passes", "2"], input: Data((lines.joined(separator: "\n") + "\n").utf8))
        #expect(fromInput.output == joined.output)
        let list = try sandbox.run(
            command + ["text.txt", "--list", "--json", "--connectors", "english"], input: .init())
        #expect(
            try list.objects().map { $0["phrase"] as? String } == ["new_york", "times_said"],
            "\(list.output)\(list.errors)")
    }

    @Test("a map is a page, or numbers", arguments: ["pca", "tsne"])
    func map(method: String) throws {
        let sandbox = try sandbox()
        let command = ["vectors", "map", "--vectors", "v.txt", "--method", method, "--quiet"]
        let page = try sandbox.run(
            command + ["king", "lisbon", "--neighbours", "2", "--steps", "50"], input: .init())
        #expect(page.status == 0, "\(page.errors)")
        let html = try String(
            contentsOf: sandbox.folder.appendingPathComponent("map.html"), encoding: .utf8)
        #expect(html.contains(">porto</text>") && html.contains("sesame vectors map"))
        let places = try sandbox.run(
            command + ["--top", "7", "--json", "--steps", "50"], input: .init())
        #expect(try places.array().count == 7, "\(places.errors)")
        try sandbox.write("mine", to: "notes.html")
        let refused = try sandbox.run(
            command + ["--top", "7", "--output", "notes.html"], input: .init())
        #expect(refused.status == 1 && refused.errors.contains("--force"))
    }

    @Test(
        "what cannot work is refused",
        arguments: [
            (["nearest", "--vectors", "v.txt", "zyzzyva"], 1, "zyzzyva"),
            (["nearest", "--vectors", "none.bin", "king"], 1, "none.bin"),
            (["nearest", "--vectors", "v.txt", "king", "--count", "0"], 64, "--count"),
            (["odd", "--vectors", "v.txt", "king", "man"], 64, "three"),
            (["evaluate", "--vectors", "v.txt"], 64, "--pairs"),
            (["evaluate", "--vectors", "v.txt", "--pairs", "v.txt"], 1, "two words and a score"),
            (
                ["export", "--vectors", "v.txt", "--format", "fasttext", "--output", "o"], 64,
                "read, not written"
            ),
            (["phrases", "--threshold", "0"], 64, "threshold"),
            (["phrases", "--score", "npmi", "--threshold", "2"], 64, "threshold"),
            (["phrases", "--passes", "0"], 64, "--passes"),
            (["phrases", "--json"], 64, "--list"), (["map", "--vectors", "v.txt"], 64, "--top"),
            (["map", "--vectors", "v.txt", "--top", "3"], 1, "4 to"),
            (["map", "--vectors", "v.txt", "--top", "7", "--perplexity", "0"], 64, "--perplexity"),
        ] as [([String], Int32, String)])
    func refusals(arguments: [String], status: Int32, mention: String) throws {
        let result = try sandbox().run(["vectors"] + arguments, input: .init())
        #expect(result.status == status, "\(result.output)\(result.errors)")
        #expect(result.errors.contains(mention), "\(result.errors)")
    }

    @Test("sentences: the mean of their words, or weighed by how rare they are")
    func sentences() throws {
        let sandbox = try sandbox()
        let command = ["vectors", "sentences", "--vectors", "v.txt", "--lowercase"]
        let mean = try sandbox.run(
            command + ["--json"], input: Data("King zyzzyva man\nzyzzyva\n".utf8))
        #expect(mean.lines == ["[0.6,0.55,0.0]", "[0.0,0.0,0.0]"], "\(mean.errors)")
        let text = "king man\nqueen woman\nlisbon seven\n"
        let weighed = try sandbox.run(command + ["--method", "sif"], input: Data(text.utf8))
        let rows = weighed.lines.map { $0.split(separator: "\t").compactMap { Double($0) } }
        #expect(rows.map(\.count) == [3, 3, 3], "\(weighed.errors)")
        let refused = try sandbox.run(command + ["--method", "sif", "--a", "0"], input: .init())
        #expect(refused.status == 64 && refused.errors.contains("--a"))
    }

    @Test("a malformed file is refused by row")
    func malformed() throws {
        let sandbox = try Sandbox()
        try sandbox.write("the 1 2\nof 1 2 3\n", to: "v.txt")
        let result = try sandbox.run("vectors", "nearest", "--vectors", "v.txt", "the")
        #expect(result.status == 1)
        #expect(
            result.errors.contains("row 2, line 2: expected a word and 2 values, found 3 values"))
    }
}

extension Sandbox {
    /// Runs the command that a result ends with.
    fileprivate func expectNextWorks(_ result: CommandResult) throws {
        let words = try #require(result.lines.last).split(separator: " ").map(String.init)
        #expect(words.prefix(2) == ["Next:", "sesame"])
        let next = try run(Array(words.dropFirst(2)), input: Data())
        #expect(next.status == 0, "\(words): \(next.errors)")
    }
}

@Suite("Training word vectors")
struct VectorsTrainCommandTests {
    private func sandbox() throws -> Sandbox {
        let sandbox = try Sandbox()
        let lines = (0..<400).map { line in
            (0..<8).map { word in
                (line % 2 == 0 ? "Red" : "blue") + "\((line * 7 + word * word * 3 + line / 5) % 5)"
            }.joined(separator: " ")
        }
        try sandbox.write(lines.joined(separator: "\n") + "\n", to: "text.txt")
        return sandbox
    }

    @Test("every method, formats, standard input, the same vectors from any number of threads")
    func methods() throws {
        let sandbox = try sandbox()
        for method in ["skip-gram", "cbow", "glove"] {
            var files: [Data] = []
            for threads in ["1", "3"] {
                let result = try sandbox.run(
                    "vectors", "train", "text.txt", "--lowercase", "--method", method, "--width",
                    "8",
                    "--x-max", "10", "--epochs", "40", "--output", "\(threads).txt", "--format",
                    "word2vec-text",
                    "--threads", threads, "--force", "--json", "--quiet")
                #expect(result.status == 0, "\(result.errors)")
                #expect(try result.object()["words"] as? Int == 10)
                files.append(
                    try Data(contentsOf: sandbox.folder.appendingPathComponent("\(threads).txt")))
            }
            #expect(files[0] == files[1], "\(method)")
            let nearest = try sandbox.run(
                "vectors", "nearest", "--vectors", "1.txt", "red1", "--count", "4", "--json")
            let found = try #require(nearest.object()["nearest"] as? [[String: Any]])
            #expect(
                found.allSatisfy { ($0["word"] as? String)?.hasPrefix("red") == true }, "\(method)")
        }
        let text = try String(
            contentsOf: sandbox.folder.appendingPathComponent("text.txt"), encoding: .utf8)
        let input = try sandbox.run(
            "vectors", "train", "-", "--subwords", "--buckets", "100", "--width", "8", "--fastest",
            "--output", "sub.safetensors", input: text)
        #expect(input.status == 0, "\(input.errors)")
        let unknown = try sandbox.run(
            "vectors", "similarity", "--vectors", "sub.safetensors", "Red77", "Red1")
        #expect(unknown.status == 0, "\(unknown.errors)")
    }

    @Test("a model is kept, and trained on new text with the words it has first")
    func checkpoint() throws {
        let sandbox = try sandbox()
        let options = ["--width", "8", "--epochs", "2", "--quiet"]
        let first = try sandbox.run(
            [
                "vectors", "train", "text.txt", "--output", "a.txt", "--format", "word2vec-text",
                "--checkpoint", "a.model",
            ] + options, input: Data())
        #expect(first.status == 0, "\(first.errors)")
        // All passes are made: going on changes nothing.
        let again = try sandbox.run(
            [
                "vectors", "train", "text.txt", "--output", "b.txt", "--format", "word2vec-text",
                "--checkpoint", "a.model", "--resume",
            ] + options, input: Data())
        #expect(again.status == 0, "\(again.errors)")
        func words(_ name: String) throws -> [String] {
            try String(contentsOf: sandbox.folder.appendingPathComponent(name), encoding: .utf8)
                .split(separator: "\n").dropFirst().map { String($0.prefix { $0 != " " }) }
        }
        #expect(try words("a.txt") == words("b.txt"))
        let other = try sandbox.run(
            [
                "vectors", "train", "text.txt", "--output", "c.txt", "--checkpoint", "a.model",
                "--resume", "--width", "9",
            ], input: Data())
        #expect(other.status == 1 && other.errors.contains("options"), "\(other.errors)")
        try sandbox.write(String(repeating: "green1 green2 blue1\n", count: 20), to: "more.txt")
        let more = try sandbox.run(
            [
                "vectors", "train", "more.txt", "--from", "a.model", "--output", "d.txt",
                "--format",
                "word2vec-text",
            ], input: Data())
        #expect(more.status == 0, "\(more.errors)")
        #expect(try words("d.txt") == words("a.txt") + ["green1", "green2"])
    }

    @Test(
        "trained further on new text, with words after those it has; resumed, the same bits",
        arguments: [
            (["--method", "cbow"], []), (["--hierarchical-softmax"], []),
            (["--method", "glove"], []),
            (["--method", "glove", "--save-counts", "a.counts"], ["--counts", "a.counts"]),
        ] as [([String], [String])])
    func grown(method: [String], more: [String]) throws {
        let sandbox = try sandbox()
        func train(_ arguments: [String]) throws -> CommandResult {
            let result = try sandbox.run(
                ["vectors", "train", "--format", "word2vec-text", "--quiet"] + arguments,
                input: Data())
            #expect(result.status == 0, "\(arguments): \(result.errors)")
            return result
        }
        let first = try train(
            ["text.txt", "--output", "a.txt", "--checkpoint", "a.model", "--epochs", "20"]
                + ["--width", "8", "--x-max", "10"] + method)
        #expect(first.lines.last?.hasPrefix("Next: sesame vectors nearest --vectors a.txt") == true)
        try sandbox.expectNextWorks(first)
        try sandbox.write(String(repeating: "green1 green2 blue1\n", count: 3000), to: "more.txt")
        let further =
            ["more.txt", "--from", "a.model", "--output", "b.txt", "--checkpoint", "b.model"] + more
        _ = try train(further)
        func rows(_ name: String) throws -> [[Substring]] {
            try String(contentsOf: sandbox.folder.appendingPathComponent(name), encoding: .utf8)
                .split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
        }
        let (old, new) = (try rows("a.txt"), try rows("b.txt"))
        #expect(new.map { $0[0] } == old.map { $0[0] } + ["green1", "green2"])
        // The same command with --resume, of a run that was killed and of one that was not.
        let killed = try sandbox.run(
            ["vectors", "train", "--format", "word2vec-text"] + further + ["--force"],
            input: Data(), interruptingAt: "Pass 2 is kept", signal: SIGKILL)
        #expect(killed.status != 0)
        _ = try train(further + ["--resume", "--force"])
        #expect(try rows("b.txt") == new)
        _ = try train(further + ["--resume", "--force"])
        #expect(try rows("b.txt") == new)
        // Another method than the model's, and its own folder for both.
        let other = method.contains("glove") ? "cbow" : "glove"
        for (arguments, status, mention) in [
            (["--method", other, "--output", "c.txt"], 1, "leave --method out"),
            (["--checkpoint", "a.model", "--output", "c.txt"], 64, "another folder than --from"),
        ] as [([String], Int32, String)] {
            let result = try sandbox.run(
                ["vectors", "train", "more.txt", "--from", "a.model"] + arguments, input: Data())
            #expect(result.status == status && result.errors.contains(mention), "\(result.errors)")
        }
    }

    @Test("counts of a text are added to those of another")
    func counts() throws {
        let sandbox = try sandbox()
        func train(_ text: String, _ name: String, _ more: [String]) throws -> CommandResult {
            try sandbox.run(
                [
                    "vectors", "train", text, "--method", "glove", "--width", "8", "--epochs", "3",
                    "--output", "\(name).txt", "--format", "word2vec-text", "--quiet",
                ] + more, input: Data())
        }
        let first = try train(
            "text.txt", "a", ["--save-counts", "a.counts", "--checkpoint", "a.model"])
        #expect(first.status == 0, "\(first.errors)")
        try sandbox.write(String(repeating: "green1 green2 blue1\n", count: 20), to: "more.txt")
        // A new model of both texts.
        let both = try train(
            "more.txt", "b", ["--counts", "a.counts"])
        #expect(both.status == 0, "\(both.errors)")
        let words = try String(
            contentsOf: sandbox.folder.appendingPathComponent("b.txt"), encoding: .utf8)
        #expect(words.hasPrefix("12 8\n") && words.contains("\ngreen2 "))
        // Counts of other words than the model's.
        _ = try train("more.txt", "d", ["--save-counts", "d.counts"])
        let wrong = try sandbox.run(
            "vectors", "train", "more.txt", "--from", "a.model", "--counts", "d.counts", "--output",
            "e.txt")
        #expect(wrong.status == 1 && wrong.errors.contains("not counts of the model's words"))
        let narrow = try train("more.txt", "f", ["--counts", "a.counts", "--window", "3"])
        #expect(narrow.status == 1 && narrow.errors.contains("window: expected 10"))
    }

    @Test("killed after a pass, it goes on with the same bits", arguments: ["cbow", "glove"])
    func killed(method: String) throws {
        let sandbox = try sandbox()
        func arguments(_ name: String) -> [String] {
            [
                "vectors", "train", "text.txt", "--method", method, "--width", "8", "--epochs",
                "40",
                "--output", "\(name).bin", "--format", "word2vec", "--checkpoint", "\(name).model",
            ]
        }
        let killed = try sandbox.run(
            arguments("killed"), input: Data(), interruptingAt: "Pass 2 is kept", signal: SIGKILL)
        #expect(killed.status != 0 && !sandbox.exists("killed.bin"))
        for (name, more) in [("killed", ["--resume"]), ("whole", [])] {
            let result = try sandbox.run(arguments(name) + more, input: Data())
            #expect(result.status == 0, "\(result.errors)")
        }
        let files = try ["killed.bin", "whole.bin"].map {
            try Data(contentsOf: sandbox.folder.appendingPathComponent($0))
        }
        #expect(files[0] == files[1])
    }

    @Test("what does not fit is refused")
    func refusals() throws {
        let sandbox = try sandbox()
        try sandbox.write("one two three\n", to: "short.txt")
        for (arguments, status, text) in [
            (["--output", "v.txt"], 64, "--corpus"),
            (["text.txt", "--output", "v.txt", "--width", "0"], 64, "width"),
            (["text.txt", "--output", "v.txt", "--method", "glove", "--fastest"], 64, "word2vec"),
            (["text.txt", "--output", "v.txt", "--resume"], 64, "--checkpoint"),
            (["text.txt", "--output", "v.bin", "--format", "fasttext"], 64, "safetensors"),
            (["text.txt", "--output", "v.txt", "--counts", "c"], 64, "--method glove"),
            (
                ["text.txt", "--output", "v.txt", "--method", "glove", "--counts", "text.txt"], 1,
                "text.txt"
            ),
            (["missing.txt", "--output", "v.txt"], 1, "missing.txt"),
            (["short.txt", "--output", "v.txt"], 1, "at least 5 times"),
            (["text.txt", "--output", "text.txt"], 1, "--force"),
            (["text.txt", "--output", "nowhere/v.txt"], 1, "there is no folder"),
        ] as [([String], Int32, String)] {
            let result = try sandbox.run(["vectors", "train"] + arguments, input: Data())
            #expect(result.status == status, "\(arguments): \(result.errors)")
            #expect(result.errors.contains(text), "\(arguments): \(result.errors)")
        }
    }
}
