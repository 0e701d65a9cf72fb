import SesameTensor

/// The state of a ``RecurrentNetwork`` after some tokens: what the next ones are read with.
///
/// A state is a value that callers hand on: for truncated backpropagation through time `detached()`, for beam
/// search with the rows of the surviving hypotheses. A layer keeps none.
public struct RecurrentState: Sendable {
    /// h of each layer, and of each direction of it (forward first): `[batch, size]`.
    public var hidden: [Tensor]
    /// An LSTM's c in the same order, `[batch, hidden]`; empty for other cells.
    public var cell: [Tensor]

    /// A state of the given tensors.
    public init(hidden: [Tensor], cell: [Tensor] = []) {
        self.hidden = hidden
        self.cell = cell
    }

    /// The state of the given rows of the batch, in this order; a row may be named several times.
    public func selectedRows(_ rows: IDTensor) -> RecurrentState {
        RecurrentState(
            hidden: hidden.map { $0.selectedRows(rows) }, cell: cell.map { $0.selectedRows(rows) })
    }

    /// The same values, through which no gradient flows.
    public func detached() -> RecurrentState {
        RecurrentState(hidden: hidden.map { $0.detached() }, cell: cell.map { $0.detached() })
    }
}
