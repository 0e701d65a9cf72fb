import SesameNN
import SesameTensor

/// How a GPT that is fine-tuned on a task reads its texts: between tokens of their own, whose vectors fine-tuning learns.
///
/// A text is read as `start text extract`, a pair as `start first delimiter second extract`, and the state
/// of the extract token, the only one that has seen all, is what the head looks at. Without a form a text stands
/// alone and the head looks at its last token, as in Hugging Face's `GPT2ForSequenceClassification`.
///
/// Source: Radford et al. 2018, Improving Language Understanding by Generative Pre-Training, section 3.3.
public struct GPTInputForm: Sendable, Hashable, Codable {
    /// Begins an input (`start_token_id`).
    public var startID: Int
    /// Stands between the texts of a pair (`delimiter_token_id`).
    public var delimiterID: Int
    /// Ends an input (`extract_token_id`).
    public var extractID: Int
    /// Whether a pair is read in both orders, and the two states added: for similarity, which has no order
    /// (`both_orders`).
    public var readsBothOrders: Bool

    /// A form with given tokens.
    public init(startID: Int, delimiterID: Int, extractID: Int, readsBothOrders: Bool = false) {
        self.startID = startID
        self.delimiterID = delimiterID
        self.extractID = extractID
        self.readsBothOrders = readsBothOrders
    }

    /// The tokens that a model with `vocabularySize` others gets behind them.
    public init(behind vocabularySize: Int, readsBothOrders: Bool = false) {
        self.init(
            startID: vocabularySize, delimiterID: vocabularySize + 1,
            extractID: vocabularySize + 2, readsBothOrders: readsBothOrders)
    }

    /// How many tokens a form has.
    public static let tokenCount = 3

    enum CodingKeys: String, CodingKey {
        case startID = "start_token_id"
        case delimiterID = "delimiter_token_id"
        case extractID = "extract_token_id"
        case readsBothOrders = "both_orders"
    }

    /// How many tokens of its own an input has.
    public func tokenCount(isPair: Bool) -> Int { isPair ? 3 : 2 }

    /// A text's input, or a pair's.
    public func input(_ text: [Int32], pair: [Int32]? = nil) -> [Int32] {
        var ids = [Int32(startID)] + text
        if let pair { ids += [Int32(delimiterID)] + pair }
        return ids + [Int32(extractID)]
    }

    func validate(vocabularySize: Int) throws {
        try ConfigCheck.token(startID, vocabularySize, "start_token_id")
        try ConfigCheck.token(delimiterID, vocabularySize, "delimiter_token_id")
        try ConfigCheck.token(extractID, vocabularySize, "extract_token_id")
    }
}

extension GPT {
    /// The same model with places for more tokens behind those that it knows, drawn as fresh weights are.
    ///
    /// - Parameters:
    ///   - count: How many more.
    ///   - key: Where their vectors are drawn from.
    package func withMoreTokens(_ count: Int, key: RandomKey) -> GPT {
        var sizes = configuration
        sizes.vocabularySize += count
        var result = GPT(sizes, key: key)
        func extended(_ rows: Tensor, _ site: UInt64) -> Tensor {
            let fresh = Initializer.normal(sizes.initializerDeviation)(
                [count, sizes.hiddenSize], key: key.derived(site))
            return concatenated([rows.detached(), fresh], axis: 0)
        }
        result.tokenEmbedding.weight = extended(tokenEmbedding.weight, 0)
        result.positions = positions
        result.layers = layers
        result.finalNorm = finalNorm
        if let output { result.output?.weight = extended(output.weight, 1) }
        return result
    }
}
