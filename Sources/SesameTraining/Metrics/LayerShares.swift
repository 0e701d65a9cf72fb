import SesameNN

extension MetricName {
    /// What a mix of layers has learnt: `layerShare0` and so on, and `layerScale`; nothing without one.
    static func shares(of mix: LayerMix?) -> Metrics {
        guard let mix else { return [:] }
        var metrics = [layerScale: Double(mix.scale.scalars[0])]
        for (layer, share) in mix.shares.enumerated() {
            metrics[layerShare(layer)] = Double(share)
        }
        return metrics
    }
}
