import Foundation
import SesameText
import Testing

@Suite("README")
struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("the first example in Swift compiles, runs, and stands in the README as it is here")
    func firstExample() throws {
        let path = Self.root.appendingPathComponent("vocab/english-wordpiece.json").path
        // The lines between the marks are those of the README, but for the path of the file.
        // begin
        let tokenizer = try Tokenizer.load(URL(fileURLWithPath: path))
        let encoding = tokenizer.encode("The lighthouse keeper waved.")
        // end
        #expect(encoding.tokens.first == "[CLS]")
        #expect(encoding.offsets.contains(4..<14))

        let readme = try String(
            contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
        let source = try String(contentsOf: URL(fileURLWithPath: #filePath), encoding: .utf8)
        let lines = source.components(separatedBy: "// begin\n")[1]
            .components(separatedBy: "// end\n")[0].split(separator: "\n")
        for line in lines {
            let expected = line.trimmingCharacters(in: .whitespaces)
                .replacingOccurrences(
                    of: "Path: path", with: "Path: \"vocab/english-wordpiece.json\"")
            guard !expected.isEmpty else { continue }
            #expect(readme.contains(expected), "not in README.md: \(expected)")
        }
    }

    @Test("every command of the README parses")
    func commands() throws {
        let readme = try String(
            contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
        let joined = readme.replacingOccurrences(of: "\\\n", with: " ")
        let commands = joined.split(separator: "\n")
            .compactMap { line in line.range(of: "sesame ").map { (line, $0) } }
            .filter { line, range in
                line.hasPrefix("    ")
                    && (line[..<range.lowerBound].hasSuffix("    ")
                        || line[..<range.lowerBound].hasSuffix("| "))
            }
            .map { line, range in String(line[range.upperBound...]) }
            .filter { !$0.hasPrefix("(") }
        #expect(commands.count > 10)
        for command in commands {
            // Wrong usage ends with 64 before anything else is looked at; the empty folder then has
            // nothing to work on.
            let result = try Sandbox().run(
                Self.words(command)
                    + ["--workspace", "none.sqlite"]
                    .filter { _ in Self.takesWorkspace(command) }, input: Data())
            #expect(result.status != 64, "\(command): \(result.errors)")
        }
    }

    private static func takesWorkspace(_ command: String) -> Bool {
        ![
            "generate", "fill-mask", "predict", "embed", "model", "translate", "evaluate suite",
            "explain", "vectors",
        ]
        .contains { command.hasPrefix($0) }
    }

    /// The words of a command line, single quotes respected.
    private static func words(_ line: String) -> [String] {
        line.components(separatedBy: "'").enumerated().flatMap { index, part in
            index.isMultiple(of: 2)
                ? part.split(separator: " ").map(String.init) : [part]
        }
    }
}
