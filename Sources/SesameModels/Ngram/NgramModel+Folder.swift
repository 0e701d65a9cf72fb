import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension NgramModel {
    /// The counts' file: for each length n the integers `n.words`, `n.counts` and, where longer ones
    /// follow, `n.children`; see ``NgramTable``.
    package static let fileName = "ngrams.safetensors"

    /// Writes `config.json` and `ngrams.safetensors`.
    ///
    /// - Parameters:
    ///   - folder: Exists, and holds neither of the two.
    ///   - storage: Plays no part: counts are whole numbers.
    ///   - maxShardBytes: Plays no part either.
    public func writeFiles(
        into folder: URL, storage: SafeTensors.Storage, maxShardBytes: Int?
    ) throws {
        var arrays: [(name: String, ids: [Int32])] = []
        for (index, level) in table.levels.enumerated() {
            // The unigrams are all ids, in order.
            if index > 0 { arrays.append(("\(index + 1).words", level.words)) }
            arrays.append(("\(index + 1).counts", level.counts))
            if index + 1 < table.levels.count {
                arrays.append(("\(index + 1).children", level.children))
            }
        }
        try SafeTensors.write(ids: arrays, to: folder.appendingPathComponent(Self.fileName))
        try ModelFolder.write(configuration, architecture: architecture, into: folder)
    }

    /// Reads a model from its folder.
    ///
    /// - Throws: ``ModelError``: `.folder` if a file cannot be read, `.configuration` if `config.json` is not
    ///   such a model's, `.parameters` if the counts do not fit it or are damaged.
    public static func load(from folder: URL) throws -> NgramModel {
        let configuration = try ModelFolder.configuration(NgramConfig.self, in: folder)
        try configuration.validate()
        try configuration.validateDiscounts()
        let url = folder.appendingPathComponent(fileName)
        let file: SafeTensorsFile
        do {
            file = try SafeTensorsFile(url)
        } catch {
            throw ModelError(.folder, "cannot read the counts: \(error)")
        }
        func read(_ name: String) throws -> [Int32] {
            do {
                return try file.ids(named: name).scalars
            } catch {
                throw ModelError(.parameters, "cannot read the counts: \(error)")
            }
        }
        var levels: [NgramTable.Level] = []
        for level in 1...configuration.order {
            let counts = try read("\(level).counts")
            let words =
                level > 1 ? try read("\(level).words") : (0..<Int32(counts.count)).map { $0 }
            let children = level < configuration.order ? try read("\(level).children") : []
            levels.append(NgramTable.Level(words: words, counts: counts, children: children))
        }
        let table = NgramTable(levels: levels)
        if let problem = table.problem(vocabularySize: configuration.vocabularySize) {
            throw ModelError(
                .parameters, "\(url.path): \(problem); fetch the file again, or count again")
        }
        return NgramModel(configuration, table: table)
    }
}

extension NgramTable {
    /// What makes tables from a file unusable; nil for good ones.
    func problem(vocabularySize: Int) -> String? {
        guard levels[0].counts.count == vocabularySize else {
            return "1.counts has \(levels[0].counts.count) numbers, expected \(vocabularySize)"
        }
        for (index, level) in levels.enumerated() {
            let n = index + 1
            guard level.counts.count == level.words.count else {
                return
                    "\(n).counts has \(level.counts.count) numbers, expected \(level.words.count)"
            }
            guard level.counts.allSatisfy({ $0 >= 0 }) else {
                return "\(n).counts has numbers below 0"
            }
            guard level.words.allSatisfy({ (0..<Int32(vocabularySize)).contains($0) }) else {
                return "\(n).words has ids outside 0..<\(vocabularySize)"
            }
            guard n < levels.count else { continue }
            let starts = level.children
            let above = levels[n].words
            guard starts.count == level.words.count + 1, starts.first == 0,
                Int(starts[starts.count - 1]) == above.count,
                zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 })
            else { return "\(n).children does not share out the n-grams of length \(n + 1)" }
            for row in level.words.indices {
                let children = children(of: row, level: n)
                for child in children.dropFirst() where above[child - 1] >= above[child] {
                    return "\(n + 1).words is not sorted"
                }
            }
        }
        return nil
    }
}
