/// The commands of the quick start, in order.
///
/// Sizes are chosen for two cores: every step is as long as it needs to be for its result to be worth
/// looking at, and all together stay well below three minutes.
struct QuickstartStory {
    struct Step {
        let title: String
        let arguments: [String]
    }

    let corpora: String
    let folder: String
    let seed: UInt64
    let threads: Int?
    let isQuiet: Bool

    var workspace: String { "\(folder)/sesame.sqlite" }
    var classifier: String { "\(folder)/models/reviews" }
    private var gpt: String { "\(folder)/models/gpt" }
    private var bert: String { "\(folder)/models/bert" }

    var steps: [Step] {
        imports + vocabularies + models
    }

    private var imports: [Step] {
        [
            step(
                "Import English prose, one document a file.",
                ["corpus", "import", "english", "\(corpora)/english", "--unit", "file"]),
            step(
                "Import Chinese prose.",
                ["corpus", "import", "chinese", "\(corpora)/chinese", "--unit", "file"]),
            step(
                "Import labelled sentences.",
                ["corpus", "import", "reviews", "--label-column", "label"]
                    + ["train", "validation", "test"].flatMap {
                        ["--\($0)", "\(corpora)/reviews/\($0).tsv"]
                    }),
            step(
                "For the BERT, import the English prose once more,",
                ["corpus", "import", "mixed", "\(corpora)/english", "--unit", "file"]),
            step(
                "hold some of it out,",
                ["corpus", "split", "mixed", "--validation", "0.06", "--seed", "\(seed)"]),
            step(
                "and add the sentences that it will learn from, without their labels.",
                ["corpus", "import", "mixed", "\(corpora)/reviews/train.tsv", "--append"]),
        ]
    }

    private var vocabularies: [Step] {
        [
            step(
                "Make a vocabulary of characters,",
                ["vocab", "build", "letters", "--corpus", "english", "--kind", "character"]),
            step(
                "one of Chinese words,",
                ["vocab", "build", "words", "--corpus", "chinese", "--kind", "word"]),
            step(
                "one of word pieces as they are written,",
                ["vocab", "build", "prose", "--corpus", "english", "--size", "2000"]),
            step(
                "and one of word pieces in lower case.",
                [
                    "vocab", "build", "pieces", "--corpus", "mixed", "--size", "1500",
                    "--lowercase",
                ]),
        ]
    }

    private var models: [Step] {
        [
            step(
                "Train a small GPT.",
                ["pretrain", "gpt", "english", "--tokenizer", "prose", "--output", gpt]
                    + ["--steps", "600", "--learning-rate", "0.002", "--dropout", "0.1"] + common),
            step(
                "Let it write.",
                ["generate", "--model", gpt, "--prompt", "The ", "--tokens", "150"]
                    + ["--temperature", "0.7"] + seedAndThreads, inWorkspace: false),
            step(
                "Train a small BERT.",
                ["pretrain", "bert", "mixed", "--tokenizer", "pieces", "--output", bert]
                    + ["--layers", "2", "--width", "128", "--context", "64", "--steps", "800"]
                    + ["--no-next-sentence"] + common),
            step(
                "Fine-tune it on the labelled sentences.",
                ["finetune", "classify", "reviews", "--model", bert, "--output", classifier]
                    + ["--epochs", "10", "--learning-rate", "0.001"] + common),
        ]
    }

    private var seedAndThreads: [String] {
        ["--seed", "\(seed)"] + (threads.map { ["--threads", "\($0)"] } ?? [])
    }

    private var common: [String] { seedAndThreads + (isQuiet ? ["--quiet"] : []) }

    private func step(
        _ title: String, _ arguments: [String], inWorkspace: Bool = true
    ) -> Step {
        Step(
            title: title,
            arguments: arguments + (inWorkspace ? ["--workspace", workspace] : []))
    }
}
