import Testing

@Suite("Help and usage")
struct HelpTests {
    static let commands: [[String]] = [
        "quickstart", "corpus", "corpus import", "corpus list", "corpus stats", "corpus split",
        "corpus show", "vocab", "vocab build", "vocab list", "vocab show", "vocab export",
        "tokenize", "tokenize encode", "tokenize decode", "pretrain", "pretrain gpt",
        "pretrain bert", "pretrain elmo", "pretrain ngram", "pretrain rnn", "pretrain nnlm",
        "finetune",
        "finetune classify", "finetune pair",
        "finetune regress", "finetune tag", "finetune span", "finetune choice", "evaluate",
        "evaluate suite", "explain", "predict", "generate", "prompt",
        "fill-mask", "embed", "train", "train translate", "translate", "model", "model import",
        "model export", "model info", "runs",
        "runs list", "runs show",
        "runs compare", "runs report", "vectors", "vectors train", "vectors nearest",
        "vectors analogy",
        "vectors similarity", "vectors odd", "vectors evaluate", "vectors phrases", "vectors map",
        "vectors export", "vectors sentences",
    ].map { $0.split(separator: " ").map(String.init) }

    @Test("Every command says what it is for, and gives an example", arguments: commands)
    func help(command: [String]) throws {
        let sandbox = try Sandbox()
        let result = try sandbox.run(command + ["--help"], input: .init())
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("OVERVIEW: "))
        #expect(result.output.contains("USAGE: sesame \(command.joined(separator: " "))"))
        #expect(result.output.contains("Example"), "no example in \(command)")
    }

    @Test("A command's own options come before those that many have")
    func order() throws {
        let sandbox = try Sandbox()
        let asked = try sandbox.run("finetune", "span", "--help")
        let heads = asked.lines.filter { $0.hasSuffix("OPTIONS:") }
        #expect(
            heads == ["OPTIONS:", "TRAINING OPTIONS:", "OUTPUT OPTIONS:", "COMMON OPTIONS:"])
        #expect(asked.output.contains("ARGUMENTS:\n  <corpus>"))
        #expect(try sandbox.run("help", "finetune", "span").output == asked.output)
    }

    @Test("An unknown option is wrong usage")
    func unknownOption() throws {
        let result = try Sandbox().run("--no-such-option")
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("no-such-option"))
    }

    @Test("The version is printed alone")
    func version() throws {
        let result = try Sandbox().run("--version")
        #expect(result.status == 0)
        #expect(result.output == "0.1.0\n")
    }
}
