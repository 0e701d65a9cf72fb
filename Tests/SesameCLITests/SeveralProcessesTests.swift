import Foundation
import Synchronization
import Testing

/// Processes that share a workspace or a model folder, and processes that were killed.
@Suite("bad input: several processes")
struct SeveralProcessesTests {
    private static let endless =
        ["pretrain", "gpt", "text", "--tokenizer", "letters", "--output", "m"]
        + ["--steps", "100000000", "--evaluate-every", "0", "--layers", "1", "--heads", "2"]
        + ["--width", "16", "--context", "24", "--batch", "4", "--threads", "1"]

    @Test("several may read, and writers take turns")
    func sharedWorkspace() throws {
        let sandbox = try Sandbox.prepared()
        try sandbox.write(
            String(repeating: "A line of text that goes on for a while.\n", count: 5000),
            to: "long.txt")
        let commands =
            (1...3).map { ["corpus", "import", "new\($0)", "long.txt", "--unit", "line", "-q"] }
            + (1...3).map { _ in ["corpus", "show", "text", "--count", "5"] }
        let results = Mutex([CommandResult]())
        DispatchQueue.concurrentPerform(iterations: commands.count) { index in
            guard let result = try? sandbox.run(commands[index], input: Data()) else { return }
            results.withLock { $0.append(result) }
        }
        let all = results.withLock { $0 }
        #expect(all.count == 6)
        for result in all { #expect(result.status == 0, "\(result.errors)") }
        let corpora = try sandbox.run("corpus", "list", "--json").array()
        #expect(
            corpora.filter { $0["documents"] as? Int == 5000 }.count == 3, "\(corpora)")
    }

    @Test("a second trainer is refused; after a kill -9 the next goes on")
    func secondTrainer() throws {
        let sandbox = try Sandbox.prepared()
        let first = try sandbox.run(
            Self.endless + ["--checkpoint-every", "5"], input: Data(), interruptingAt: "Training",
            signal: SIGKILL
        ) {
            let second = try sandbox.run(Self.endless + ["--resume", "--quiet"], input: Data())
            second.expectOneLine(mentioning: ["m.checkpoints", "another run"])
            // Reading goes on meanwhile.
            #expect(try sandbox.run("runs", "list").status == 0)
            while !sandbox.hasCheckpoint("m") { Thread.sleep(forTimeInterval: 0.01) }
        }
        #expect(first.status == SIGKILL)
        let again = try sandbox.run(
            Self.endless + ["--checkpoint-every", "5", "--resume"], input: Data(),
            interruptingAt: "continuing after step")
        #expect(again.status == 130, "\(again.errors)")
        try sandbox.expectEarlierData()
    }

    /// Stops a short run before its end, so that there are two checkpoints and no model folder.
    private static func interrupted() throws -> (sandbox: Sandbox, command: [String]) {
        let sandbox = try Sandbox.prepared()
        let command =
            ["pretrain", "gpt", "text", "--tokenizer", "letters", "--output", "m", "--steps", "6"]
            + ["--checkpoint-every", "2", "--evaluate-every", "0"] + Sandbox.small
        let result = try sandbox.run(command, input: .init())
        try #require(result.status == 0, "\(result.errors)")
        try sandbox.remove("m")
        return (sandbox, command + ["--resume"])
    }

    private static let files = [
        "state.json", "checksums.json", "model.safetensors", "optimizer.safetensors",
    ]

    @Test("a damaged checkpoint is passed over for the one before", arguments: files)
    func damagedCheckpoint(_ name: String) throws {
        let (sandbox, command) = try Self.interrupted()
        let file = "m.checkpoints/step-00000006/\(name)"
        try sandbox.truncate(file, to: sandbox.read(file).count / 2)
        // What a process leaves that is killed while it writes the next, and while it replaces one.
        try sandbox.write(Data(), to: "m.checkpoints/.step-00000008.999999.tmp/model.safetensors")
        let result = try sandbox.run(command, input: .init())
        #expect(result.status == 0 && sandbox.exists("m/model.safetensors"), "\(result.errors)")
    }

    private static let refused: [BadInput] = [
        BadInput("all checkpoints damaged", [], says: "step-00000006", "checksum", "delete it") {
            for step in ["4", "6"] {
                try $0.truncate("m.checkpoints/step-0000000\(step)/model.safetensors", to: 50)
            }
        },
        BadInput("another vocabulary", [], says: "step-00000006", "vocabulary (expected ", "found")
        {
            _ = try $0.run(
                "vocab", "build", "letters", "--corpus", "labelled", "--kind", "character",
                "--force")
        },
        BadInput("another corpus", [], says: "step-00000006", "corpus", "expected ", "found") {
            _ = try $0.run("corpus", "import", "text", "table.tsv", "--force")
        },
    ]

    @Test("a resume that would not be the same run is refused", arguments: refused)
    func refusedResume(_ row: BadInput) throws {
        let (sandbox, command) = try Self.interrupted()
        try row.damage(sandbox)
        let result = try sandbox.run(command, input: .init())
        result.expectOneLine(mentioning: row.mentions)
        #expect(!sandbox.exists("m"))
    }
}

extension Sandbox {
    fileprivate func hasCheckpoint(_ model: String) -> Bool {
        let folder = folder.appendingPathComponent("\(model).checkpoints").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.contains { $0.hasPrefix("step-") }
    }
}
