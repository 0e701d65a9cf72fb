/// Which layers of a GPT look back only so far, and how far.
///
/// GPT-3 alternates dense layers with such; what a banded layer does not see itself reaches it through those below,
/// and its cost grows with the length of a text rather than with its square.
///
/// Source: Child et al. 2019, Generating Long Sequences with Sparse Transformers, https://arxiv.org/abs/1904.10509;
/// Brown et al. 2020, Language Models are Few-Shot Learners, section 2.1.
public struct AttentionBand: Sendable, Hashable, Codable {
    /// How many positions each sees, itself included.
    public var width: Int
    /// The layers with a band, counted from 0, in order.
    public var layers: [Int]

    /// A band in some layers.
    public init(width: Int, layers: [Int]) {
        self.width = width
        self.layers = layers
    }

    /// A band in every second layer, the first one dense.
    public static func alternating(width: Int, layerCount: Int) -> AttentionBand {
        AttentionBand(width: width, layers: Array(stride(from: 1, to: layerCount, by: 2)))
    }

    /// A band in every layer.
    public static func everywhere(width: Int, layerCount: Int) -> AttentionBand {
        AttentionBand(width: width, layers: Array(0..<layerCount))
    }

    // As GPT-Neo's configuration has them: a name a layer, and the width.
    private static let names = (dense: "global", banded: "local")

    /// `attention_layers`: a name a layer.
    func names(layerCount: Int) -> [String] {
        (0..<layerCount).map { layers.contains($0) ? Self.names.banded : Self.names.dense }
    }

    /// Reads `attention_layers` and `window_size`.
    init(names: [String], width: Int) throws {
        if let name = names.first(where: { $0 != Self.names.dense && $0 != Self.names.banded }) {
            throw ModelError(
                .configuration,
                "attention_layers has \(name), expected \(Self.names.dense) or \(Self.names.banded)"
            )
        }
        self.init(
            width: width, layers: names.indices.filter { names[$0] == Self.names.banded })
    }

    func validate(layerCount: Int) throws {
        try ConfigCheck.positive(width, "window_size")
        guard layers == Set(layers).sorted(), layers.allSatisfy((0..<layerCount).contains) else {
            throw ModelError(
                .configuration,
                "layers \(layers) have a band, expected numbers from 0 to \(layerCount - 1) in order"
            )
        }
    }
}
