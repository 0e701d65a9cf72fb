// Prints the tokens of each line of a text, with their ids and where they stand in the line.
//
//     swift run TokenizeOnly                                # a sentence and a vocabulary of its own
//     echo "Hello, world!" | swift run TokenizeOnly vocab.txt
//
// The argument is a BERT vocab.txt (taken as uncased) or a tokenizer.json.

import Foundation
import SesameText

@main
struct TokenizeOnly {
    static func main() {
        do {
            if let path = CommandLine.arguments.dropFirst().first {
                let tokenizer = try Tokenizer.load(URL(fileURLWithPath: path), lowercase: true)
                while let line = readLine() { show(line, by: tokenizer) }
            } else {
                show("Café owners aren't unaffable!", by: try smallTokenizer())
            }
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            exit(1)
        }
    }

    /// A vocabulary is an ordered list of tokens; "##" marks those which continue a word.
    static func smallTokenizer() throws -> Tokenizer {
        let tokens = [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cafe", "own", "##er", "##s", "aren", "'",
            "t", "un", "##aff", "##able", "!",
        ]
        return try .wordPiece(vocabulary: Vocabulary(tokens: tokens), lowercase: true)
    }

    static func show(_ line: String, by tokenizer: Tokenizer) {
        let encoding = tokenizer.encode(line)
        // Offsets are bytes of the line's UTF-8; `ranges(in:)` turns them into string indices, which
        // cut out the very text a token stands for: "Café" for "cafe".
        let ranges = encoding.ranges(in: line)
        for (position, token) in encoding.tokens.enumerated() {
            print("\(encoding.ids[position])\t\(token)\t\(line[ranges[position]])")
        }
        print("decoded: \(tokenizer.decode(encoding.ids))")
    }
}
