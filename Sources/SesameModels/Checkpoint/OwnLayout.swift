import SesameTensor

/// A model that no other program knows: the tensors of its file have the names and layouts of its parameters.
protocol OwnLayoutModel: PretrainedModel {}

extension OwnLayoutModel {
    /// The parameters by their paths.
    public func checkpointTensors() -> [(name: String, tensor: Tensor)] {
        parameters.map { ($0.path, $0.tensor.detached()) }
    }

    /// Takes weights by the parameters' paths; the model is unchanged if they do not fit.
    public mutating func loadCheckpoint(_ tensors: [String: Tensor], from place: String) throws {
        var layout = CheckpointLayout()
        for (path, _) in parameters { layout.add(path, path) }
        try layout.load(tensors, into: &self, from: place)
    }
}
