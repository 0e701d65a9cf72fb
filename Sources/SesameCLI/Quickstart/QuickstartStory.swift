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
                "Import sentences with labels.",
                ["corpus", "import", "reviews", "--label-column", "label"]
                    + ["train", "validation", "test"].flatMap {
                        ["--\($0)", "\(corpora)/reviews/\($0).tsv"]
                    }),
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
                "and one of word pieces.",
                [
                    "vocab", "build", "pieces", "--corpus", "english", "--size", "3000",
                    "--lowercase",
                ]),
        ]
    }

    private var models: [Step] {
        [
            step(
                "Train a small GPT on characters.",
                ["pretrain", "gpt", "english", "--tokenizer", "letters", "--output", gpt]
                    + ["--steps", "900", "--learning-rate", "0.002"] + common),
            step(
                "Let it write.",
                ["generate", "--model", gpt, "--prompt", "The ", "--tokens", "400"]
                    + ["--temperature", "0.7"] + seedAndThreads, inWorkspace: false),
            step(
                "Train a small BERT on word pieces.",
                ["pretrain", "bert", "english", "--tokenizer", "pieces", "--output", bert]
                    + ["--layers", "2", "--width", "128", "--context", "64", "--epochs", "20"]
                    + common),
            step(
                "Fine-tune it on the labelled sentences.",
                ["finetune", "classify", "reviews", "--model", bert, "--output", classifier]
                    + ["--epochs", "10"] + common),
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
