import Foundation
import GRDB
import SesameStore
import SesameTraining
import Testing

@Suite struct LockedWorkspaceTests {
    /// Another process may import for longer than a trainer waits.
    @Test func aLockedWorkspaceDoesNotEndTheTraining() throws {
        let fixture = try Fixture()
        try fixture.importStories()
        let path = fixture.workspace.path
        let impatient = try Workspace(path: path, busyTimeoutSeconds: 0.02)
        var options = GPTPretrainingOptions()
        options.layerCount = 1
        options.headCount = 1
        options.hiddenSize = 8
        options.contextLength = 8
        options.training.limit = .steps(40)
        options.training.evaluationInterval = 5
        var configuration = GRDB.Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: path, configuration: configuration)
        func execute(_ sql: String) throws {
            try other.inDatabase { db in try db.execute(sql: sql) }
        }
        let result = try pretrainGPT(
            workspace: impatient, corpus: "stories", tokenizer: fixture.wordPiece,
            options: options, output: fixture.model("m")
        ) { event in
            guard case .step(let report) = event else { return }
            if report.step == 3 { try execute("BEGIN IMMEDIATE") }
            if report.step == 33 { try execute("COMMIT") }
        }
        let losses = try impatient.metrics(run: result.run, name: "loss", split: "train")
        #expect(losses.map(\.step) == Array(1...40))
        #expect(try impatient.run(id: result.run).status == .finished)
        #expect(try impatient.checkpoints(run: result.run).map(\.step).suffix(2) == [35, 40])
    }
}
