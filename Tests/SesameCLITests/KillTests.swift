import Foundation
import Sesame
import Testing

/// Runs that are killed or interrupted again and again end as one that never stopped.
///
/// The moments are steps drawn by a seed: the signal is sent once the program has told of that step, wherever
/// it then is. `Benchmarks/resume/kill_and_resume.py` does the same at random times.
@Suite("Killed and resumed")
struct KillTests {
    enum Training: String, CaseIterable {
        case gpt, bert, classify

        var arguments: [String] {
            let steps = ["--steps", "100", "--evaluate-every", "5", "--checkpoint-every", "12"]
            let sizes = TrainingCommandTests.small
            switch self {
            case .gpt:
                return ["pretrain", "gpt", "text", "--tokenizer", "letters", "--dropout", "0.1"]
                    + steps + sizes
            case .bert:
                return ["pretrain", "bert", "text", "--tokenizer", "pieces", "--dropout", "0.1"]
                    + steps + sizes
            case .classify:
                return [
                    "finetune", "classify", "labelled", "--model", "models/base", "--batch", "4",
                    "--early-stopping", "1000",
                ] + steps
            }
        }
    }

    /// All that must be equal: the weights, and every recorded metric but speeds.
    private struct Outcome: Equatable {
        let weights: Data
        let metrics: [Metric]

        init(_ sandbox: Sandbox, _ model: String) throws {
            let url = sandbox.folder.appendingPathComponent("models/\(model)/model.safetensors")
            weights = try Data(contentsOf: url)
            let path = sandbox.folder.appendingPathComponent("sesame.sqlite").path
            let workspace = try Workspace(path: path)
            let folder = try TrainedModelFolder(url.deletingLastPathComponent())
            let run = try #require(folder.record.run)
            #expect(try workspace.run(id: run).status == .finished)
            metrics = try workspace.metrics(run: run).filter { $0.name != "tokensPerSecond" }
        }
    }

    @Test(
        arguments: [
            (.gpt, SIGKILL), (.bert, SIGKILL), (.classify, SIGKILL), (.gpt, SIGINT),
            (.classify, SIGINT),
        ] as [(Training, Int32)])
    func endsTheSame(_ training: Training, signal: Int32) throws {
        let sandbox = try TrainingCommandTests.prepared()
        if training == .classify {
            let base = try sandbox.run(
                ["pretrain", "bert", "text", "--tokenizer", "pieces", "--steps", "2"]
                    + TrainingCommandTests.small + ["--output", "models/base"], input: Data())
            try #require(base.status == 0, "\(base.errors)")
        }
        let whole = try sandbox.run(
            training.arguments + ["--output", "models/whole"], input: Data())
        try #require(whole.status == 0, "\(whole.errors)")

        let arguments = training.arguments + ["--output", "models/parts", "--resume"]
        var generator = RandomGenerator(seed: UInt64(training.rawValue.utf8.count))
        var stops = 0
        var step = 0
        while step < 70 {
            step += 5 * (2 + generator.next(below: 6))
            let part = try sandbox.run(
                arguments, input: Data(), interruptingAt: "step \(step):", signal: signal)
            if part.status == 0 { break }
            #expect(part.status == (signal == SIGINT ? 130 : signal), "\(part.errors)")
            stops += 1
            #expect(part.errors.contains("--resume") == (signal == SIGINT))
            #expect(!sandbox.exists("models/parts"))
            let run = try sandbox.run("runs", "list", "--json").array()[0]
            #expect(run["status"] as? String == "interrupted")
        }
        #expect(stops > 0)
        // A run that is over is left as it is.
        for _ in 0..<2 {
            let end = try sandbox.run(arguments, input: Data())
            #expect(end.status == 0, "\(end.errors)")
        }
        #expect(try Outcome(sandbox, "parts") == Outcome(sandbox, "whole"))
        let left = try FileManager.default.contentsOfDirectory(
            atPath: sandbox.folder.appendingPathComponent("models/parts.checkpoints").path)
        #expect(left.allSatisfy { $0.hasPrefix("step-") }, "\(left)")
    }

    @Test("a corpus of other content is refused")
    func otherContent() throws {
        let sandbox = try TrainingCommandTests.prepared()
        let arguments = Training.gpt.arguments
        let first = try sandbox.run(
            arguments, input: Data(), interruptingAt: "step 15:", signal: SIGKILL)
        #expect(first.status == SIGKILL)
        let text = sandbox.folder.appendingPathComponent("text.txt")
        let changed = try String(contentsOf: text, encoding: .utf8)
            .replacingOccurrences(of: "fox sat", with: "fox ran")
        try sandbox.write(changed, to: "text.txt")
        let again = try sandbox.run("corpus", "import", "text", "text.txt", "--force")
        try #require(again.status == 0, "\(again.errors)")
        expectFailure(
            try sandbox.run(arguments + ["--resume", "--quiet"], input: Data()),
            mentioning: "another corpus's train documents (expected ", ", found ", "start afresh")
    }
}
