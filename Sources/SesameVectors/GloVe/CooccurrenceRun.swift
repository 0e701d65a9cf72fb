import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The entries of one part of a text, sorted, in a temporary file.
struct CooccurrenceRun {
    private let url: URL
    let count: Int

    /// Writes entries, 16 bytes each as they lie in memory.
    ///
    /// - Throws: ``VectorError`` with code `.file`.
    init(writing rows: [[Cooccurrences.RowEntry]], to folder: URL) throws {
        count = rows.reduce(0) { $0 + $1.count }
        url = folder.appendingPathComponent("sesame-cooccurrences-\(UUID().uuidString)")
        do {
            try SafeTensors.replaceFile(url.path) { file in
                for part in rows {
                    try part.withUnsafeBytes { try file.write($0) }
                }
            }
        } catch let error as TensorError {
            throw VectorError(.below(error))
        }
    }

    /// Deletes the file.
    func remove() { try? FileManager.default.removeItem(at: url) }

    /// Hands on the entries of all runs in order, equal places added up in the order of runs.
    static func merge(
        _ runs: [CooccurrenceRun], _ emit: (Cooccurrences.RowEntry) throws -> Void
    ) throws {
        let files = try runs.map { run in
            do {
                return try MappedFile(run.url.path)
            } catch let error as TensorError {
                throw VectorError(.below(error))
            }
        }
        defer { withExtendedLifetime(files) {} }
        let entries = files.map { $0.bytes.bindMemory(to: Cooccurrences.RowEntry.self) }
        var next = [Int](repeating: 0, count: runs.count)
        func key(_ run: Int) -> UInt64? {
            guard next[run] < entries[run].count else { return nil }
            let entry = entries[run][next[run]]
            return UInt64(entry.row) << 32 | UInt64(entry.column)
        }
        var keys = runs.indices.map { key($0) ?? .max }
        while let least = keys.min(), least != .max {
            var sum = 0.0
            for run in runs.indices where keys[run] == least {
                sum += entries[run][next[run]].sum
                next[run] += 1
                keys[run] = key(run) ?? .max
            }
            try emit(
                Cooccurrences.RowEntry(
                    row: UInt32(least >> 32), column: UInt32(truncatingIfNeeded: least), sum: sum))
        }
    }
}
