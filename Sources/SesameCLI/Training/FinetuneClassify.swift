import ArgumentParser
import Sesame

struct FinetuneClassify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract:
            "Teach a model to name the class of a text: a pretrained GPT or BERT, or a new TextCNN.",
        discussion: """
            Examples:
              sesame finetune classify reviews --model models/articles-bert
              sesame finetune classify --train train.tsv --validation dev.tsv --text-column sentence \
            --model models/articles-bert --output models/sentiment
              sesame finetune classify reviews --architecture textcnn --tokenizer words --vectors glove.txt

            The classes are the labels of the training documents. Where there are no validation \
            documents, a tenth of the training documents is held out. The weights of the best \
            evaluation are kept. For a published encoder of BERT's size, --learning-rate 5e-5 or less \
            is usual. Ctrl-C leaves a checkpoint.
            """
    )

    @OptionGroup var arguments: FinetuneArguments

    func run() throws {
        try arguments.run(.classification)
    }
}
