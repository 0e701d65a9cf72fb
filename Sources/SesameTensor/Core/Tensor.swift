import CSesameKernels
import Synchronization

/// A multi-dimensional array of 32-bit floats.
///
/// Elements lie row-major without gaps; the last axis varies fastest. A tensor is a value: assigning it
/// copies nothing, and changing one copy never changes another (memory is shared until one is written).
/// A tensor may be used from any thread.
///
/// Inside ``Module``'s `valueWithGradients` a tensor also knows how it was computed, so that gradients
/// can flow back; see ``requiresGradient``.
public struct Tensor: Sendable {
    /// The sizes of the axes.
    public let shape: Shape
    var storage: Storage
    /// The place on the tape that this tensor's gradient flows to.
    var edge: Edge?

    init(shape: Shape, storage: Storage, edge: Edge? = nil) {
        assert(storage.count == shape.elementCount)
        self.shape = shape
        self.storage = storage
        self.edge = edge
    }

    /// A tensor whose elements `body` writes, all of them.
    init(shape: Shape, initializingWith body: (UnsafeMutablePointer<Float>) -> Void) {
        let storage = Storage(count: shape.elementCount)
        body(storage.pointer)
        self.init(shape: shape, storage: storage)
    }

    /// A tensor of the given elements, in row-major order.
    ///
    /// - Precondition: as many scalars as the shape has elements.
    public init(_ scalars: [Float], shape: Shape) {
        require(
            scalars.count == shape.elementCount,
            "Tensor: shape \(shape) has \(shape.elementCount) elements, found \(scalars.count)")
        self.init(shape: shape) { pointer in
            scalars.withUnsafeBufferPointer { source in
                if let base = source.baseAddress {
                    pointer.initialize(from: base, count: source.count)
                }
            }
        }
    }

    /// A tensor of one element and no axes.
    public init(_ scalar: Float) { self.init(repeating: scalar, shape: []) }

    /// A tensor of zeros.
    public init(zeros shape: Shape) { self.init(repeating: 0, shape: shape) }

    /// A tensor whose elements are all `value`.
    public init(repeating value: Float, shape: Shape) {
        self.init(shape: shape) { sesame_fill(shape.elementCount, value, $0) }
    }

    /// A tensor whose elements `body` writes.
    ///
    /// - Parameters:
    ///   - shape: The tensor's shape.
    ///   - body: Must write every element of the buffer, which is not initialised.
    public init(
        unsafeUninitializedShape shape: Shape,
        initializingWith body: (UnsafeMutableBufferPointer<Float>) throws -> Void
    ) rethrows {
        let storage = Storage(count: shape.elementCount)
        try body(UnsafeMutableBufferPointer(start: storage.pointer, count: storage.count))
        self.init(shape: shape, storage: storage)
    }

    /// The number of elements.
    public var elementCount: Int { shape.elementCount }

    /// The elements in row-major order.
    public var scalars: [Float] { withUnsafeBufferPointer { Array($0) } }

    /// The element of a tensor that has only one.
    public var scalar: Float {
        require(
            elementCount == 1, "Tensor.scalar: expected one element, found shape \(shape)")
        return withPointer { $0[0] }
    }

    /// Whether this tensor was computed from parameters inside `valueWithGradients`.
    public var requiresGradient: Bool { edge != nil }

    /// The same elements without a connection to the tape: gradients do not flow through it.
    public func detached() -> Tensor { Tensor(shape: shape, storage: storage) }

    /// The same elements in another shape; no copy is made.
    ///
    /// - Precondition: the same number of elements.
    public func reshaped(_ shape: Shape) -> Tensor {
        require(
            shape.elementCount == elementCount,
            "reshaped: \(self.shape) has \(elementCount) elements, \(shape) has \(shape.elementCount)"
        )
        // Gradients are accumulated by element, so that a reshape needs no place on the tape.
        return Tensor(shape: shape, storage: storage, edge: edge)
    }
}

// MARK: Memory

extension Tensor {
    /// Calls `body` with the elements in row-major order. The pointer is valid during the call only.
    public func withUnsafeBufferPointer<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let storage = storage
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeBufferPointer(start: storage.pointer, count: storage.count))
    }

    /// Calls `body` with the elements for changing them in place; they are copied first where another
    /// tensor or a tape shares them. The result is no longer connected to the tape.
    public mutating func withUnsafeMutableBufferPointer<Result, Failure: Error>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        edge = nil
        if !isKnownUniquelyReferenced(&storage) { storage = Storage(copying: storage) }
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeMutableBufferPointer(start: storage.pointer, count: storage.count))
    }

    /// How many copies copy-on-write has made in this process.
    package static var copyCount: Int { Storage.copyCount.load(ordering: .relaxed) }

    @inline(__always)
    func withPointer<Result>(_ body: (UnsafePointer<Float>) -> Result) -> Result {
        withExtendedLifetime(storage) { body(UnsafePointer(storage.pointer)) }
    }

    /// This tensor's own memory if nobody shares it, else fresh memory, as the place for a result of
    /// `operation`, which is given the elements and a destination that may be the same.
    consuming func overwritten(
        _ operation: (_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>) -> Void
    ) -> Tensor {
        if isKnownUniquelyReferenced(&storage) {
            let storage = storage
            withExtendedLifetime(storage) {
                operation(UnsafePointer(storage.pointer), storage.pointer)
            }
            return Tensor(shape: shape, storage: storage)
        }
        let source = storage
        return Tensor(shape: shape) { target in
            withExtendedLifetime(source) { operation(UnsafePointer(source.pointer), target) }
        }
    }
}

/// Calls `body` with the elements of two tensors.
@inline(__always)
func withPointers<Result>(
    _ a: Tensor, _ b: Tensor,
    _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Result
) -> Result {
    a.withPointer { a in b.withPointer { b in body(a, b) } }
}

/// Calls `body` with the elements of three tensors.
@inline(__always)
func withPointers<Result>(
    _ a: Tensor, _ b: Tensor, _ c: Tensor,
    _ body: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>) -> Result
) -> Result {
    a.withPointer { a in b.withPointer { b in c.withPointer { c in body(a, b, c) } } }
}

extension Tensor? {
    /// Calls `body` with the elements, or with nil.
    @inline(__always)
    func withOptionalPointer<Result>(_ body: (UnsafePointer<Float>?) -> Result) -> Result {
        switch self {
        case .some(let tensor): tensor.withPointer { body($0) }
        case .none: body(nil)
        }
    }
}

extension Tensor: CustomStringConvertible {
    /// The shape and the first elements.
    public var description: String {
        let shown = withUnsafeBufferPointer { $0.prefix(8).map { "\($0)" } }
        let more = elementCount > shown.count ? ", …" : ""
        return "Tensor \(shape): " + shown.joined(separator: ", ") + more
    }
}
