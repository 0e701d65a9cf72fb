import SesameTensor

/// What a task hands from each batch to the next, such as the states of a recurrent network that reads its
/// text from beginning to end.
///
/// It is a value like the model: the trainer keeps it between batches and saves it with every checkpoint, so
/// that a resumed run goes on with the same bits. No gradient flows through it.
public protocol BatchCarry: Sendable {
    /// What the first batch is given.
    init()

    /// What a checkpoint must hold, detached.
    var tensors: [(name: String, tensor: Tensor)] { get }

    /// The carry that has these tensors.
    ///
    /// - Throws: ``TrainingError`` where they do not belong together.
    init(tensors: [String: Tensor]) throws
}

/// Batches that know nothing of each other.
public struct NoCarry: BatchCarry {
    /// The only value.
    public init() {}

    /// None.
    public var tensors: [(name: String, tensor: Tensor)] { [] }

    /// The only value.
    public init(tensors: [String: Tensor]) {}
}
