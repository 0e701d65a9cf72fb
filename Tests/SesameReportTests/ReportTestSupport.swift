import Foundation
import SesameReport
import SesameStore

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Whether a document is well-formed XML.
func wellFormed(_ text: String) throws -> Bool {
    let parser = XMLParser(data: Data(text.utf8))
    return parser.parse()
}

/// The texts of a document's elements of one name, tags within them left out.
final class ElementTexts: NSObject, XMLParserDelegate {
    private let name: String
    private var depth = 0
    private(set) var texts: [String] = []

    init(_ name: String, in document: String) {
        self.name = name
        super.init()
        let parser = XMLParser(data: Data(document.utf8))
        parser.delegate = self
        _ = parser.parse()
    }

    func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String] = [:]
    ) {
        guard element == name else { return }
        if depth == 0 { texts.append("") }
        depth += 1
    }

    func parser(
        _ parser: XMLParser, didEndElement element: String, namespaceURI: String?,
        qualifiedName: String?
    ) {
        if element == name { depth -= 1 }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        if depth > 0 { texts[texts.count - 1] += string }
    }
}

/// A workspace of its own; removed with the test.
final class TemporaryWorkspace {
    let workspace: Workspace
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-report-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        workspace = try Workspace(path: folder.appendingPathComponent("w.sqlite").path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// A finished run with losses that fall from `start` to `end` in a hundred steps.
    func addRun(
        kind: String = "pretrain gpt", configuration: String, from start: Double, to end: Double,
        then body: (Run) throws -> Void = { _ in }
    ) throws -> Int64 {
        let run = try workspace.createRun(kind: kind, configuration: configuration)
        for step in stride(from: 0, through: 100, by: 5) {
            let loss = start + (end - start) * Double(step) / 100
            try run.log(
                step: step, split: "train",
                ["loss": loss, "learningRate": 1e-3, "tokensPerSecond": 1000])
        }
        for (index, step) in [25, 50, 75, 100].enumerated() {
            // The third evaluation is the best.
            let loss = end + [0.5, 0.25, 0.125, 0.2][index]
            try run.log(
                step: step, split: "validation",
                ["loss": loss, "accuracy": 1 - loss / 10, "majorityAccuracy": 0.5])
        }
        try body(run)
        try run.finish(.finished)
        return run.id
    }
}
