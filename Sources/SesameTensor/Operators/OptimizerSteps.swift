import CSesameKernels

// One parameter's step of an optimizer, in place: the arithmetic; SesameNN has the optimizers.

extension Tensor {
    /// The constants of a step of Adam or AdamW.
    package struct AdamOptions: Sendable {
        package var learningRate: Float
        package var beta1: Float
        package var beta2: Float
        package var epsilon: Float
        package var weightDecay: Float
        /// 1 - β1^t and 1 - β2^t.
        package var biasCorrection1: Float
        package var biasCorrection2: Float
        /// What the gradient is multiplied by first (clipping).
        package var gradientScale: Float
        /// AdamW's decay of the parameter rather than Adam's of the gradient.
        package var decoupled: Bool

        package init(
            learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float,
            biasCorrection1: Float, biasCorrection2: Float, gradientScale: Float, decoupled: Bool
        ) {
            self.learningRate = learningRate
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
            self.biasCorrection1 = biasCorrection1
            self.biasCorrection2 = biasCorrection2
            self.gradientScale = gradientScale
            self.decoupled = decoupled
        }
    }

    /// A step of Adam or AdamW on this parameter.
    package mutating func adamStep(
        _ options: AdamOptions, gradient: Tensor, firstMoment: inout Tensor,
        secondMoment: inout Tensor
    ) {
        require(
            shape == gradient.shape && shape == firstMoment.shape && shape == secondMoment.shape,
            "adamStep: parameter \(shape), gradient \(gradient.shape), "
                + "moments \(firstMoment.shape) and \(secondMoment.shape)")
        var kernelOptions = sesame_adam(
            learning_rate: options.learningRate, beta1: options.beta1, beta2: options.beta2,
            epsilon: options.epsilon, weight_decay: options.weightDecay,
            bias_correction1: options.biasCorrection1, bias_correction2: options.biasCorrection2,
            gradient_scale: options.gradientScale, decoupled: options.decoupled)
        withUnsafeMutableBufferPointer { parameter in
            firstMoment.withUnsafeMutableBufferPointer { first in
                secondMoment.withUnsafeMutableBufferPointer { second in
                    gradient.withPointer { gradient in
                        sesame_adam_step(
                            &kernelOptions, parameter.count, gradient, parameter.baseAddress,
                            first.baseAddress, second.baseAddress)
                    }
                }
            }
        }
    }

    /// A step of gradient descent on this parameter; without momentum the velocity is nil.
    package mutating func sgdStep(
        learningRate: Float, momentum: Float, nesterov: Bool, weightDecay: Float,
        gradientScale: Float, gradient: Tensor, velocity: inout Tensor?
    ) {
        require(
            shape == gradient.shape && (velocity == nil || velocity?.shape == shape),
            "sgdStep: parameter \(shape), gradient \(gradient.shape)")
        require(momentum == 0 || velocity != nil, "sgdStep: momentum needs a velocity")
        withUnsafeMutableBufferPointer { parameter in
            gradient.withPointer { gradient in
                func step(_ velocity: UnsafeMutablePointer<Float>?) {
                    sesame_sgd_step(
                        parameter.count, learningRate, momentum, nesterov, weightDecay,
                        gradientScale, gradient, parameter.baseAddress, velocity)
                }
                if velocity?.withUnsafeMutableBufferPointer({ step($0.baseAddress) }) == nil {
                    step(nil)
                }
            }
        }
    }

    /// Adds the gradient of l1 Σ|p| + l2/2 Σp² to this gradient.
    package mutating func addPenaltyGradient(l1: Float, l2: Float, parameter: Tensor) {
        require(
            shape == parameter.shape,
            "addPenaltyGradient: gradient \(shape), parameter \(parameter.shape)")
        withUnsafeMutableBufferPointer { gradient in
            parameter.withPointer {
                sesame_add_penalty_gradient(
                    gradient.count, l1, l2, $0, gradient.baseAddress)
            }
        }
    }
}
