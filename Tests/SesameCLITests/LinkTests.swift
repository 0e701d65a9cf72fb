import Foundation
import Testing

@Suite("What programs are linked with")
struct LinkTests {
    /// Names that stand in a binary which holds SQLite, GRDB or the kernels, or links to them: symbols
    /// keep their names, and so do dynamic libraries.
    static let traces = ["sqlite3_step", "sesame_gemm", "sesame_set_thread_count", "GRDB"]

    @Test("a program that imports SesameText alone holds neither SQLite nor the kernels")
    func textAlone() throws {
        let sesame = try Sandbox.binary()
        let probe = sesame.deletingLastPathComponent().appendingPathComponent("SesameTextProbe")
        let (whole, text) = (try Data(contentsOf: sesame), try Data(contentsOf: probe))
        for trace in Self.traces {
            // The command line has them all: the search would find them.
            #expect(whole.range(of: Data(trace.utf8)) != nil, "no \(trace) in \(sesame.path)")
            #expect(text.range(of: Data(trace.utf8)) == nil, "\(trace) in \(probe.path)")
        }
        #expect(text.range(of: Data("libsqlite3".utf8)) == nil)
        // Names of this module are in the binary too, so that it is the right file.
        #expect(text.range(of: Data("SesameText".utf8)) != nil)

        let process = Process()
        let pipe = Pipe()
        process.executableURL = probe
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(String(decoding: output, as: UTF8.self) == "[CLS] text ##s [SEP]\n")
    }
}
