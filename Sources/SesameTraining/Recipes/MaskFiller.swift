import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A pretrained BERT, ready to fill `[MASK]` in texts.
public struct MaskFiller: Sendable {
    /// A token that may stand at a mask.
    public struct Candidate: Sendable, Hashable, Codable {
        /// The token, as the vocabulary has it.
        public var token: String
        /// Its probability.
        public var probability: Double
        /// The text with the token in place of its mask; other masks stay.
        public var text: String
    }

    /// The model.
    public let model: BERTForPretraining
    /// The tokenizer.
    public let tokenizer: Tokenizer
    /// How the mask is written in texts, usually `[MASK]`.
    public let maskToken: String

    private let maskID: Int32
    private let maxLength: Int

    /// Loads a folder that BERT pretraining wrote, or a published one with the head for masked tokens.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another task.
    public init(modelFolder: URL) throws {
        let folder = try TrainedModelFolder(modelFolder)
        try folder.require(.maskedLanguageModel, for: "filling masks")
        tokenizer = folder.tokenizer
        guard let maskToken = tokenizer.specialTokens.mask, let maskID = tokenizer.maskID else {
            throw TrainingError(
                .badTokenizer(
                    problem: "\(modelFolder.path) has one without a mask token",
                    remedy: "choose the folder of a BERT for masked tokens"))
        }
        self.maskToken = maskToken
        self.maskID = maskID
        model = try folder.load(BERTForPretraining.self)
        maxLength = folder.record.maxLength
    }

    /// The likeliest tokens for each mask of a text.
    /// - Parameters:
    ///   - text: A text with one mask or more, as "The [MASK] barks."; cut at the model's length.
    ///   - count: Candidates a mask.
    ///   - precision: Of matrix products.
    /// - Returns: For each mask in order, the candidates, likeliest first.
    /// - Throws: ``TrainingError`` with code `.invalidOption` for a text without a mask, or
    ///   with one beyond the model's length.
    public func fill(
        _ text: String, count: Int = 5, precision: Precision = .float32
    ) throws -> [[Candidate]] {
        // Cut the text at its masks, so that each is one token whatever the tokenizer does with it.
        let parts = pieces(of: text)
        guard parts.count > 1 else {
            throw TrainingError(
                .invalidOption(
                    name: "the text", expected: "a text with \(maskToken)",
                    found: "one without"))
        }
        var ids: [Int32] = []
        for (index, part) in parts.enumerated() {
            if index > 0 { ids.append(maskID) }
            ids.append(contentsOf: tokenizer.encodeIDs(part))
        }
        let room = maxLength - 2
        if let last = ids.lastIndex(of: maskID), last >= room {
            throw TrainingError(
                .invalidOption(
                    name: "the text",
                    expected:
                        "one with every \(maskToken) in its first \(room) tokens, the model's length",
                    found: "one with a mask at token \(last + 1)"))
        }
        ids = Array(ids.prefix(room))
        ids =
            [tokenizer.classificationID].compactMap { $0 } + ids
            + [tokenizer.separatorID].compactMap { $0 }
        let results = try model.fillMask(
            ids, maskID: maskID, count: count, precision: precision)
        return results.enumerated().map { place, result in
            result.predictions.map { prediction in
                let token = tokenizer.vocabulary.token(prediction.id)
                var filled = parts[0]
                for index in 1..<parts.count {
                    let isContinuation = tokenizer.isContinuation(prediction.id)
                    filled +=
                        index - 1 == place
                        ? (isContinuation ? String(token.dropFirst(2)) : token) : maskToken
                    filled += parts[index]
                }
                return Candidate(
                    token: token, probability: Double(prediction.probability), text: filled)
            }
        }
    }

    private func pieces(of text: String) -> [String] {
        var parts: [String] = []
        var rest = Substring(text)
        while let range = rest.firstRange(of: maskToken) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
