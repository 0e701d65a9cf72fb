import Foundation
import Testing

/// Model folders and checkpoints that are damaged or do not belong together.
@Suite("bad input: models")
struct BadModelTests {
    private static let weights = "\(Sandbox.gpt)/model.safetensors"
    private static let generate = ["generate", "--model", Sandbox.gpt, "--prompt", "The"]

    private static func header(
        _ name: String, _ header: String, data: Int = 4, says mentions: String...
    ) -> BadInput {
        .init(name, generate, mentions: ["model.safetensors"] + mentions) {
            try $0.write(header: header, data: data, to: weights)
        }
    }

    private static func config(
        _ name: String, _ changes: [String: any Sendable], says mentions: String...
    ) -> BadInput {
        .init(name, generate, mentions: mentions) {
            try $0.edit("\(Sandbox.gpt)/config.json", changes)
        }
    }

    private static func file(
        _ name: String, _ content: String, says mentions: String...
    ) -> BadInput {
        .init("\(name): \(content.prefix(12))", generate, mentions: mentions) {
            try $0.write(content, to: "\(Sandbox.gpt)/\(name)")
        }
    }

    private static let weightRows: [BadInput] = [
        BadInput("no weights", generate, says: "model.safetensors") { try $0.remove(weights) },
        BadInput("empty weights", generate, says: "model.safetensors", "0 bytes") {
            try $0.truncate(weights, to: 0)
        },
        BadInput("header cut off", generate, says: "model.safetensors", "100 bytes") {
            try $0.truncate(weights, to: 100)
        },
        BadInput("tensors cut off", generate, says: "model.safetensors", "the end of the file") {
            try $0.truncate(weights, to: $0.read(weights).count - 100)
        },
        BadInput("header longer than any file", generate, says: "model.safetensors", "header") {
            try $0.write(Data(repeating: 0xFF, count: 200), to: weights)
        },
        header(
            "overlapping offsets",
            """
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
             "b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}
            """, data: 6, says: "'b'", "begin at 4"),
        header(
            "overflowing offsets",
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775803,9223372036854775807]}}"#,
            says: "'a'", "begin at 0"),
        header(
            "offsets beyond 64 bits",
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551616]}}"#,
            says: "'a'", "data_offsets"),
        header(
            "offsets beyond the file",
            #"{"a":{"dtype":"F32","shape":[100],"data_offsets":[0,400]}}"#, says: "'a'", "400"),
        header(
            "absurd shape",
            #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#,
            says: "'a'", "4611686018427387904"),
        header(
            "negative size", #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
            says: "'a'", "-1"),
        header(
            "too many axes", #"{"a":{"dtype":"F32","shape":[1,1,1,1,1,1],"data_offsets":[0,4]}}"#,
            says: "'a'", "axes"),
        header(
            "a name twice",
            """
            {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
             "a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
            """, says: "'a'", "twice"),
        header(
            "unknown type", #"{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}"#,
            says: "'a'", "'F31'"),
        header("header that is no JSON", "{\"a\":", data: 0, says: "byte"),
        header(
            "header that nests without end", String(repeating: "[", count: 5000), says: "nesting"),
        BadInput("NaN in the weights", generate, says: "gpt", "not finite") {
            try $0.fillWithNaN(weights)
        },
        BadInput(
            "NaN in a model to fine-tune",
            [
                "finetune", "classify", "labelled", "--model", Sandbox.bert, "--output", "m",
                "--quiet",
            ],
            says: "bert", "not finite"
        ) { try $0.fillWithNaN("\(Sandbox.bert)/model.safetensors") },
        BadInput("another model's weights", generate, says: "missing", "unexpected", "wte.weight") {
            try $0.write($0.read("\(Sandbox.bert)/model.safetensors"), to: weights)
        },
        BadInput("names with line feeds", generate, says: "unexpected", "\\u{a}") {
            try $0.write(
                header: #"{"a\nb":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, data: 4,
                to: weights)
        },
    ]

    private static let folderRows: [BadInput] = [
        BadInput("no folder", ["generate", "--model", "absent"], says: "absent"),
        BadInput(
            "folder that is a file", ["generate", "--model", "text.txt"], says: "text.txt", "a file"
        ),
        BadInput(
            "folder that is not there", ["generate", "--model", "models/typo"],
            says: "models/typo", "nothing of this name"),
        BadInput("empty folder", ["generate", "--model", "empty"], says: "empty") {
            try FileManager.default.createDirectory(
                at: $0.url("empty"), withIntermediateDirectories: false)
        },
        BadInput(
            "model for another task", ["generate", "--model", Sandbox.classifier],
            says: "names the class of a text", "continues text"),
        file("config.json", "", says: "config.json", "JSON"),
        file("config.json", "{\"vocab_size\":", says: "config.json", "JSON"),
        file("config.json", "{\"model_type\":7}", says: "config.json", "model_type"),
        file("training.json", "{", says: "training.json"),
        file("training.json", "{\"task\":\"dance\"}", says: "training.json"),
        file("tokenizer.json", "", says: "tokenizer.json"),
        file("tokenizer.json", "{\"version\":", says: "tokenizer.json"),
        config("another model's type", ["model_type": "bert"], says: "bert", "gpt2"),
        config("other sizes", ["n_embd": 32], says: "wte.weight", "32", "16"),
        config("absurd size", ["n_embd": Int.max - 1], says: "n_embd"),
        config("more than any memory", ["n_embd": 1 << 28], says: "parameters"),
        config("more than the weights", ["n_positions": 1 << 30], says: "config.json describes"),
        config("heads that do not divide", ["n_head": 3], says: "n_embd", "n_head"),
        config("probability beyond 1", ["attn_pdrop": 1.5], says: "attn_pdrop"),
        BadInput(
            "vocabulary of another model", generate, says: "tokenizer"
        ) {
            try $0.write(
                $0.read("\(Sandbox.bert)/tokenizer.json"), to: "\(Sandbox.gpt)/tokenizer.json")
        },
        BadInput(
            "vocabulary of another model, to fine-tune",
            [
                "finetune", "classify", "labelled", "--model", Sandbox.bert, "--output", "m",
                "--quiet",
            ],
            says: "tokenizer.json"
        ) {
            try $0.write(
                $0.read("\(Sandbox.gpt)/tokenizer.json"), to: "\(Sandbox.bert)/tokenizer.json")
        },
        BadInput(
            "mask beyond the model's length",
            ["fill-mask", "--model", Sandbox.bert]
                + [String(repeating: "hen ", count: 50) + "[MASK]"], says: "[MASK]", "length"),
        BadInput(
            "documents shorter than the model",
            ["pretrain", "gpt", "text", "--tokenizer", "letters", "--output", "m"]
                + ["--context", "100000", "--layers", "1", "--heads", "1", "--width", "8"]
                + ["--batch", "1", "--quiet"], says: "100001 tokens"),
        BadInput(
            "model beyond this machine's memory",
            ["pretrain", "gpt", "text", "--tokenizer", "letters", "--output", "m"]
                + ["--layers", "4", "--heads", "2", "--width", "120000", "--quiet"],
            says: "GB of memory", "this machine"),
        BadInput(
            "output that is a file",
            ["pretrain", "gpt", "text", "--tokenizer", "letters", "--output", "text.txt"]
                + Sandbox.small, says: "text.txt", "exists"),
        BadInput(
            "output below a file",
            ["pretrain", "gpt", "text", "--tokenizer", "letters", "--output", "text.txt/m"]
                + ["--steps", "1"] + Sandbox.small, says: "text.txt", "Not a directory"),
    ]

    @Test("safetensors", arguments: weightRows)
    func readWeights(_ row: BadInput) throws { try row.check() }

    @Test("model folders", arguments: folderRows)
    func openFolder(_ row: BadInput) throws { try row.check() }
}
