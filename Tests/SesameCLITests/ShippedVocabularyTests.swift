import Foundation
import Testing

@Suite("Shipped vocabularies")
struct ShippedVocabularyTests {
    /// Chinese words are left out: their boundaries differ between versions of ICU.
    @Test("the commands of vocab/README.md make what is shipped")
    func rebuilding() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let sandbox = try Sandbox()
        let process = Process()
        process.executableURL = root.appendingPathComponent("vocab/rebuild")
        process.arguments = [sandbox.folder.path]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["SESAME": try Sandbox.binary().path], uniquingKeysWith: { $1 })
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        for name in [
            "english-characters.json", "english-wordpiece.json", "english-wordpiece.txt",
        ] {
            let shipped = try Data(contentsOf: root.appendingPathComponent("vocab/\(name)"))
            let rebuilt = try Data(contentsOf: sandbox.folder.appendingPathComponent(name))
            #expect(shipped == rebuilt, "\(name) differs: run vocab/rebuild and commit the result")
        }
    }
}
