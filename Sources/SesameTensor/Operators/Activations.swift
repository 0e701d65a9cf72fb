import CSesameKernels

extension Tensor {
    /// Exact GELU, x/2 (1 + erf(x/√2)), of every element (Hendrycks & Gimpel 2016).
    public func gelu() -> Tensor { activated(.gelu) }

    /// GPT-2's approximation of GELU, x/2 (1 + tanh(√(2/π)(x + 0.044715 x³))), of every element.
    public func geluTanh() -> Tensor { activated(.geluTanh) }

    /// max(x, 0) of every element; the gradient at 0 is 0.
    public func relu() -> Tensor { activated(.relu) }

    /// The hyperbolic tangent of every element.
    public func tanh() -> Tensor { activated(.tanh) }

    /// 1 / (1 + exp(-x)) of every element.
    public func sigmoid() -> Tensor { activated(.sigmoid) }

    /// The activation of every element.
    public func activated(_ activation: Activation) -> Tensor {
        guard activation != .identity else { return self }
        let count = elementCount
        var y = Tensor(shape: shape) { out in
            withPointer { sesame_activation_forward(activation.kernel, count, $0, out) }
        }
        if requiresGradient {
            let x = detached()
            y.record(inputs: [edge]) { pass in
                let gradient = pass.takeOnly().overwritten { dY, dX in
                    x.withPointer {
                        sesame_activation_backward(activation.kernel, count, $0, dY, dX)
                    }
                }
                pass.add(gradient, to: 0)
            }
        }
        return y
    }
}
