/// How counts become probabilities.
public enum NgramSmoothing: String, Codable, Sendable, Hashable, CaseIterable {
    /// Three discounts an order, for counts of 1, 2 and 3 or more (Chen and Goodman).
    case modified
    /// One discount an order (Kneser and Ney).
    case original
}

/// The sizes and discounts of an ``NgramModel``.
public struct NgramConfig: Codable, Sendable, Hashable {
    /// How many token ids there are (`vocab_size`).
    public var vocabularySize: Int
    /// The longest n-gram: tokens looked back at, and one.
    public var order: Int
    /// How counts become probabilities.
    public var smoothing: NgramSmoothing
    /// What is taken from counts of 1, 2 and 3 or more, an order each, unigrams first.
    public var discounts: [[Double]]
    /// Ends and begins a text, where the tokenizer has such a token (`eos_token_id`).
    public var endTokenID: Int?

    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case vocabularySize = "vocab_size"
        case order, smoothing, discounts
        case endTokenID = "eos_token_id"
    }

    /// `model_type` in `config.json`.
    public static let modelType = "sesame-ngram"
    /// The longest n-grams that are counted.
    public static let largestOrder = 16

    /// A configuration; the discounts are found with the counts.
    public init(
        vocabularySize: Int, order: Int = 5, smoothing: NgramSmoothing = .modified,
        endTokenID: Int? = nil
    ) {
        self.vocabularySize = vocabularySize
        self.order = order
        self.smoothing = smoothing
        self.endTokenID = endTokenID
        discounts = []
    }

    /// Reads a `config.json`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let type = try values.decode(String.self, forKey: .modelType)
        guard type == Self.modelType else {
            throw ModelError(
                .configuration, "model_type is \(type), expected \(Self.modelType)")
        }
        vocabularySize = try values.decode(Int.self, forKey: .vocabularySize)
        order = try values.decode(Int.self, forKey: .order)
        smoothing = try values.decode(NgramSmoothing.self, forKey: .smoothing)
        discounts = try values.decode([[Double]].self, forKey: .discounts)
        endTokenID = try values.decodeIfPresent(Int.self, forKey: .endTokenID)
    }

    /// Writes a `config.json`.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Self.modelType, forKey: .modelType)
        try values.encode(vocabularySize, forKey: .vocabularySize)
        try values.encode(order, forKey: .order)
        try values.encode(smoothing, forKey: .smoothing)
        try values.encode(discounts, forKey: .discounts)
        try values.encodeIfPresent(endTokenID, forKey: .endTokenID)
    }

    /// Checks every value's range.
    ///
    /// - Throws: ``ModelError`` with code `.configuration` that names the first bad value by its JSON key.
    public func validate() throws {
        try ConfigCheck.positive(vocabularySize, "vocab_size")
        try ConfigCheck.positive(order, "order", atMost: Self.largestOrder)
        try ConfigCheck.token(endTokenID, vocabularySize, "eos_token_id")
    }

    /// Checks the discounts of a counted model.
    func validateDiscounts() throws {
        let areGood =
            discounts.count == order
            && discounts.allSatisfy { row in
                row.count == 3
                    && row.enumerated().allSatisfy { (0...Double($0 + 1)).contains($1) }
            }
        guard areGood else {
            throw ModelError(
                .configuration,
                "discounts are \(discounts), expected \(order) times three, the r-th from 0 to r")
        }
    }
}
