import Foundation
import SesameStore
import Testing

@Suite struct ImportTests {
    let folder: TemporaryFolder
    let workspace: Workspace

    init() throws {
        folder = try TemporaryFolder()
        workspace = try folder.workspace()
    }

    @Test(arguments: [
        (TextUnit.paragraph, "a\nb\n\nc\n", ["a\nb", "c"]),
        (.paragraph, "\n\n a\n \t\n\u{3000}\nb", [" a", "b"]),
        (.paragraph, "a\r\nb\r\n\r\nc\r\n", ["a\nb", "c"]),
        (.line, "a\n\n b \nc", ["a", " b ", "c"]),
        (.line, "a\r\nb\r\r\n", ["a", "b\r"]),
        (.file, "a\n\nb\n", ["a\n\nb\n"]),
        (.file, "a\r\nb", ["a\nb"]),
        (.file, "\u{FEFF}a\u{FEFF}\n", ["a\u{FEFF}\n"]),
        (.line, "\u{FEFF}a\nb\n", ["a", "b"]),
        (.line, "a\0b\n", ["a\0b"]),
    ])
    func text(unit: TextUnit, content: String, expected: [String]) throws {
        let path = try folder.write("t.txt", content)
        let summary = try workspace.importCorpus(
            name: "c", from: CorpusSource(.text(unit: unit), paths: [path]))
        // Compared as bytes: strings would be equal by canonical equivalence.
        #expect(try workspace.texts("c").map { Array($0.utf8) } == expected.map { Array($0.utf8) })
        #expect(summary.documentCount == expected.count)
        #expect(summary.byteCount == expected.reduce(0) { $0 + $1.utf8.count })
        #expect(summary.characterCount == expected.reduce(0) { $0 + $1.unicodeScalars.count })
    }
}
