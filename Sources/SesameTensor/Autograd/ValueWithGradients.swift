extension Module {
    /// Computes a loss and its gradients with respect to this module's parameters.
    ///
    ///     let (loss, gradients) = model.valueWithGradients { $0.loss(batch, context: context) }
    ///
    /// - Parameter body: computes the loss, a tensor of one element, from the module it is given.
    /// - Returns: The loss, and the gradients in the order of the parameters. A parameter that the loss
    ///   does not depend on has none.
    public func valueWithGradients(
        _ body: (Self) throws -> Tensor
    ) rethrows -> (value: Float, gradients: Gradients) {
        let (value, _, gradients) = try valueWithGradients { (try body($0), ()) }
        return (value, gradients)
    }

    /// Computes a loss and its gradients, and hands out something else that the body has computed.
    ///
    /// - Parameter body: computes the loss, a tensor of one element, and an extra value from the module
    ///   it is given. Tensors in the extra value are values only: they cannot take part in another
    ///   gradient computation, other than by `detached()`.
    /// - Returns: The loss, the extra value, and the gradients in the order of the parameters.
    public func valueWithGradients<Extra>(
        _ body: (Self) throws -> (loss: Tensor, extra: Extra)
    ) rethrows -> (value: Float, extra: Extra, gradients: Gradients) {
        var tagger = LeafTagger()
        var model = self
        model.visitParameters(&tagger, at: ParameterPath())
        let result = try body(model)
        require(
            result.loss.elementCount == 1,
            "valueWithGradients: the loss has one element, found shape \(result.loss.shape)")
        let value = result.loss.scalar
        let tensors = BackwardPass.gradients(of: result.loss, leaves: tagger.leaves)
        let gradients = zip(tagger.shapes, tensors).map { shape, tensor in
            tensor?.reshaped(shape)
        }
        return (value, result.extra, Gradients(paths: tagger.paths, tensors: gradients))
    }
}

/// Makes every parameter a leaf of the tape.
private struct LeafTagger: ParameterVisitor {
    var leaves: [Node] = []
    var shapes: [Shape] = []
    var paths: [ParameterPath] = []

    mutating func visit(_ tensor: inout Tensor, at path: ParameterPath) {
        let leaf = Node()
        tensor.edge = Edge(node: leaf, output: 0)
        leaves.append(leaf)
        shapes.append(tensor.shape)
        paths.append(path)
    }
}
