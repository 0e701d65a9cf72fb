import Sesame

/// What a training command does where its options say nothing; the help shows it.
protocol TrainingDefaults {
    static var training: TrainingOptions { get }
}

/// The defaults of `pretrain gpt`.
enum GPTDefaults: TrainingDefaults {
    static var training: TrainingOptions { GPTPretrainingOptions().training }
}

/// The defaults of `pretrain bert`.
enum BERTDefaults: TrainingDefaults {
    static var training: TrainingOptions { BERTPretrainingOptions().training }
}

/// The defaults of `finetune`.
enum FinetuningDefaults: TrainingDefaults {
    static var training: TrainingOptions { FinetuningOptions().training }
}
