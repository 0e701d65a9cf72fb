import CSesameKernels

/// How a matrix product computes. Storage and accumulation are 32-bit floats either way.
public enum Precision: String, Codable, Sendable, CaseIterable {
    /// Operands stay 32-bit floats.
    case float32
    /// Operands are rounded to bfloat16 (8 bits of mantissa, nearest even) on their way into the product:
    /// twice the arithmetic rate where the processor has AVX512-BF16.
    case bfloat16

    var kernel: sesame_precision {
        switch self {
        case .float32: SESAME_FLOAT32
        case .bfloat16: SESAME_BFLOAT16
        }
    }
}

/// An elementwise nonlinearity.
public enum Activation: String, Codable, Sendable, CaseIterable {
    /// x.
    case identity
    /// Exact GELU, x/2 (1 + erf(x/√2)), as in BERT (Hendrycks & Gimpel 2016).
    case gelu
    /// GPT-2's approximation, x/2 (1 + tanh(√(2/π)(x + 0.044715 x³))).
    case geluTanh
    /// max(x, 0).
    case relu
    /// The hyperbolic tangent.
    case tanh
    /// 1 / (1 + exp(-x)).
    case sigmoid

    var kernel: sesame_activation {
        switch self {
        case .identity: SESAME_IDENTITY
        case .gelu: SESAME_GELU
        case .geluTanh: SESAME_GELU_TANH
        case .relu: SESAME_RELU
        case .tanh: SESAME_TANH
        case .sigmoid: SESAME_SIGMOID
        }
    }
}

/// The threads that operators run on.
public enum Threads {
    /// The number of threads, the calling one included; setting 0 means one for each core.
    ///
    /// Results do not depend on it: the same seed gives the same bits at any number.
    public static var count: Int {
        get { sesame_thread_count() }
        set {
            require(newValue >= 0, "Threads.count: at least 0, found \(newValue)")
            sesame_set_thread_count(newValue)
        }
    }
}

/// The instruction sets that operators are compiled for.
public enum InstructionSet: String, CaseIterable, Sendable {
    /// Plain C, on every machine.
    case portable
    /// x86-64 with AVX2 and FMA.
    case avx2
    /// x86-64 with AVX-512 F, BW, VL and DQ.
    case avx512
    /// The same with AVX512-BF16.
    case avx512BFloat16 = "avx512_bf16"
    /// 64-bit ARM.
    case neon

    private var kernel: sesame_isa {
        switch self {
        case .portable: SESAME_ISA_PORTABLE
        case .avx2: SESAME_ISA_AVX2
        case .avx512: SESAME_ISA_AVX512
        case .avx512BFloat16: SESAME_ISA_AVX512_BF16
        case .neon: SESAME_ISA_NEON
        }
    }

    /// Whether this build and this machine can run it.
    public var isAvailable: Bool { sesame_isa_available(kernel) }

    /// The one in use: the best available, unless ``use(_:)`` or the environment variable `SESAME_ISA`
    /// chose another.
    public static var current: InstructionSet {
        let kernel = sesame_isa_current()
        return allCases.first { $0.kernel == kernel } ?? .portable
    }

    /// Chooses the instruction set for the whole process.
    ///
    /// Must not be called while another thread computes with tensors.
    /// - Throws: ``TensorError`` with code `.unavailableInstructionSet`.
    public static func use(_ instructionSet: InstructionSet) throws {
        guard sesame_isa_use(instructionSet.kernel) else {
            throw TensorError(
                .unavailableInstructionSet(
                    name: instructionSet.rawValue,
                    available: allCases.filter(\.isAvailable).map(\.rawValue)))
        }
    }
}
