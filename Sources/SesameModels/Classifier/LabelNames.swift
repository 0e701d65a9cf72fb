/// The labels of a model's outputs, as `id2label` and `label2id` of Hugging Face's `config.json`.
struct LabelNames: Codable {
    /// The names, in the order of the outputs.
    let labels: [String]

    init(_ labels: [String]) { self.labels = labels }

    enum CodingKeys: String, CodingKey {
        case labelOfID = "id2label"
        case idOfLabel = "label2id"
    }

    /// Reads the names as transformers does: a file that has none has two labels.
    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let names =
            try values.decodeIfPresent([String: String].self, forKey: .labelOfID)
            ?? ["0": "LABEL_0", "1": "LABEL_1"]
        labels = try (0..<names.count).map { id in
            guard let name = names[String(id)] else {
                throw ModelError(
                    .configuration, "id2label lacks \(id), expected 0 to \(names.count - 1)")
            }
            return name
        }
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        let numbered = labels.enumerated()
        try values.encode(
            Dictionary(uniqueKeysWithValues: numbered.map { (String($0), $1) }),
            forKey: .labelOfID)
        try values.encode(
            Dictionary(numbered.map { ($1, $0) }, uniquingKeysWith: { first, _ in first }),
            forKey: .idOfLabel)
    }
}
