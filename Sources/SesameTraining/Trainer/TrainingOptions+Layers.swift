import SesameNN
import SesameTensor

extension TrainingOptions {
    /// The factor of each parameter's learning rate, 0 for what does not learn; nil where all is 1.
    /// - Throws: ``TrainingError`` with code `.invalidOption` for a model without so many layers.
    func rateFactors(for model: some Module) throws -> [Float]? {
        let rates = LayerRates(
            frozenLayers: frozenLayers, freezesEmbeddings: freezesEmbeddings, decay: layerDecay)
        guard !rates.isUniform else { return nil }
        let layered = model as? any LayeredModule
        let layerCount = layered?.layerCount ?? 0
        guard let layered, frozenLayers <= layerCount else {
            throw TrainingError(
                .invalidOption(
                    name: "frozen layers", expected: "at most the model's \(layerCount)",
                    found: "\(frozenLayers)"))
        }
        return rates.factors(for: layered)
    }
}
