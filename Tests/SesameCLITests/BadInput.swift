import Foundation
import Testing

/// A command on files that are wrong in some way, and what it has to say about them.
struct BadInput: Sendable, CustomTestStringConvertible {
    let name: String
    let arguments: [String]
    /// What the one line on standard error holds.
    let mentions: [String]
    let input: Data
    /// What is done to the sandbox first.
    let damage: @Sendable (Sandbox) throws -> Void

    init(
        _ name: String, _ arguments: [String], says mentions: String..., input: String = "",
        damage: @escaping @Sendable (Sandbox) throws -> Void = { _ in }
    ) {
        self.init(name, arguments, mentions: mentions, input: input, damage: damage)
    }

    init(
        _ name: String, _ arguments: [String], mentions: [String], input: String = "",
        damage: @escaping @Sendable (Sandbox) throws -> Void = { _ in }
    ) {
        self.name = name
        self.arguments = arguments
        self.mentions = mentions
        self.input = Data(input.utf8)
        self.damage = damage
    }

    var testDescription: String { name }

    /// Expects exit 1, one line, nothing on standard output, and the workspace as it was.
    func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let sandbox = try Sandbox.prepared()
        try damage(sandbox)
        let result = try sandbox.run(arguments, input: input)
        result.expectOneLine(mentioning: mentions, sourceLocation: sourceLocation)
        #expect(result.output.isEmpty, "\(result.output)", sourceLocation: sourceLocation)
    }
}

extension CommandResult {
    /// Exit 1 and a single line on standard error that begins with the program's name.
    func expectOneLine(
        mentioning fragments: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(status == 1, "\(errors)", sourceLocation: sourceLocation)
        #expect(
            errors.hasPrefix("sesame: ") && errors.hasSuffix("\n")
                && errors.split(separator: "\n", omittingEmptySubsequences: false).count == 2,
            "\(errors)", sourceLocation: sourceLocation)
        // Foundation's own descriptions of errors are no help to a reader.
        for fragment in ["NSCocoaErrorDomain", "UserInfo", "DecodingError", "CocoaError"] {
            #expect(!errors.contains(fragment), "\(errors)", sourceLocation: sourceLocation)
        }
        for fragment in fragments {
            #expect(
                errors.contains(fragment), "'\(fragment)' is not in: \(errors)",
                sourceLocation: sourceLocation)
        }
    }
}

/// What every test begins with could not be made.
struct PreparationFailed: Error {
    let errors: String
}

extension Sandbox {
    static let gpt = "models/gpt"
    static let bert = "models/bert"
    static let classifier = "models/classifier"

    /// The smallest sizes that train.
    static let small = [
        "--layers", "1", "--heads", "2", "--width", "16", "--context", "24", "--batch", "4",
        "--threads", "1", "--seed", "3", "--quiet",
    ]

    /// What a new sandbox begins with; made once for the whole test run.
    private static let original: Result<Sandbox, any Error> = Result {
        let sandbox = try makeOriginal()
        // It is never released, so that its folder would stay behind.
        atexit {
            guard let sandbox = try? Sandbox.original.get() else { return }
            try? FileManager.default.removeItem(at: sandbox.folder)
        }
        return sandbox
    }

    private static func makeOriginal() throws -> Sandbox {
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
            ["pretrain", "gpt", "text", "--tokenizer", "letters", "--steps", "2"]
                + ["--output", gpt] + small,
            ["pretrain", "bert", "text", "--tokenizer", "pieces", "--steps", "2"]
                + ["--output", bert] + small,
            ["finetune", "classify", "labelled", "--model", bert, "--steps", "2"]
                + ["--output", classifier, "--quiet"],
        ] {
            let result = try sandbox.run(arguments, input: .init())
            // Not #require: that would be reported once, and the tests after the first would pass.
            guard result.status == 0 else { throw PreparationFailed(errors: result.errors) }
        }
        return sandbox
    }

    /// A sandbox with two corpora, two vocabularies, three models, and the files they came from.
    static func prepared() throws -> Sandbox {
        let original = try original.get()
        let sandbox = try Sandbox()
        try FileManager.default.removeItem(at: sandbox.folder)
        try FileManager.default.copyItem(at: original.folder, to: sandbox.folder)
        return sandbox
    }

    func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

    func read(_ name: String) throws -> Data { try Data(contentsOf: url(name)) }

    /// Writes a file, with the folders it lies in.
    func write(_ bytes: Data, to name: String) throws {
        try FileManager.default.createDirectory(
            at: url(name).deletingLastPathComponent(), withIntermediateDirectories: true)
        try bytes.write(to: url(name))
    }

    /// Cuts a file to its first bytes.
    func truncate(_ name: String, to count: Int) throws {
        try write(try read(name).prefix(count), to: name)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(at: url(name)) }

    /// Changes members of a JSON file.
    func edit(_ name: String, _ changes: [String: any Sendable]) throws {
        let object = try JSONSerialization.jsonObject(with: read(name)) as? [String: Any]
        var members = try #require(object)
        for (key, value) in changes { members[key] = value }
        try write(JSONSerialization.data(withJSONObject: members), to: name)
    }

    /// Writes a safetensors file from its header's text and the tensors' bytes.
    func write(header: String, data: Int, to name: String) throws {
        var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        bytes.append(Data(header.utf8))
        bytes.append(Data(count: data))
        try write(bytes, to: name)
    }

    /// Replaces every value of a Float32 safetensors file by NaN.
    func fillWithNaN(_ name: String) throws {
        var bytes = try read(name)
        let start = 8 + bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        for index in stride(from: start, to: bytes.count, by: 4) {
            bytes.replaceSubrange(index..<index + 4, with: [0, 0, 0xC0, 0x7F])
        }
        try write(bytes, to: name)
    }

    /// Expects what the workspace held from the beginning to be there and sound.
    func expectEarlierData(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let list = try run("corpus", "list", "--json")
        #expect(list.status == 0, "\(list.errors)", sourceLocation: sourceLocation)
        let names = try list.array().compactMap { $0["name"] as? String }
        #expect(
            names == ["labelled", "text"], "\(names)", sourceLocation: sourceLocation)
        let shown = try run("corpus", "show", "text", "--count", "100", "--json")
        #expect(try shown.objects().count == 40, sourceLocation: sourceLocation)
        let generated = try run(
            "generate", "--model", Self.gpt, "--prompt", "The", "--tokens", "2")
        #expect(generated.status == 0, "\(generated.errors)", sourceLocation: sourceLocation)
    }

    /// Runs a shell command in which `sesame` is the program; for redirections and limits.
    func shell(_ command: String) throws -> CommandResult {
        let quoted = "'" + (try Self.binary().path) + "'"
        return try run(
            program: URL(fileURLWithPath: "/bin/sh"),
            ["-c", "sesame() { \(quoted) \"$@\"; }\n" + command], input: Data())
    }
}
