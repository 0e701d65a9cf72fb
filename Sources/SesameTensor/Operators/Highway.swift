import CSesameKernels

/// The elementwise part of a highway layer: y = x + σ(t) (f(h) - x).
///
/// - Parameters:
///   - x: `[..., size]`.
///   - gates: `[..., 2 · size]`: t, the gate, and h, the candidate, beside each other, both before their
///     activation.
///   - activation: f.
/// - Returns: `[..., size]`.
///
/// Source: Srivastava et al. 2015, "Highway networks", equation 3.
public func highway(_ x: Tensor, gates: Tensor, activation: Activation = .relu) -> Tensor {
    let (rows, columns) = (x.shape.leading, x.shape.last)
    require(
        gates.shape == x.shape.replacingLast(with: 2 * columns),
        "highway: expected gates \(x.shape.replacingLast(with: 2 * columns)), found \(gates.shape)")
    var y = Tensor(shape: x.shape) { out in
        withPointers(x, gates) {
            sesame_highway_forward(activation.kernel, rows, columns, $0, $1, out)
        }
    }
    if x.requiresGradient || gates.requiresGradient {
        let (keptX, keptGates) = (x.detached(), gates.detached())
        y.record(inputs: [x.edge, gates.edge]) { pass in
            let dGates = Tensor(shape: keptGates.shape) { _ in }
            let dX = pass.takeOnly().overwritten { dY, dX in
                withPointers(keptX, keptGates) {
                    sesame_highway_backward(
                        activation.kernel, rows, columns, $0, $1, dY, dX, dGates.storage.pointer)
                }
            }
            pass.add(dX, to: 0)
            pass.add(dGates, to: 1)
        }
    }
    return y
}
