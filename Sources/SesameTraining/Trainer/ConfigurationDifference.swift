#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A value that a checkpoint was made with and a run has differently.
struct ConfigurationDifference: Equatable {
    /// Its name, without the objects around it that only group values.
    let name: String
    /// What the checkpoint was made with; nil where it knows no such value.
    let expected: String?
    /// What the run has; nil where it has no such value.
    let found: String?

    /// What differs between two JSON objects, the likeliest causes first.
    static func between(expected: String, found: String) -> [ConfigurationDifference] {
        let (left, right) = (values(expected), values(found))
        guard !left.isEmpty || !right.isEmpty else {
            return expected == found
                ? [] : [ConfigurationDifference(name: "configuration", expected: nil, found: nil)]
        }
        return Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }
            .sorted { (rank($0), $0) < (rank($1), $1) }
            .map {
                ConfigurationDifference(
                    name: $0, expected: left[$0].map(text), found: right[$0].map(text))
            }
    }

    /// "another tokenizer (expected a1, found b2), another seed (expected 1, found 2) and 3 more".
    static func text(_ differences: [ConfigurationDifference]) -> String {
        let shown = differences.prefix(3).map { difference in
            let values = (difference.expected ?? "nothing", difference.found ?? "nothing")
            return difference.expected == nil && difference.found == nil
                ? "another \(difference.name)"
                : "another \(difference.name) (expected \(values.0), found \(values.1))"
        }
        let rest = differences.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    /// One wrong tokenizer or corpus makes several values differ; it is named first.
    private static let causes = ["kind", "tokenizer", "vocabulary", "corpus", "base"]

    private static func rank(_ name: String) -> Int {
        causes.firstIndex { name.hasPrefix($0) } ?? causes.count
    }

    /// Names of objects that only group values, and of Swift's unnamed enum payloads.
    private static let groups: Set = ["options", "training", "dependencies", "_0"]

    private static func values(_ text: String) -> [String: JSONValue] {
        var result: [String: JSONValue] = [:]
        func collect(_ value: JSONValue, _ path: [String]) {
            guard case .object(let members) = value, !members.isEmpty else {
                result[path.joined(separator: ".")] = value
                return
            }
            for (name, member) in members {
                collect(member, groups.contains(name) ? path : path + [name])
            }
        }
        let root = try? JSONDecoder().decode([String: JSONValue].self, from: Data(text.utf8))
        for (name, value) in root ?? [:] { collect(value, groups.contains(name) ? [] : [name]) }
        return result
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value.count > 60 ? value.prefix(60) + "…" : value
        case .array(let values): "[" + values.map(text).joined(separator: ", ") + "]"
        case .object: "{}"
        }
    }
}
