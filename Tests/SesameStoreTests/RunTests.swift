import Foundation
import SesameStore
import Testing

@Suite struct RunTests {
    let folder: TemporaryFolder
    let workspace: Workspace

    init() throws {
        folder = try TemporaryFolder()
        workspace = try folder.workspace()
    }

    @Test func aRunsLife() throws {
        let run = try workspace.createRun(kind: "pretrain gpt", configuration: #"{"layers":4}"#)
        #expect(try workspace.run(id: run.id).status == .running)
        #expect(try workspace.run(id: run.id).lastStep == nil)
        for step in 0..<300 {
            try run.log(step: step, split: "train", ["loss": 5 - Double(step) / 100, "rate": 0.5])
        }
        try run.log(step: 250, split: "validation", name: "loss", value: 2.75)
        try run.log(step: 299, split: "train", name: "norm", value: .nan)
        try run.log(step: 298, split: "train", name: "norm", value: .infinity)
        try run.addCheckpoint(path: "runs/100", step: 100)
        try run.addCheckpoint(path: "runs/200", step: 200, metric: "loss", value: 3)
        try run.addSample(step: 200, prompt: "To be", text: "To be or not")
        try run.finish(.finished, message: "done")

        let summary = try workspace.run(id: run.id)
        #expect(summary.status == .finished)
        #expect(summary.message == "done")
        #expect(summary.configuration == #"{"layers":4}"#)
        #expect(summary.finishedAt != nil)
        #expect(summary.lastStep == 299)
        #expect(summary.lastCheckpoint == "runs/200")
        let last = summary.lastMetrics.map { "\($0.split) \($0.name) \($0.step) \($0.value)" }
        #expect(
            last == [
                "train loss 299 2.01", "validation loss 250 2.75", "train norm 299 nan",
                "train rate 299 0.5",
            ])

        let losses = try workspace.metrics(run: run.id, name: "loss", split: "train")
        #expect(losses.map(\.step) == Array(0..<300))
        #expect(losses[250].value == 2.5)
        #expect(
            try workspace.metrics(run: run.id, name: "norm").map(\.value.isNaN) == [false, true])
        #expect(try workspace.checkpoints(run: run.id).map(\.path) == ["runs/100", "runs/200"])
        #expect(try workspace.checkpoints(run: run.id)[1].value == 3)
        #expect(try workspace.samples(run: run.id).map(\.text) == ["To be or not"])

        try run.removeCheckpoint(path: "runs/100")
        #expect(try workspace.checkpoints(run: run.id).map(\.step) == [200])
    }

    @Test func resuming() throws {
        let run = try workspace.createRun(kind: "k", configuration: "{}")
        for step in 0..<10 {
            try run.log(step: step, split: "train", name: "loss", value: Double(step))
            try run.addSample(step: step, prompt: "", text: "\(step)")
        }
        try run.addCheckpoint(path: "five", step: 5)
        try run.finish(.interrupted)
        let again = try workspace.resumeRun(id: run.id, afterStep: 5)
        #expect(try workspace.run(id: run.id).status == .running)
        try again.log(step: 6, split: "train", name: "loss", value: 60)
        try again.log(step: 6, split: "train", name: "loss", value: 61)
        try again.flush()
        let values = try workspace.metrics(run: run.id).map(\.value)
        #expect(values == [0, 1, 2, 3, 4, 5, 61])
        #expect(try workspace.samples(run: run.id).count == 6)
        #expect(try workspace.checkpoints(run: run.id).count == 1)
    }

    @Test func lists() throws {
        let first = try workspace.createRun(kind: "a", configuration: "{}")
        let second = try workspace.createRun(kind: "b", configuration: "{}")
        try first.finish(.failed, message: "no memory")
        #expect(try workspace.runs().map(\.id) == [second.id, first.id])
        #expect(try workspace.runs().map(\.status) == [.running, .failed])
        #expect(
            failure { _ = try workspace.metrics(run: 99) }.message
                == "no run '99': there is \(second.id), \(first.id)")
        try first.log(step: 0, split: "train", name: "loss", value: 1)
        try first.flush()
        try workspace.deleteRun(id: first.id)
        #expect(try workspace.rowCount("metric") == 0)
        let third = try workspace.createRun(kind: "c", configuration: "{}")
        #expect(third.id == 3)
    }

    @Test func artifacts() throws {
        let run = try workspace.createRun(kind: "k", configuration: "{}")
        let other = try workspace.createRun(kind: "k", configuration: "{}")
        try run.attach(name: "confusion", json: Data(#"{"labels":["a"],"counts":[[1]]}"#.utf8))
        try run.attach(name: "b", json: Data("[1, \"<é>\"]".utf8))
        try run.attach(name: "confusion", json: Data("{}".utf8))
        try other.attach(name: "b", json: Data("2".utf8))
        let found = try workspace.artifacts(run: run.id)
        #expect(found.map(\.name) == ["b", "confusion"])
        #expect(found.map { String(decoding: $0.json, as: UTF8.self) } == ["[1, \"<é>\"]", "{}"])
        for bad in [Data("{".utf8), Data(), Data([0x22, 0xFF, 0x22])] {
            #expect(failure { try run.attach(name: "x", json: bad) }.code == .invalidJSON)
        }
        #expect(failure { try run.attach(name: "", json: Data("1".utf8)) }.code == .invalidName)
        #expect(try workspace.artifacts(run: run.id).count == 2)
        #expect(failure { _ = try workspace.artifacts(run: 9) }.code == .notFound)
        try workspace.deleteRun(id: run.id)
        #expect(try workspace.rowCount("runArtifact") == 1)
    }
}
