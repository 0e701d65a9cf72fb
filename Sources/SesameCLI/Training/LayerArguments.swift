import ArgumentParser
import Sesame

/// Which layers of a pretrained model learn, and how fast.
struct LayerArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The number of lowest layers that do not learn; with --freeze-embeddings no work is done for them.",
            valueName: "n"))
    var freezeLayers = 0

    @Flag(help: "Leave the embeddings as they are.")
    var freezeEmbeddings = false

    @Option(
        help: ArgumentHelp(
            "Factor of the learning rate from each layer to the one below (0.65 to 0.95 is usual).",
            valueName: "x"))
    var layerDecay: Float = 1

    func applied(to options: TrainingOptions) -> TrainingOptions {
        var result = options
        result.frozenLayers = freezeLayers
        result.freezesEmbeddings = freezeEmbeddings
        result.layerDecay = layerDecay
        return result
    }
}
