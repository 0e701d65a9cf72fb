import SesameTensor

/// A model whose parameters lie in layers, one above the other.
public protocol LayeredModule: Module {
    /// The number of layers.
    var layerCount: Int { get }

    /// How far up a parameter lies: 0 for embeddings, 1 to ``layerCount`` for layers, one more for what is
    /// above them.
    func depth(of path: String) -> Int
}

/// How fast the parts of a pretrained model learn while it is fine-tuned.
///
/// What is near the input is general, and what is near the output special to a task: so lower layers may
/// learn slower, by one factor a layer, or not at all.
///
/// Source: Sun et al. 2019, How to Fine-Tune BERT for Text Classification,
/// https://arxiv.org/abs/1905.05583, section 5.3.3 (ξ = `decay`); Clark et al. 2020, ELECTRA,
/// https://arxiv.org/abs/2003.10555, appendix B, has 0.65 to 0.9.
public struct LayerRates: Sendable, Hashable {
    /// The number of lowest layers that do not learn.
    public var frozenLayers: Int
    /// Whether the embeddings, with their norm, do not learn.
    public var freezesEmbeddings: Bool
    /// The factor from each layer to the one below: what is above the layers has the full rate, layer
    /// `d` of `L` (from 1) has `decay` to the power of `L + 1 - d`, embeddings of `L + 1`.
    public var decay: Float

    /// Everything at the full rate, unless told otherwise.
    public init(frozenLayers: Int = 0, freezesEmbeddings: Bool = false, decay: Float = 1) {
        self.frozenLayers = frozenLayers
        self.freezesEmbeddings = freezesEmbeddings
        self.decay = decay
    }

    /// Whether everything learns at the full rate.
    public var isUniform: Bool { frozenLayers == 0 && !freezesEmbeddings && decay == 1 }

    /// The factor of each parameter's learning rate, in the model's order; 0 for what does not learn.
    public func factors(for model: some LayeredModule) -> [Float] {
        let top = model.layerCount + 1
        return model.parameters.map { path, _ in
            let depth = model.depth(of: path)
            precondition((0...top).contains(depth), "\(path) lies at \(depth), outside 0...\(top)")
            let isFrozen = depth == 0 ? freezesEmbeddings : depth <= frozenLayers && depth < top
            return isFrozen ? 0 : (depth..<top).reduce(Float(1)) { factor, _ in factor * decay }
        }
    }
}

extension LayeredModule {
    /// The depth that the names of Transformers' parts tell: `layers.2.…` is 3, `…mbedding…` and
    /// `positions` are 0, all else is above the layers.
    public func depth(of path: String) -> Int {
        let parts = path.split(separator: ".")
        if let place = parts.firstIndex(of: "layers"), place + 1 < parts.count,
            let index = Int(parts[place + 1])
        {
            return index + 1
        }
        let isEmbedding = parts.contains { $0 == "positions" || $0.contains("mbedding") }
        return isEmbedding ? 0 : layerCount + 1
    }
}
