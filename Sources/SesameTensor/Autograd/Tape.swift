import Synchronization

// The tape: a graph of the operators that were applied to parameters, from which gradients are computed.
//
// A node is made when an operator runs on an input that requires a gradient. It holds its inputs' nodes
// and a closure that turns the gradient of its outputs into gradients of its inputs. The closure holds
// detached tensors, and only those that the backward pass needs, so that nodes are owned by nodes after
// them and by tensors alone: there are no cycles, and a node is freed as soon as it has been walked.
//
// A node's id is larger than those of its inputs, so that walking ids downwards visits every node after
// all that depend on it. That is the topological order; none has to be computed.

/// A node's output, as the destination of a gradient.
struct Edge: Sendable {
    let node: Node
    let output: Int
}

/// The closure of an operator's backward pass.
typealias BackwardFunction = @Sendable (inout BackwardPass) -> Void

/// One application of an operator, or a leaf: a parameter.
final class Node: Sendable {
    struct Work {
        var inputs: [Edge?]
        var backward: BackwardFunction
    }

    let id: Int
    let isLeaf: Bool
    private let work: Mutex<Work?>

    private static let counter = Atomic<Int>(0)

    /// A leaf.
    init() {
        id = Node.counter.add(1, ordering: .relaxed).newValue
        isLeaf = true
        work = Mutex(nil)
    }

    init(inputs: [Edge?], backward: @escaping BackwardFunction) {
        id = Node.counter.add(1, ordering: .relaxed).newValue
        isLeaf = false
        work = Mutex(Work(inputs: inputs, backward: backward))
    }

    /// The node's work, which the node then no longer holds. Nil where it was taken before.
    func takeWork() -> Work? {
        work.withLock { work in
            let taken = work
            work = nil
            return taken
        }
    }

    deinit {
        // A long chain would otherwise be freed by recursion, one stack frame a node.
        guard !isLeaf else { return }
        var pending: [Node] = []
        moveInputs(to: &pending)
        while var node = pending.popLast() {
            if isKnownUniquelyReferenced(&node) { node.moveInputs(to: &pending) }
        }
    }

    /// Drops this node's work and hands over its inputs. A function of its own, so that no local of the
    /// caller counts as another owner.
    @inline(never)
    private func moveInputs(to nodes: inout [Node]) {
        guard let work = takeWork() else { return }
        for edge in work.inputs { if let edge { nodes.append(edge.node) } }
    }
}

extension Tensor {
    /// Records the operator that this tensor is the only output of.
    mutating func record(inputs: [Edge?], backward: @escaping BackwardFunction) {
        edge = Edge(node: Node(inputs: inputs, backward: backward), output: 0)
    }
}

/// A value that is handed over once.
///
/// A closure's captures live until the closure does; what it takes out of here has no other owner, so
/// that a gradient can be passed on and then be added to in place.
final class Handover: Sendable {
    private let value: Mutex<Tensor?>

    init(_ value: Tensor) { self.value = Mutex(value) }

    func take() -> Tensor {
        let taken = value.withLock { value in
            let taken = value
            value = nil
            return taken
        }
        guard let taken else { invariantBroken("Handover: taken twice") }
        return taken
    }
}
