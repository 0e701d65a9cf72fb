import Foundation
import Testing

/// What one run of the program left behind.
struct CommandResult {
    let status: Int32
    let output: String
    let errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// Standard output as one JSON object.
    func object() throws -> [String: Any] { try Self.object(output) }

    /// Standard output as one JSON object a line.
    func objects() throws -> [[String: Any]] { try lines.map(Self.object) }

    /// Standard output as one JSON array of objects.
    func array() throws -> [[String: Any]] {
        try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]])
    }

    private static func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }
}

/// A folder of its own in which the built program runs; removed at the end.
final class Sandbox: Sendable {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Writes a file and gives back its name.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        return name
    }

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    /// Runs `sesame` in the folder, with `input` as its standard input, and waits for it.
    func run(_ arguments: String..., input: String = "") throws -> CommandResult {
        try run(arguments, input: Data(input.utf8))
    }

    /// - Parameters:
    ///   - program: What to run instead of `sesame`.
    ///   - interruptingAt: Once standard error holds this text, the program gets the signal.
    ///   - signal: Ctrl-C unless told otherwise.
    ///   - before: Called at that moment, before the signal.
    func run(
        program: URL? = nil, _ arguments: [String], input: Data,
        interruptingAt moment: String? = nil, signal: Int32 = SIGINT,
        before: () throws -> Void = {}
    ) throws -> CommandResult {
        // Files instead of pipes: no output is too large for them.
        let number = UUID().uuidString
        let names = ["input", "output", "errors"].map {
            folder.appendingPathComponent(".\(number).\($0)")
        }
        defer { for name in names { try? FileManager.default.removeItem(at: name) } }
        try input.write(to: names[0])
        for name in names[1...] { try Data().write(to: name) }

        let process = Process()
        process.executableURL = try program ?? Self.binary()
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardInput = try FileHandle(forReadingFrom: names[0])
        process.standardOutput = try FileHandle(forWritingTo: names[1])
        process.standardError = try FileHandle(forWritingTo: names[2])
        try process.run()
        if let moment {
            while process.isRunning,
                try !String(contentsOf: names[2], encoding: .utf8).contains(moment)
            {
                Thread.sleep(forTimeInterval: 0.005)
            }
            // Whatever happens in between, the process does not outlive the test.
            defer { if process.isRunning { kill(process.processIdentifier, signal) } }
            try before()
        }
        process.waitUntilExit()
        return CommandResult(
            status: process.terminationStatus,
            output: String(decoding: try Data(contentsOf: names[1]), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: names[2]), as: UTF8.self))
    }

    /// The program lies beside the test bundle, wherever that was built.
    static func binary() throws -> URL {
        var candidates = [Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent()]
        #if os(macOS)
            candidates += Bundle.allBundles.filter { $0.bundlePath.hasSuffix(".xctest") }
                .map { $0.bundleURL.deletingLastPathComponent() }
        #endif
        let binary = candidates.map { $0.appendingPathComponent("sesame") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        return try #require(binary, "no sesame beside \(Bundle.main.bundleURL.path)")
    }
}

/// One line on standard error, nothing on standard output, and the exit status of a failure.
func expectFailure(
    _ result: CommandResult, mentioning fragments: String...,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(result.status == 1, "\(result.errors)", sourceLocation: sourceLocation)
    let lines = result.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(result.errors)", sourceLocation: sourceLocation)
    for fragment in fragments {
        #expect(
            result.errors.contains(fragment), "\(fragment) is not in: \(result.errors)",
            sourceLocation: sourceLocation)
    }
}
