#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The two files of a byte-level BPE: `vocab.json`, an object of tokens with their ids, and `merges.txt`,
/// a pair of tokens a line in the order in which they were learnt. OpenAI's names for the same are
/// `encoder.json` and `vocab.bpe`.
enum BytePairFiles {
    static let vocabularyNames = ["vocab.json", "encoder.json"]
    static let mergesNames = ["merges.txt", "vocab.bpe"]

    /// Whether a JSON file is a vocabulary: an object of numbers.
    static func isVocabulary(_ value: StageConfiguration.Value) -> Bool {
        guard case .object(let members) = value, let first = members.first,
            case .number = first.value
        else { return false }
        return true
    }

    /// The first of some names that is in a folder.
    static func file(_ names: [String], in folder: URL) -> URL? {
        names.map { folder.appendingPathComponent($0) }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// The tokenizer of a vocabulary and of the merges beside it.
    static func tokenizer(
        vocabulary value: StageConfiguration.Value, at url: URL, in folder: URL,
        settings: TokenizerSettings
    ) throws -> Tokenizer {
        guard let mergesURL = file(mergesNames, in: folder) else {
            throw TextError(
                .unreadableFile(
                    path: folder.appendingPathComponent(mergesNames[0]).path,
                    reason: "no such file; a \(url.lastPathComponent) needs its merges beside it"))
        }
        let vocabulary = try vocabulary(value, path: url.path)
        let model = try ByteLevelBPEModel(
            vocabulary: vocabulary, table: table(at: mergesURL, vocabulary), unknownToken: nil,
            fusesUnknown: false, ignoresMerges: false)
        let special = settings.specialTokens(over: .found(in: vocabulary), in: vocabulary)
        var template: TemplatePostProcessor?
        if settings.isRoberta, let open = special.classification ?? special.beginning,
            let close = special.separator ?? special.end
        {
            template = .roberta(classification: open, separator: close)
        }
        let options = settings.addedTokens
        return try .byteLevelBPE(
            model, addsPrefixSpace: settings.addsPrefixSpace ?? false,
            trimsOffsets: settings.trimsOffsets ?? settings.isRoberta, specialTokens: special,
            addedTokens: special.added.map { token in
                options.first { $0.content.utf8.elementsEqual(token.content.utf8) } ?? token
            },
            template: template)
    }

    /// The vocabulary of a vocab.json.
    static func vocabulary(
        _ value: StageConfiguration.Value, path: String?
    ) throws -> Vocabulary {
        guard case .object(let members) = value else {
            throw TextError(
                .invalidFormat(path: path, reason: "a vocab.json is an object of tokens and ids"))
        }
        let entries = try members.map { member in
            guard case .number(let id) = member.value, id >= 0 else {
                throw TextError(
                    .invalidID(token: member.name, found: member.value.summary, path: path))
            }
            return (token: member.name, id: id)
        }
        return try Vocabulary(entries: entries, path: path)
    }

    /// The merges of a merges.txt: UTF-8, two tokens with a space between them on each line. A first line
    /// that starts with "#version" says nothing.
    static func table(at url: URL, _ vocabulary: Vocabulary) throws -> MergeTable {
        let data = try readFile(url)
        return try data.withUnsafeBytes { raw in
            let bytes = raw.bindMemory(to: UInt8.self)
            if let offset = UTF8Repair.firstInvalidOffset(bytes) {
                throw TextError(
                    .invalidUTF8Line(
                        line: bytes[..<offset].count { $0 == 0x0A } + 1, path: url.path))
            }
            let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            let hasVersion = lines.first?.starts(with: "#version".utf8) ?? false
            var resolver = MergeResolver(
                vocabulary: vocabulary, path: url.path, firstLine: hasVersion ? 2 : 1)
            resolver.reserveCapacity(lines.count)
            for (index, line) in lines.enumerated() {
                if index == 0 && hasVersion { continue }
                let line = line.last == 0x0D ? line.dropLast() : line
                // What comes behind the last line feed is no line.
                if line.isEmpty && index == lines.count - 1 { break }
                try resolver.add(pair: UnsafeBufferPointer(rebasing: line))
            }
            return resolver.table
        }
    }

    /// The merges of a tokenizer.json: texts with a space in them, or lists of two texts.
    static func table(
        _ value: StageConfiguration.Value?, _ vocabulary: Vocabulary, path: String?
    ) throws -> MergeTable {
        guard case .list(let values)? = value else {
            throw TextError(
                .invalidOption(
                    name: "model.merges", expected: "a list of pairs",
                    found: value?.summary ?? "none"))
        }
        var resolver = MergeResolver(vocabulary: vocabulary, path: path, firstLine: 1)
        resolver.reserveCapacity(values.count)
        for value in values {
            switch value {
            case .text(let text): try withUTF8Bytes(of: text) { try resolver.add(pair: $0) }
            case .list(let pair):
                guard pair.count == 2, case .text(let left) = pair[0],
                    case .text(let right) = pair[1]
                else { throw resolver.malformed() }
                try withUTF8Bytes(of: left) { left in
                    try withUTF8Bytes(of: right) { try resolver.add(left, $0) }
                }
            default: throw resolver.malformed()
            }
        }
        return resolver.table
    }
}

extension MergeResolver {
    /// Adds a pair that is written with a space between its parts.
    mutating func add(pair: UnsafeBufferPointer<UInt8>) throws {
        guard let space = pair.firstIndex(of: 0x20),
            !pair[(space + 1)...].contains(0x20)
        else { throw malformed() }
        try add(
            UnsafeBufferPointer(rebasing: pair[..<space]),
            UnsafeBufferPointer(rebasing: pair[(space + 1)...]))
    }
}

extension Vocabulary {
    /// A vocabulary of tokens with their ids, in any order.
    ///
    /// - Parameters:
    ///   - entries: Tokens with ids.
    ///   - added: More of them; one that is among `entries` with the same id is no mistake.
    /// - Throws: ``TextError`` with code `invalidID` where an id comes twice or is left out,
    ///   `duplicateToken`, `emptyVocabulary` or `emptyToken`.
    init(
        entries: [(token: String, id: Int)], added: [(token: String, id: Int)] = [],
        counts: [Int]? = nil, path: String?
    ) throws {
        let limit = entries.count + added.count
        guard limit > 0 else { throw TextError(.emptyVocabulary(path: path)) }
        var tokens = [String?](repeating: nil, count: limit)
        var highest = 0
        for (index, entry) in (entries + added).enumerated() {
            highest = max(highest, entry.id)
            guard entry.id < limit else { continue }
            if let other = tokens[entry.id] {
                if index >= entries.count && other.utf8.elementsEqual(entry.token.utf8) { continue }
                throw TextError(
                    .duplicateID(id: entry.id, tokens: [other, entry.token], path: path))
            }
            tokens[entry.id] = entry.token
        }
        if let gap = tokens.firstIndex(where: { $0 == nil }), gap < highest {
            throw TextError(.missingID(id: gap, highest: highest, path: path))
        }
        do {
            try self.init(tokens: tokens.lazy.compactMap { $0 }, counts: counts)
        } catch let error as TextError {
            // Built-up vocabularies have lines; here there are ids.
            if case .duplicateToken(let token, let line, let firstLine, _) = error.problem {
                throw TextError(
                    .duplicateEntry(token: token, ids: [firstLine - 1, line - 1], path: path))
            }
            throw error
        }
    }
}
