import SesameTensor

/// A model whose tensors lie in its file as one table says.
protocol LaidOutModel: PretrainedModel {
    /// Where each parameter lies.
    var checkpointLayout: CheckpointLayout { get }
}

extension LaidOutModel {
    /// The parameters with the names and layouts of the file.
    public func checkpointTensors() -> [(name: String, tensor: Tensor)] {
        checkpointLayout.external(parameters)
    }

    /// Takes weights with the file's names; the model is unchanged if they do not fit.
    public mutating func loadCheckpoint(_ tensors: [String: Tensor], from place: String) throws {
        try checkpointLayout.load(tensors, into: &self, from: place)
    }
}

/// A model that no other program knows: the tensors of its file have the names and layouts of its parameters.
protocol OwnLayoutModel: LaidOutModel {}

extension OwnLayoutModel {
    var checkpointLayout: CheckpointLayout { .own(parameters.map(\.path)) }
}

extension CheckpointLayout {
    /// Each parameter under its own path.
    static func own(_ paths: [String]) -> CheckpointLayout {
        var layout = CheckpointLayout()
        for path in paths { layout.add(path, path) }
        return layout
    }
}
