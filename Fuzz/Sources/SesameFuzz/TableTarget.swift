import Foundation

@testable import SesameStore

extension FuzzTarget {
    /// A file of documents, read in every format: tab- and comma-separated with and without a
    /// header, JSON lines, text, labelled lines, tagged words, and SQuAD's JSON.
    ///
    /// The readers are called without the database around them, which would take all the time. The
    /// small buffer makes every boundary between two reads happen.
    static let table = FuzzTarget(name: "table") { input in
        let path = Scratch.write(input, to: "table.tsv").path
        for (format, strict) in formats {
            refusing(with: StoreError.self) {
                let lines = try LineReader(path: path, bufferByteCount: strict ? 7 : 1 << 16)
                var reader = try format.reader(of: lines, strictUTF8: strict)
                while var document = try reader.next() {
                    _ = try TextBridge.repair(
                        &document.text, strict: strict, path: path, position: document.position)
                    precondition(
                        String(validating: document.text, as: UTF8.self) != nil,
                        "a document that is not UTF-8")
                    _ = document.text.isBlank
                    _ = TextBridge.characterCount(document.text)
                }
            }
        }
    }

    private static let formats: [(CorpusFormat, strict: Bool)] = {
        let named = Columns(text: "text", pair: "pair", label: "label", split: "split")
        let numbered = Columns(text: 1, label: 2)
        let endings = Columns(text: "text", endings: ["pair", "label"], stem: "split")
        return [
            (.tsv(Columns(text: "text"), header: true), false), (.tsv(named, header: true), true),
            (.tsv(numbered, header: false), true), (.csv(named, header: true), true),
            (.csv(numbered, header: false), false), (.jsonl(named), true),
            (.jsonl(Columns(text: "text", label: "label")), false),
            (.tsv(endings, header: true), false), (.squad, true), (.squad, false),
            (.jsonl(Columns(text: "text", endings: ["endings"])), false),
            (.text(unit: .paragraph), false), (.text(unit: .line), true),
            (.text(unit: .file), true), (.labelledLines, false), (.conll(TaggedColumns()), true),
            (.conll(TaggedColumns(word: 2, tag: 1, scheme: nil)), false),
        ]
    }()
}
