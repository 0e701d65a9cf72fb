import CSesameKernels

/// One walk back over the tape: the gradients on their way, and what a backward closure may do.
///
/// Gradients are kept by element; their shape may be any of the right element count (a reshape has no
/// node), so that closures use the shapes of their own values.
struct BackwardPass {
    /// What is known of a node whose turn has not come.
    private struct Slot {
        var node: Node?
        var gradient: Tensor?
        /// The gradients of outputs 1 and up, for the operators that have them.
        var others: [Tensor?] = []

        mutating func swapOther(_ output: Int, _ value: inout Tensor?) {
            while others.count < output { others.append(nil) }
            swap(&others[output - 1], &value)
        }
    }

    /// The id of the first leaf. Older nodes cannot depend on a leaf and are left alone.
    private let base: Int
    private var slots: [Slot]
    private var inputs: [Edge?] = []
    private var current = 0

    /// The gradients of `loss` with respect to the leaves.
    ///
    /// The graph is consumed: what a node keeps is freed right after its turn, even where tensors of the
    /// graph are still held somewhere.
    static func gradients(of loss: Tensor, leaves: [Node]) -> [Tensor?] {
        guard let base = leaves.first?.id, let root = loss.edge, root.node.id >= base else {
            return leaves.map { _ in nil }
        }
        var pass = BackwardPass(base: base, top: root.node.id)
        pass.deliver(Tensor(repeating: 1, shape: loss.shape), to: root)
        pass.walk(from: root.node.id)
        return leaves.map { pass.slots[safe: $0.id - base]?.gradient }
    }

    private init(base: Int, top: Int) {
        self.base = base
        slots = [Slot](repeating: Slot(), count: top - base + 1)
    }

    private mutating func walk(from top: Int) {
        for index in stride(from: top - base, through: 0, by: -1) {
            guard let node = slots[index].node, !node.isLeaf else { continue }
            slots[index].node = nil
            guard let work = node.takeWork() else {
                invariantBroken(
                    "A tensor of a gradient computation that is over was used in another one; "
                        + "use its detached() value")
            }
            current = index
            inputs = work.inputs
            work.backward(&self)
            slots[index] = Slot()
            inputs = []
        }
    }

    /// The gradient of an output of the current node; nil where none has arrived. It has no other owner
    /// than the caller, unless another node received the same gradient.
    mutating func take(_ output: Int = 0) -> Tensor? {
        var taken: Tensor?
        if output == 0 {
            swap(&taken, &slots[current].gradient)
        } else {
            slots[current].swapOther(output, &taken)
        }
        return taken
    }

    /// The gradient of the only output.
    mutating func takeOnly() -> Tensor {
        guard let gradient = take() else {
            invariantBroken("BackwardPass: a node was visited without a gradient")
        }
        return gradient
    }

    /// Whether an input of the current node requires a gradient.
    func needs(_ input: Int) -> Bool {
        guard let edge = inputs[input] else { return false }
        return edge.node.id >= base
    }

    /// Adds `gradient` to that of an input.
    mutating func add(_ gradient: consuming Tensor, to input: Int) {
        guard needs(input), let edge = inputs[input] else { return }
        deliver(gradient, to: edge)
    }

    /// Adds to the gradient of an input in the gradient's own memory.
    ///
    /// - Parameter body: given `accumulating`, adds to the elements, otherwise overwrites them all.
    mutating func accumulate(
        to input: Int, shape: Shape,
        _ body: (_ gradient: UnsafeMutablePointer<Float>, _ accumulating: Bool) -> Void
    ) {
        guard needs(input), let edge = inputs[input] else { return }
        if var existing = exchange(nil, at: edge) {
            existing.withUnsafeMutableBufferPointer { buffer in
                if let base = buffer.baseAddress { body(base, true) }
            }
            _ = exchange(existing, at: edge)
        } else {
            _ = exchange(Tensor(shape: shape) { body($0, false) }, at: edge)
        }
    }

    private mutating func deliver(_ gradient: consuming Tensor, to edge: Edge) {
        if var sum = exchange(nil, at: edge) {
            require(
                sum.elementCount == gradient.elementCount,
                "BackwardPass: gradients of \(sum.shape) and \(gradient.shape) for one tensor")
            sum.addGradient(gradient)
            _ = exchange(sum, at: edge)
        } else {
            _ = exchange(gradient, at: edge)
        }
    }

    /// Puts a gradient into an edge's slot and gives what was there, which the slot then does not hold.
    private mutating func exchange(_ gradient: consuming Tensor?, at edge: Edge) -> Tensor? {
        let index = edge.node.id - base
        if slots[index].node == nil { slots[index].node = edge.node }
        var value: Tensor? = gradient
        if edge.output == 0 {
            swap(&value, &slots[index].gradient)
        } else {
            slots[index].swapOther(edge.output, &value)
        }
        return value
    }
}

extension Tensor {
    /// Adds a gradient, in place where one of the two has no other owner.
    fileprivate mutating func addGradient(_ other: consuming Tensor) {
        let count = elementCount
        if !isKnownUniquelyReferenced(&storage) {
            if isKnownUniquelyReferenced(&other.storage) {
                swap(&storage, &other.storage)
            } else {
                let a = storage
                let b = other.storage
                storage = Storage(count: count)
                withExtendedLifetime((a, b)) {
                    sesame_add(count, a.pointer, b.pointer, storage.pointer)
                }
                return
            }
        }
        let target = storage
        let source = other.storage
        withExtendedLifetime((target, source)) {
            sesame_axpy(count, 1, source.pointer, target.pointer)
        }
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? {
        indices.contains(index) ? self[index] : nil
    }
}
