/// The place of a parameter in a module: `layers.3.attention.query.weight`.
///
/// A path is built while a module visits its parameters, `path / "layers" / 3 / "weight"`, and turned into
/// text only where somebody asks, so that a training step spends nothing on it.
public struct ParameterPath: Sendable {
    private final class Part: Sendable {
        let parent: Part?
        let name: String
        let index: Int

        init(parent: Part?, name: String, index: Int) {
            self.parent = parent
            self.name = name
            self.index = index
        }
    }

    private var last: Part?

    /// The empty path: the module itself.
    public init() {}

    /// The path of one name.
    public init(_ name: String) { self = ParameterPath() / name }

    /// A part's path.
    public static func / (path: ParameterPath, name: String) -> ParameterPath {
        var result = path
        result.last = Part(parent: path.last, name: name, index: -1)
        return result
    }

    /// An element's path.
    public static func / (path: ParameterPath, index: Int) -> ParameterPath {
        var result = path
        result.last = Part(parent: path.last, name: "", index: index)
        return result
    }
}

extension ParameterPath: CustomStringConvertible, Hashable {
    /// The parts, joined by dots.
    public var description: String {
        var parts: [String] = []
        var part = last
        while let current = part {
            parts.append(current.index < 0 ? current.name : String(current.index))
            part = current.parent
        }
        return parts.reversed().joined(separator: ".")
    }

    /// Whether both are written the same.
    public static func == (a: ParameterPath, b: ParameterPath) -> Bool {
        a.description == b.description
    }

    /// Hashes the path as it is written.
    public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
