import SesameTensor

/// A configuration that knows how large its model is.
protocol SizedConfiguration {
    /// About how many parameters the model has: all matrices, not every bias. A `Double`, because the
    /// sizes of a damaged file overflow an `Int`.
    var approximateParameterCount: Double { get }

    func validate() throws
}

extension GPTConfig: SizedConfiguration {
    var approximateParameterCount: Double {
        let hidden = Double(hiddenSize)
        let inner = feedForwardSize.map { Double($0) } ?? 4 * hidden
        return (Double(vocabularySize) + Double(maxSequenceLength)) * hidden
            + Double(layerCount) * hidden * (4 * hidden + 2 * inner)
    }
}

extension BERTConfig: SizedConfiguration {
    var approximateParameterCount: Double {
        let hidden = Double(hiddenSize)
        let rows = Double(vocabularySize) + Double(maxSequenceLength) + Double(typeCount)
        return rows * hidden
            + (sharesLayers ? 1 : Double(layerCount)) * hidden
            * (4 * hidden + 2 * Double(feedForwardSize))
    }
}

extension SequenceClassifierConfig: SizedConfiguration {
    var approximateParameterCount: Double {
        switch backbone {
        case .bert(let backbone): backbone.approximateParameterCount
        case .gpt(let backbone): backbone.approximateParameterCount
        case .textCNN(let backbone): backbone.approximateParameterCount
        }
    }
}

extension ConfigCheck {
    /// The most that any one size may be: ids have 32 bits, and so much more has no meaning.
    static let largestSize = 1 << 30
    /// The most layers: each takes memory of its own, however narrow it is.
    static let mostLayers = 1 << 12
    /// The most parameters: four million million bytes. Sizes below it overflow nowhere.
    private static let mostParameters = 0x1p40
    /// A model of so many parameters may be made to list all that a file lacks.
    private static let harmlessParameters = 0x1p20

    /// Refuses a model that no machine can hold.
    static func parameters(_ configuration: some SizedConfiguration) throws {
        let count = configuration.approximateParameterCount
        guard count <= mostParameters else {
            throw ModelError(
                .configuration,
                "the sizes make \(text(count)) parameters, expected at most \(text(mostParameters)); "
                    + "check the hidden size, the layers and the vocabulary")
        }
    }

    /// Refuses, before the model is made, one whose weights alone exceed this machine's memory.
    static func memory(_ configuration: some SizedConfiguration) throws {
        let needed = configuration.approximateParameterCount * 4
        guard needed <= Double(MemoryPool.physicalMemory) else {
            throw ModelError(
                .configuration,
                "the model's weights take \(text(needed)) bytes, this machine has "
                    + "\(text(Double(MemoryPool.physicalMemory))); choose smaller sizes")
        }
    }

    /// Refuses, before the model is made, a configuration that is far larger than the weights beside
    /// it: a damaged size would otherwise end in all memory being used up.
    static func parameters(
        _ configuration: some Sendable, against tensors: [String: Tensor], in place: String
    ) throws {
        guard let configuration = configuration as? any SizedConfiguration else { return }
        let count = configuration.approximateParameterCount
        let held = tensors.values.reduce(0) { $0 + Double($1.elementCount) }
        guard count <= max(4 * held, harmlessParameters) else {
            throw ModelError(
                .parameters,
                "\(place): config.json describes \(text(count)) parameters, the weights have "
                    + "\(text(held)); fetch both files of the same model")
        }
    }

    private static func text(_ count: Double) -> String {
        switch count {
        case ..<1e6: "\(Int(count))"
        case ..<1e9: "\(Int(count / 1e6)) million"
        case ..<1e18: "\(Int(count / 1e9)) thousand million"
        default: "\(count)"
        }
    }
}
