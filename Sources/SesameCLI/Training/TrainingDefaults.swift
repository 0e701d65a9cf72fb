import Sesame

/// What a training command does where its options say nothing; the help shows it.
protocol TrainingDefaults {
    static var training: TrainingOptions { get }
    /// An architecture that the command has beside the usual one, and its defaults.
    static var alternative: (name: String, training: TrainingOptions)? { get }
    /// What a batch is a number of, for the help.
    static var batchHelp: String { get }
}

extension TrainingDefaults {
    static var batchHelp: String { "Sequences a batch" }
    static var alternative: (name: String, training: TrainingOptions)? { nil }
}

/// The defaults of `pretrain gpt`.
enum GPTDefaults: TrainingDefaults {
    static var training: TrainingOptions { GPTPretrainingOptions().training }
}

/// The defaults of `pretrain bert`.
enum BERTDefaults: TrainingDefaults {
    static var training: TrainingOptions { BERTPretrainingOptions().training }
}

/// The defaults of `pretrain elmo`.
enum ELMoDefaults: TrainingDefaults {
    static var training: TrainingOptions { ELMoPretrainingOptions().training }
}

/// The defaults of `finetune tag`.
enum TaggerDefaults: TrainingDefaults {
    static var training: TrainingOptions { TaggerOptions().training }
    static var alternative: (name: String, training: TrainingOptions)? {
        ("with --model", EncoderTaggerOptions().finetuning.training)
    }
}

/// The defaults of `finetune`.
enum FinetuningDefaults: TrainingDefaults {
    static var training: TrainingOptions { FinetuningOptions().training }
    static var alternative: (name: String, training: TrainingOptions)? {
        (Architecture.textcnn.rawValue, TextCNNOptions().training)
    }
}

/// The defaults of `train translate`.
enum TranslationDefaults: TrainingDefaults {
    static var training: TrainingOptions { TranslationOptions().training }
    static var alternative: (name: String, training: TrainingOptions)? {
        (
            TranslationArchitectureChoice.transformer.rawValue,
            TranslationOptions.transformer().training
        )
    }
    static var batchHelp: String { "Tokens a batch on the longer side, padding included" }
}

/// The defaults of `pretrain rnn`.
enum RNNDefaults: TrainingDefaults {
    static var training: TrainingOptions { RNNPretrainingOptions().training }
}

/// The defaults of `pretrain nnlm`.
enum NNLMDefaults: TrainingDefaults {
    static var training: TrainingOptions { NNLMPretrainingOptions().training }
}
