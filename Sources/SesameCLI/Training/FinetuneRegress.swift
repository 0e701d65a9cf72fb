import ArgumentParser
import Sesame

struct FinetuneRegress: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "regress",
        abstract: "Teach a pretrained GPT or BERT to give a text, or a pair of texts, a score.",
        discussion: """
            Examples:
              sesame finetune regress similarity --model models/articles-bert
              sesame finetune regress --train sts.train.tsv --validation sts.dev.tsv --pair-column pair \
            --label-column score --model MiniLM --learning-rate 5e-5

            The labels are numbers; the model has one output and learns them by the mean squared error. \
            Documents with a second text are scored as pairs. The rest is as in 'sesame finetune \
            classify'.
            """
    )

    @OptionGroup var arguments: FinetuneArguments

    func run() throws {
        try arguments.run(.regression)
    }
}
