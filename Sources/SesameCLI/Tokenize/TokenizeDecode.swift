import ArgumentParser
import Foundation
import Sesame

struct TokenizeDecode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Turn lines of token ids into text.",
        discussion: """
            Example:  echo '101 7592 2088 102' | sesame tokenize decode --tokenizer vocab.txt

            A line holds ids between spaces or commas, a JSON array of them, or an object with ids as \
            'sesame tokenize encode --json' prints it.
            """
    )

    @OptionGroup var tokenizer: TokenizerOptions

    @Argument(help: "A file of lines to read; '-' is standard input.")
    var file = "-"

    @Flag(help: "Print special tokens too.")
    var specialTokens = false

    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        let tokenizer = try tokenizer.load(from: workspace)
        var reader = try LineReader(path: file)
        var output = BufferedOutput()
        var number = 0
        while let line = try reader.next() {
            number += 1
            let ids = try ids(in: line, number: number, size: tokenizer.vocabulary.count)
            let text = tokenizer.decode(ids, skipSpecialTokens: !specialTokens)
            output.line(format.json ? try JSON.line(Record(text: text)) : text)
            if !reader.hasBufferedLine { output.flush() }
        }
    }

    private struct Record: Encodable {
        let text: String
    }

    private struct EncodedLine: Decodable {
        let ids: [Int32]
    }

    private func ids(in line: String, number: Int, size: Int) throws -> [Int32] {
        let place = "\(file == "-" ? "standard input" : file):\(number)"
        let ids: [Int32]?
        switch line.utf8.first(where: { $0 != UInt8(ascii: " ") }) {
        case UInt8(ascii: "{"):
            ids = try? JSONDecoder().decode(EncodedLine.self, from: Data(line.utf8)).ids
        case UInt8(ascii: "["):
            ids = try? JSONDecoder().decode([Int32].self, from: Data(line.utf8))
        default:
            let words = line.split { $0 == " " || $0 == "," || $0 == "\t" }
            let numbers = words.compactMap { Int32($0) }
            ids = numbers.count == words.count ? numbers : nil
        }
        guard let ids else {
            throw CommandError(
                "\(place): expected token ids between spaces, a JSON array or an object with ids")
        }
        if let outside = ids.first(where: { $0 < 0 || Int($0) >= size }) {
            throw CommandError(
                "\(place): the vocabulary has ids from 0 to \(size - 1), found \(outside)")
        }
        return ids
    }
}
