import ArgumentParser
import Sesame

struct FinetunePair: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pair",
        abstract: "Teach a pretrained GPT or BERT to name the class of a pair of texts.",
        discussion: """
            Examples:
              sesame finetune pair paraphrases --model models/articles-bert
              sesame finetune pair --train rte.train.tsv --validation rte.dev.tsv --pair-column premise \
            --model MiniLM --learning-rate 5e-5

            Both texts go through the model together, as [CLS] text [SEP] pair [SEP]; where they are too \
            long, the longer one is cut first. Files have the second text in the column 'pair', unless \
            told otherwise. The rest is as in 'sesame finetune classify'.
            """
    )

    @OptionGroup var arguments: FinetuneArguments

    func run() throws {
        try arguments.run(.pairClassification)
    }
}
