import ArgumentParser

@main
struct SesameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sesame", abstract: "From raw text to a trained, fine-tuned language model.")
}
