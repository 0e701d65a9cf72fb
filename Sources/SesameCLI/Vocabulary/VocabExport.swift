import ArgumentParser
import Foundation
import Sesame

struct VocabExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a vocabulary to a file.",
        discussion: """
            Examples:
              sesame vocab export novels tokenizer.json
              sesame vocab export novels vocab.txt
              sesame vocab export gpt2 tokenizer.json        # a folder with vocab.json and merges.txt

            A .json file holds the whole tokenizer, as Hugging Face's tokenizer.json; a .txt file has a \
            token a line, as BERT's vocab.txt, and leaves out how text is normalized and split.
            """
    )

    @Argument(help: "The name of the vocabulary, or a tokenizer's file or folder.")
    var name: String

    @Argument(help: "The file to write, ending in .json or .txt.")
    var file: String

    @Flag(help: "For a bare vocab.txt: the vocabulary is uncased (lower case, no accents).")
    var lowercase = false

    @Flag(help: "Replace the file.")
    var force = false

    @OptionGroup var workspace: WorkspaceOptions

    func validate() throws {
        if !file.hasSuffix(".json") && !file.hasSuffix(".txt") {
            throw ValidationError("The file's name must end in .json or .txt, not as in \(file).")
        }
    }

    func run() throws {
        let tokenizer = try TokenizerOptions.load(name, lowercase: lowercase, from: workspace)
        let url = URL(fileURLWithPath: file)
        if !force && FileManager.default.fileExists(atPath: url.path) {
            throw CommandError(
                "\(file) exists already: choose another name, or replace it with --force")
        }
        if file.hasSuffix(".json") {
            try tokenizer.save(to: url)
        } else {
            try tokenizer.vocabulary.write(to: url)
        }
        StandardOutput.line("Wrote \(tokenizer.vocabulary.count.counted("token")) to \(file).")
        NextCommand.suggest("tokenize", "encode", "--tokenizer", file)
    }
}
