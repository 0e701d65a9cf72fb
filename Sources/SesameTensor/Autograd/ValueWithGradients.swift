extension Module {
    /// Computes a loss and its gradients with respect to this module's parameters.
    ///
    ///     let (loss, gradients) = model.valueWithGradients { $0.loss(batch, context: context) }
    ///
    /// - Parameters:
    ///   - trainable: Which parameters get a gradient, in their order; nil for all. No work is done for
    ///     the others, nor for what only they take part in.
    ///   - body: computes the loss, a tensor of one element, from the module it is given.
    /// - Returns: The loss, and the gradients in the order of the parameters. A parameter that the loss
    ///   does not depend on has none.
    public func valueWithGradients(
        trainable: [Bool]? = nil, _ body: (Self) throws -> Tensor
    ) rethrows -> (value: Float, gradients: Gradients) {
        let (value, _, gradients) = try valueWithGradients(trainable: trainable) {
            (try body($0), ())
        }
        return (value, gradients)
    }

    /// Computes a loss and its gradients, and hands out something else that the body has computed.
    ///
    /// - Parameters:
    ///   - trainable: Which parameters get a gradient, in their order; nil for all.
    ///   - body: computes the loss, a tensor of one element, and an extra value from the module
    ///     it is given. Tensors in the extra value are values only: they cannot take part in another
    ///     gradient computation, other than by `detached()`.
    /// - Returns: The loss, the extra value, and the gradients in the order of the parameters.
    public func valueWithGradients<Extra>(
        trainable: [Bool]? = nil, _ body: (Self) throws -> (loss: Tensor, extra: Extra)
    ) rethrows -> (value: Float, extra: Extra, gradients: Gradients) {
        var tagger = LeafTagger(trainable: trainable)
        var model = self
        model.visitParameters(&tagger, at: ParameterPath())
        require(
            trainable == nil || trainable?.count == tagger.shapes.count,
            "valueWithGradients: \(trainable?.count ?? 0) choices for \(tagger.shapes.count) parameters"
        )
        let result = try body(model)
        require(
            result.loss.elementCount == 1,
            "valueWithGradients: the loss has one element, found shape \(result.loss.shape)")
        let value = result.loss.scalar
        let tensors = BackwardPass.gradients(of: result.loss, leaves: tagger.leaves)
        var gradients = [Tensor?](repeating: nil, count: tagger.shapes.count)
        for (place, tensor) in zip(tagger.places, tensors) {
            gradients[place] = tensor?.reshaped(tagger.shapes[place])
        }
        return (value, result.extra, Gradients(paths: tagger.paths, tensors: gradients))
    }
}

/// Makes every trainable parameter a leaf of the tape.
private struct LeafTagger: ParameterVisitor {
    let trainable: [Bool]?
    var leaves: [Node] = []
    /// The leaves' places among the parameters.
    var places: [Int] = []
    var shapes: [Shape] = []
    var paths: [ParameterPath] = []

    init(trainable: [Bool]?) { self.trainable = trainable }

    mutating func visit(_ tensor: inout Tensor, at path: ParameterPath) {
        defer {
            shapes.append(tensor.shape)
            paths.append(path)
        }
        let place = shapes.count
        if let trainable, !trainable.indices.contains(place) || !trainable[place] { return }
        let leaf = Node()
        tensor.edge = Edge(node: leaf, output: 0)
        leaves.append(leaf)
        places.append(place)
    }
}
