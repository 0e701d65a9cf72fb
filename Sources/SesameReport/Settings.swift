#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// JSON as flat settings: `{"training":{"seed":3}}` is `training.seed` = `3`.
package struct Settings: Sendable, Hashable {
    /// One setting.
    package struct Entry: Sendable, Hashable {
        package let key: String
        package let value: String
    }

    /// The settings in the order of their keys.
    package let entries: [Entry]

    /// The settings of a JSON document; of one that cannot be read, the whole text under `settings`.
    package init(json: String) {
        guard let tree = try? JSONDecoder().decode(Tree.self, from: Data(json.utf8)) else {
            entries = [Entry(key: "settings", value: json)]
            return
        }
        var found: [Entry] = []
        tree.collect(under: "", into: &found)
        entries = found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    /// The value of a key.
    package subscript(key: String) -> String? { entries.first { $0.key == key }?.value }

    private enum Tree: Decodable {
        case leaf(String)
        case list([Tree])
        case object([String: Tree])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .leaf("none")
            } else if let value = try? container.decode(Bool.self) {
                self = .leaf(value ? "yes" : "no")
            } else if let value = try? container.decode(Int64.self) {
                self = .leaf("\(value)")
            } else if let value = try? container.decode(UInt64.self) {
                self = .leaf("\(value)")
            } else if let value = try? container.decode(Double.self) {
                self = .leaf(Self.text(value))
            } else if let value = try? container.decode(String.self) {
                self = .leaf(value)
            } else if let value = try? container.decode([Tree].self) {
                self = .list(value)
            } else {
                self = .object(try container.decode([String: Tree].self))
            }
        }

        /// The digits of a Float are enough for what was one: 0.1 rather than 0.10000000149011612.
        private static func text(_ value: Double) -> String {
            let short = "\(Float(value))"
            return Double(short) == value || Double(Float(value)) == value ? short : "\(value)"
        }

        func collect(under key: String, into entries: inout [Entry]) {
            switch self {
            case .leaf(let value): entries.append(Entry(key: key, value: value))
            case .list(let items):
                let values = items.map { if case .leaf(let value) = $0 { value } else { "…" } }
                entries.append(Entry(key: key, value: values.joined(separator: ", ")))
            case .object(let members):
                if members.isEmpty, !key.isEmpty {
                    entries.append(Entry(key: key, value: "default"))
                }
                for (name, value) in members {
                    // A case's payload has no name of its own, and "options" says nothing.
                    let isTransparent = name == "_0" || (key.isEmpty && name == "options")
                    value.collect(
                        under: isTransparent ? key : key.isEmpty ? name : "\(key).\(name)",
                        into: &entries)
                }
            }
        }
    }
}
