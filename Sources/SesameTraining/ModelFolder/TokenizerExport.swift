import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A tokenizer's files in Hugging Face's layout.
enum TokenizerExport {
    /// Writes `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json`, and the vocabulary in the older form
    /// of its kind: `vocab.txt`, or `vocab.json` with `merges.txt`.
    static func write(_ tokenizer: Tokenizer, maxLength: Int, to folder: URL) throws {
        try tokenizer.save(to: folder.appendingPathComponent(TrainedModelFolder.tokenizerName))
        let special = SpecialTokenMap(tokenizer.specialTokens)
        try DurableFiles.write(
            DurableFiles.encodeJSON(special),
            to: folder.appendingPathComponent("special_tokens_map.json"))
        try DurableFiles.write(
            DurableFiles.encodeJSON(
                Configuration(tokenizer: tokenizer, maxLength: maxLength, special: special)),
            to: folder.appendingPathComponent("tokenizer_config.json"))
        switch tokenizer.kind {
        case .wordpiece:
            try tokenizer.vocabulary.write(to: folder.appendingPathComponent("vocab.txt"))
        default: try writePairs(of: tokenizer, to: folder)
        }
    }

    /// `vocab.json` and `merges.txt`, where the tokenizer has merges.
    private static func writePairs(of tokenizer: Tokenizer, to folder: URL) throws {
        guard let file = try? JSONDecoder().decode(PairFile.self, from: tokenizer.json()),
            file.model.merges?.isEmpty == false
        else { return }
        try DurableFiles.write(
            DurableFiles.encodeJSON(file.model.vocab),
            to: folder.appendingPathComponent("vocab.json"))
        let lines = ["#version: 0.2"] + (file.model.merges ?? []).map(\.text)
        try DurableFiles.write(
            Data((lines.joined(separator: "\n") + "\n").utf8),
            to: folder.appendingPathComponent("merges.txt"))
    }

    /// The part of a tokenizer.json that is a vocabulary with its merges.
    private struct PairFile: Decodable {
        struct Model: Decodable {
            let vocab: [String: Int]
            let merges: [Merge]?
        }

        /// Two tokens, as a text with a space between them or as a list.
        struct Merge: Decodable {
            let text: String

            init(from decoder: any Decoder) throws {
                let value = try decoder.singleValueContainer()
                text =
                    try (try? value.decode(String.self))
                    ?? value.decode([String].self)
                    .joined(separator: " ")
            }
        }

        let model: Model
    }

    private struct SpecialTokenMap: Encodable {
        let pad_token: String?
        let unk_token: String?
        let cls_token: String?
        let sep_token: String?
        let mask_token: String?
        let bos_token: String?
        let eos_token: String?

        init(_ tokens: SpecialTokens) {
            pad_token = tokens.pad
            unk_token = tokens.unknown
            cls_token = tokens.classification
            sep_token = tokens.separator
            mask_token = tokens.mask
            bos_token = tokens.beginning
            eos_token = tokens.end
        }
    }

    private struct Configuration: Encodable {
        let tokenizer: Tokenizer
        let maxLength: Int
        let special: SpecialTokenMap

        enum CodingKeys: String, CodingKey {
            case tokenizer_class, model_max_length, do_lower_case, strip_accents
            case tokenize_chinese_chars
        }

        func encode(to encoder: any Encoder) throws {
            try special.encode(to: encoder)
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(maxLength, forKey: .model_max_length)
            let name =
                switch tokenizer.kind {
                case .wordpiece: "BertTokenizer"
                case .byteLevelBPE: "GPT2Tokenizer"
                default: "PreTrainedTokenizerFast"
                }
            try values.encode(name, forKey: .tokenizer_class)
            guard let normalizer = tokenizer.normalizer as? BERTNormalizer else { return }
            try values.encode(normalizer.lowercases, forKey: .do_lower_case)
            try values.encode(normalizer.stripsAccents, forKey: .strip_accents)
            try values.encode(normalizer.spacesIdeographs, forKey: .tokenize_chinese_chars)
        }
    }
}
