import SesameNN
import SesameText

/// The word vectors that the two sides of a translation model begin with.
struct TranslationVectors {
    private let source: WordVectorTable?
    private let target: WordVectorTable?

    /// - Throws: ``TrainingError`` with code `.file` for a file that cannot be read or whose vectors have another size
    ///   than the model or the other side, `.invalidOption` for vectors of a source that has no table of its own.
    init(
        _ options: TranslationOptions, source: Tokenizer, target: Tokenizer, isShared: Bool,
        _ onEvent: (TrainerEvent) throws -> Void
    ) throws {
        guard options.sourceVectors == nil || !isShared else {
            throw TrainingError(
                .invalidOption(
                    name: "the source's word vectors",
                    expected: "left out where both sides have one tokenizer and share the target's",
                    found: "given"))
        }
        var size: Int?
        if case .transformer(let choices) = options.architecture {
            size = choices.sizes.hiddenSize
        }
        let found = try options.targetVectors?.read(for: target, size: size, onEvent)
        self.target = found
        self.source = try options.sourceVectors?.read(
            for: source, size: size ?? found?.size, onEvent)
    }

    /// How many values a vector has; nil where all are random.
    var size: Int? { target?.size ?? source?.size }

    /// Puts the vectors where they belong.
    func begin(_ sourceTable: inout Embedding?, _ targetTable: inout Embedding, seed: UInt64) {
        if let source { sourceTable = source.table(seed: seed, site: 1) }
        if let target { targetTable = target.table(seed: seed) }
    }

    /// What the result depends on, for refusing to resume with other vectors.
    func dependencies(_ options: TranslationOptions) throws -> [String: String] {
        var result: [String: String] = [:]
        result["source vectors"] = try options.sourceVectors?.dependency()
        result["target vectors"] = try options.targetVectors?.dependency()
        return result
    }
}
