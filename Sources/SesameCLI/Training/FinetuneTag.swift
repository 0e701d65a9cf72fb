import ArgumentParser
import Foundation
import Sesame

struct FinetuneTag: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Teach a tagger to tag the words of sentences, such as names.",
        discussion: """
            Examples:
              sesame finetune tag names --model MiniLM --learning-rate 5e-5
              sesame finetune tag names --vectors glove.6B.100d.txt
              sesame finetune tag names --vectors models/novels-elmo --output models/names-elmo

            The corpus holds tagged sentences ('corpus import' of a .conll file). With --model, a BERT is \
            fine-tuned: each word is told by its first piece, and a sentence longer than the model's \
            positions is read in windows that overlap. Without, a network begins from word vectors: words \
            are read by vectors of their own, by their characters and, where --vectors is a model's \
            folder, by its vectors in context, whose layers are mixed in learnt shares; LSTMs of both \
            directions and a conditional random field give the tags. The weights of the best evaluation \
            are kept, by the F1 of entities. Ctrl-C leaves a checkpoint.
            """
    )

    private static let usual = (recurrent: TaggerOptions(), encoder: EncoderTaggerOptions())

    @Argument(help: "A corpus of tagged sentences.")
    var corpus: String

    @Option(
        name: [.customLong("model")],
        help: ArgumentHelp(
            "The folder of a pretrained BERT to fine-tune, ours or a published one (default: none, train from word vectors).",
            valueName: "folder"))
    var base: String?

    @Option(
        help:
            "How entities are tagged while learning; predictions are in BIO either way (default: \(usual.recurrent.scheme.rawValue), with --model: \(usual.encoder.scheme.rawValue))."
    )
    var scheme: TaggingScheme?

    @Flag(
        inversion: .prefixedNo,
        help:
            "Score the sequence of tags with a conditional random field instead of each word's tag by itself (default: --crf, with --model: --no-crf)."
    )
    var crf: Bool?

    @Option(
        help: ArgumentHelp(
            "Dropout probability (default: \(usual.recurrent.dropoutProbability), with --model: \(usual.encoder.finetuning.dropoutProbability ?? 0)).",
            valueName: "p"))
    var dropout: Float?

    @Option(help: "Which weights to keep: of the best evaluation, or of the last step.")
    var keep: KeptWeights = .best

    @OptionGroup(title: "Options with --model") var encoder: EncoderArguments
    @OptionGroup(title: "Options without --model") var recurrent: RecurrentTaggerArguments
    @OptionGroup(title: "Training options") var training: TrainingArguments<TaggerDefaults>
    @OptionGroup(title: "Output options") var model: ModelOutputOptions
    @OptionGroup(title: "Common options") var threads: ThreadsOption
    @OptionGroup(title: "Common options") var workspace: WorkspaceOptions
    @OptionGroup(title: "Common options") var output: OutputOptions

    private var options: TaggerOptions {
        var result = recurrent.options
        if let scheme { result.scheme = scheme }
        if let crf { result.usesCRF = crf }
        if let dropout { result.dropoutProbability = dropout }
        result.keepsBest = keep == .best
        result.training = training.options
        result.training.freezesEmbeddings = encoder.layers.freezeEmbeddings
        return result
    }

    private var encoderOptions: EncoderTaggerOptions {
        var result = EncoderTaggerOptions()
        if let scheme { result.scheme = scheme }
        if let crf { result.usesCRF = crf }
        result.finetuning = encoder.options(
            over: result.finetuning, dropout: dropout, keep: keep,
            training: training.options(over: result.finetuning.training))
        return result
    }

    func validate() throws {
        guard base != nil else {
            if encoder.isUsed {
                throw ValidationError(
                    "--from-scratch, --max-length, --freeze-layers and --layer-decay are for a "
                        + "pretrained model; name one with --model.")
            }
            return try usage { try options.validate() }
        }
        if recurrent.isUsed {
            throw ValidationError(
                "--vectors, --embedding-size, --no-characters, --width, --layers, --rare-dropout and "
                    + "the --token-… options are for a network over word vectors, without --model.")
        }
        try usage { try encoderOptions.validate() }
    }

    func run() throws {
        try TrainingDisplay.run(
            threads: threads, output: output,
            next: NextCommand.evaluation(of: corpus, in: workspace)
        ) { display in
            let opened = try workspace.open()
            let destination = model.resolved(default: "\(corpus)-tagger", workspace: workspace)
            guard let base else {
                return try finetuneTagger(
                    workspace: opened, corpus: corpus, options: options, output: destination,
                    onEvent: display.show, shouldStop: { display.shouldStop })
            }
            return try finetuneTagger(
                workspace: opened, corpus: corpus, from: URL(fileURLWithPath: base),
                options: encoderOptions, output: destination, onEvent: display.show,
                shouldStop: { display.shouldStop })
        }
    }
}
