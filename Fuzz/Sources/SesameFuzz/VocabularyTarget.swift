import Foundation
import SesameText

extension FuzzTarget {
    /// A `vocab.txt`, which then encodes and decodes itself.
    static let vocabulary = FuzzTarget(name: "vocabulary") { input in
        let url = Scratch.write(input, to: "vocab.txt")
        if let vocabulary = refusing(with: TextError.self, { try Vocabulary.load(url) }) {
            for id in 0..<Int32(vocabulary.count) {
                let found = vocabulary.withBytes(of: id) { vocabulary.id(of: $0) }
                precondition(found == id, "token \(id) is found as \(String(describing: found))")
            }
            let copy = Scratch.folder.appendingPathComponent("copy.txt")
            if refusing(with: TextError.self, { try vocabulary.write(to: copy) }) != nil {
                let again = refusing(with: TextError.self) { try Vocabulary.load(copy) }
                // A first token that begins with a byte order mark loses it; nothing else may change.
                let hasMark = vocabulary.withBytes(of: 0) { $0.starts(with: [0xEF, 0xBB, 0xBF]) }
                precondition(again == vocabulary || hasMark, "the vocabulary changed")
            }
        }
        let text = String(decoding: input.prefix(512), as: UTF8.self)
        for lowercase in [false, true] {
            guard
                let tokenizer = refusing(
                    with: TextError.self, { try Tokenizer.load(url, lowercase: lowercase) })
            else { continue }
            _ = tokenizer.decode(tokenizer.encode(text).ids)
        }
    }
}
