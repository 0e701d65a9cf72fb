import CSesameKernels

/// Dropout: zeroes elements at random and scales the others by 1 / (1 - probability).
///
/// The mask depends on the key alone, and is computed again for the gradient rather than stored.
/// - Parameters:
///   - x: any shape.
///   - probability: of zeroing an element, in `0..<1`; 0 returns `x` itself.
///   - key: of the mask.
///
/// Source: Srivastava et al. 2014, "Dropout", in the inverted form.
public func dropout(_ x: Tensor, probability: Float, key: RandomKey) -> Tensor {
    require(
        probability >= 0 && probability < 1,
        "dropout: expected a probability in 0..<1, found \(probability)")
    guard probability > 0 else { return x }
    let count = x.elementCount
    var y = Tensor(shape: x.shape) { out in
        x.withPointer { sesame_dropout(count, probability, key.kernel, $0, out) }
    }
    if x.requiresGradient {
        y.record(inputs: [x.edge]) { pass in
            let gradient = pass.takeOnly().overwritten {
                sesame_dropout(count, probability, key.kernel, $0, $1)
            }
            pass.add(gradient, to: 0)
        }
    }
    return y
}
