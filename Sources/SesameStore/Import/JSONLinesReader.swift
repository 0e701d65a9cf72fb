#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A JSON object a line.
struct JSONLinesReader: RecordReader {
    private let lines: LineReader
    private let decoder = JSONDecoder()
    private let strictUTF8: Bool
    /// The field of an array of endings, where there is one.
    private let endingsField: String?
    private var line: [UInt8] = []

    init(lines: LineReader, columns: Columns, strictUTF8: Bool) throws {
        self.lines = lines
        self.strictUTF8 = strictUTF8
        func key(_ column: Column) throws -> String {
            switch column {
            case .name(let name): return name
            case .number(let number):
                throw StoreError(
                    .malformed(
                        path: lines.path, line: 1, expected: "a field's name",
                        found: "column \(number): JSON objects have no columns to count"))
            }
        }
        let keys = Keys(
            text: try key(columns.text), pair: try columns.pair.map(key),
            label: try columns.label.map(key), split: try columns.split.map(key),
            endings: try columns.endings.map(key), stem: try columns.stem.map(key))
        endingsField = keys.endings.count == 1 ? keys.endings[0] : nil
        decoder.userInfo[Self.keysEntry] = keys
    }

    mutating func next() throws -> RawDocument? {
        while true {
            line.removeAll(keepingCapacity: true)
            guard let position = try lines.next(appendingTo: &line, limit: documentByteLimit)
            else { return nil }
            if line.isBlank { continue }
            // The decoder takes UTF-8 only, so that the repair comes before it.
            let repairedCount = try TextBridge.repair(
                &line, strict: strictUTF8, path: lines.path, position: position)
            let record: Record
            do {
                record = try decoder.decode(Record.self, from: Data(line))
            } catch let missing as MissingField {
                throw StoreError(
                    .missingColumn(
                        path: lines.path, line: position.number, column: "field '\(missing.name)'",
                        available: missing.available))
            } catch let DecodingError.typeMismatch(_, context) {
                throw malformed(position, context, "a value of another type")
            } catch let DecodingError.valueNotFound(_, context) {
                throw malformed(position, context, "null")
            } catch {
                throw StoreError(
                    .malformed(
                        path: lines.path, line: position.number, expected: "a JSON object a line",
                        found: "something else"))
            }
            return RawDocument(
                text: Array(record.text.utf8), pair: record.pair.map { Array($0.utf8) },
                label: record.label.map { Array($0.utf8) },
                split: try record.split.map {
                    try Split(importing: $0, path: lines.path, line: position.number)
                }, position: position, repairedCount: repairedCount)
        }
    }

    private func malformed(
        _ position: LineReader.Position, _ context: DecodingError.Context, _ found: String
    ) -> StoreError {
        guard let field = context.codingPath.first?.stringValue else {
            return StoreError(
                .malformed(
                    path: lines.path, line: position.number, expected: "a JSON object a line",
                    found: found))
        }
        return StoreError(
            .malformed(
                path: lines.path, line: position.number,
                expected: field == endingsField
                    ? "an array of texts in field '\(field)'"
                    : "text (or for a label a number or boolean) in field '\(field)'",
                found: found))
    }
}

extension JSONLinesReader {
    private struct Keys: Sendable {
        let text: String
        let pair: String?
        let label: String?
        let split: String?
        let endings: [String]
        let stem: String?
    }

    private static let keysEntry = CodingUserInfoKey(rawValue: "sesame.keys")!

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct MissingField: Error {
        let name: String
        let available: [String]
    }

    private struct Record: Decodable {
        let text: String
        let pair: String?
        let label: String?
        let split: String?

        init(from decoder: any Decoder) throws {
            guard let keys = decoder.userInfo[JSONLinesReader.keysEntry] as? Keys else {
                preconditionFailure("a record is decoded without its keys")
            }
            let object = try decoder.container(keyedBy: Key.self)
            func present(_ name: String) throws -> Key {
                let key = Key(name)
                guard object.contains(key) else {
                    throw MissingField(
                        name: name, available: object.allKeys.map(\.stringValue).sorted())
                }
                return key
            }
            func string(_ name: String) throws -> String {
                try object.decode(String.self, forKey: present(name))
            }
            text = try string(keys.text)
            if keys.endings.isEmpty {
                pair = try keys.pair.map(string)
            } else {
                let endings =
                    keys.endings.count == 1
                    ? try object.decode([String].self, forKey: present(keys.endings[0]))
                    : try keys.endings.map(string)
                pair = try Columns.pair(stem: keys.stem.map(string), endings: endings)
            }
            split = try keys.split.map(string)
            label = try keys.label.map { name in
                let key = try present(name)
                if let text = try? object.decode(String.self, forKey: key) { return text }
                if let flag = try? object.decode(Bool.self, forKey: key) { return String(flag) }
                if let whole = try? object.decode(Int64.self, forKey: key) { return String(whole) }
                return String(try object.decode(Double.self, forKey: key))
            }
        }
    }
}
