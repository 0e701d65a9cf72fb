import SesameNN

// Which models have layers that can be frozen, or learn at rates of their own.

extension BERT: LayeredModule {
    /// The number of encoder layers.
    public var layerCount: Int { layers.count }
}

extension GPT: LayeredModule {
    /// The number of decoder layers.
    public var layerCount: Int { layers.count }
}

extension BERTForPretraining: LayeredModule {
    /// The number of encoder layers.
    public var layerCount: Int { bert.layers.count }
}

extension SequenceClassifier: LayeredModule {
    /// The number of the backbone's layers; 0 for a convolutional network, whose vectors alone can be frozen.
    public var layerCount: Int { bert?.layers.count ?? gpt?.layers.count ?? 0 }
}

extension TokenClassifier: LayeredModule {
    /// The number of encoder layers.
    public var layerCount: Int { bert.layers.count }
}
