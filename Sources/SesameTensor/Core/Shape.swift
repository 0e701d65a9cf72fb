/// The sizes of a tensor's axes, outermost first. At most five axes, stored inline.
///
/// A shape is a collection of its axis sizes: `shape[0]`, `shape.count` (the rank), `for size in shape`.
/// The empty shape `[]` belongs to a tensor of one element.
public struct Shape: Sendable, Hashable {
    /// The largest number of axes.
    public static let maximumRank = 5

    private var size0 = 0
    private var size1 = 0
    private var size2 = 0
    private var size3 = 0
    private var size4 = 0
    private var rank: UInt8 = 0

    /// The number of elements: the product of all sizes, 1 for the empty shape.
    public private(set) var elementCount = 1

    /// A shape of the given sizes.
    ///
    /// - Precondition: at most five sizes, none negative, with a product that fits an `Int`.
    public init(_ sizes: some Collection<Int>) {
        require(
            sizes.count <= Shape.maximumRank,
            "Shape: at most \(Shape.maximumRank) axes, found \(sizes.count): \(Array(sizes))")
        for size in sizes { append(size) }
    }

    /// The shape of one axis.
    package init(_ size: Int) { append(size) }

    /// The shape of a matrix.
    package init(_ rows: Int, _ columns: Int) {
        append(rows)
        append(columns)
    }

    /// The shape of a batch of matrices.
    package init(_ batch: Int, _ rows: Int, _ columns: Int) {
        append(batch)
        append(rows)
        append(columns)
    }

    private mutating func append(_ size: Int) {
        require(size >= 0, "Shape: a size is at least 0, found \(size)")
        require(rank < Shape.maximumRank, "Shape: at most \(Shape.maximumRank) axes")
        rank += 1
        set(size, at: Int(rank) - 1)
        let (product, overflow) = elementCount.multipliedReportingOverflow(by: size)
        require(!overflow, "Shape: too many elements: \(Array(self))")
        elementCount = product
    }

    private mutating func set(_ size: Int, at axis: Int) {
        switch axis {
        case 0: size0 = size
        case 1: size1 = size
        case 2: size2 = size
        case 3: size3 = size
        default: size4 = size
        }
    }

    /// The size of the last axis; 1 for the empty shape.
    public var last: Int { rank == 0 ? 1 : self[Int(rank) - 1] }

    /// The number of rows: the product of all sizes but the last.
    public var leading: Int {
        var product = 1
        for axis in 0..<Swift.max(0, Int(rank) - 1) { product *= self[axis] }
        return product
    }

    /// This shape without its last axis.
    public var droppingLast: Shape {
        var result = Shape([])
        for axis in 0..<Swift.max(0, Int(rank) - 1) { result.append(self[axis]) }
        return result
    }

    /// This shape with another last size; the empty shape becomes `[size]`.
    public func replacingLast(with size: Int) -> Shape { droppingLast.appending(size) }

    /// This shape with one more axis at the end.
    public func appending(_ size: Int) -> Shape {
        var result = self
        result.append(size)
        return result
    }

    /// This shape with `size` at `axis`.
    public func replacing(axis: Int, with size: Int) -> Shape {
        var result = Shape([])
        for index in 0..<count { result.append(index == axis ? size : self[index]) }
        return result
    }

    /// This shape without `axis`.
    public func removing(axis: Int) -> Shape {
        var result = Shape([])
        for index in 0..<count where index != axis { result.append(self[index]) }
        return result
    }

    /// Whether the sizes of this shape are the last sizes of `other`.
    public func isSuffix(of other: Shape) -> Bool {
        guard count <= other.count else { return false }
        for axis in 0..<count where self[axis] != other[axis + other.count - count] { return false }
        return true
    }

    /// The three sizes a walk along `axis` needs: everything before it, its own, everything after.
    package func split(at axis: Int) -> (outer: Int, size: Int, inner: Int) {
        var outer = 1
        for index in 0..<axis { outer *= self[index] }
        var inner = 1
        for index in (axis + 1)..<Swift.max(axis + 1, count) { inner *= self[index] }
        return (outer, self[axis], inner)
    }
}

extension Shape: RandomAccessCollection {
    /// The first axis.
    public var startIndex: Int { 0 }

    /// The number of axes.
    public var endIndex: Int { Int(rank) }

    /// The size of an axis.
    public subscript(axis: Int) -> Int {
        require(axis >= 0 && axis < Int(rank), "Shape: no axis \(axis) in rank \(rank)")
        switch axis {
        case 0: return size0
        case 1: return size1
        case 2: return size2
        case 3: return size3
        default: return size4
        }
    }
}

extension Shape: ExpressibleByArrayLiteral {
    /// A shape of the given sizes.
    public init(arrayLiteral sizes: Int...) { self.init(sizes) }
}

extension Shape: CustomStringConvertible {
    /// The sizes in brackets: `[2, 3]`.
    public var description: String { "[" + map(String.init).joined(separator: ", ") + "]" }
}
