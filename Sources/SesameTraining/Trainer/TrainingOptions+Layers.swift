import SesameNN
import SesameTensor

extension TrainingOptions {
    /// The factor of each parameter's learning rate, 0 for what does not learn; nil where all is 1.
    /// - Throws: ``TrainingError`` with code `.invalidOption` for a model without so many layers, or without a
    ///   parameter that is to be frozen.
    func rateFactors(for model: some Module) throws -> [Float]? {
        var factors = try layerFactors(for: model)
        guard let frozenParameters, !frozenParameters.isEmpty else { return factors }
        let paths = model.parameters.map { path, _ in path }
        for path in frozenParameters {
            guard let index = paths.firstIndex(of: path) else {
                throw TrainingError(
                    .invalidOption(
                        name: "frozen parameters", expected: "paths of the model's parameters",
                        found: path))
            }
            factors = factors ?? [Float](repeating: 1, count: paths.count)
            factors?[index] = 0
        }
        return factors
    }

    private func layerFactors(for model: some Module) throws -> [Float]? {
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
