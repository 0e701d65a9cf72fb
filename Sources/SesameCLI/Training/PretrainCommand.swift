import ArgumentParser

struct PretrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain",
        abstract: "Train a language model from text alone.",
        discussion: "Example:  sesame pretrain gpt novels --tokenizer novels",
        subcommands: [
            PretrainGPT.self, PretrainBERT.self, PretrainRNN.self, PretrainNNLM.self,
            PretrainNgram.self, PretrainELMo.self,
        ]
    )
}
