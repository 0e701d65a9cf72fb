import CSesameKernels
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The places of a co-occurrence matrix, in memory or in a mapped file.
///
/// A file that was made for what does not fit in memory has no name: it goes with the last who holds it, and also where the
/// process is killed. What is read of a mapped file is memory that the system takes back when it is short of some.
struct CooccurrenceEntries: Sendable {
    private enum Source: Sendable {
        case memory([sesame_cooccurrence])
        case file(MappedFile, offset: Int)
    }

    let count: Int
    private let source: Source

    /// Bytes of a place.
    static let size = MemoryLayout<sesame_cooccurrence>.stride

    init(_ entries: [sesame_cooccurrence]) {
        count = entries.count
        source = .memory(entries)
    }

    /// Entries that lie in a file.
    ///
    /// - Precondition: They lie within it, at a multiple of four bytes.
    init(_ file: MappedFile, offset: Int, count: Int) {
        precondition(
            offset % 4 == 0 && offset + count * Self.size <= file.bytes.count,
            "\(count) entries at byte \(offset) of \(file.bytes.count)")
        self.count = count
        source = .file(file, offset: offset)
    }

    /// Keeps what `body` hands to its argument.
    ///
    /// - Parameters:
    ///   - inFile: Whether in a file rather than in memory.
    ///   - folder: Where that file is.
    /// - Throws: ``VectorError`` with code `.file`, and what `body` throws.
    init(
        inFile: Bool, folder: URL, _ body: ((sesame_cooccurrence) throws -> Void) throws -> Void
    ) throws {
        var entries: [sesame_cooccurrence] = []
        guard inFile else {
            try body { entries.append($0) }
            self.init(entries)
            return
        }
        let url = folder.appendingPathComponent("sesame-matrix-\(UUID().uuidString)")
        var count = 0
        do {
            try SafeTensors.replaceFile(url.path) { file in
                func write() throws {
                    try entries.withUnsafeBytes { try file.write($0) }
                    count += entries.count
                    entries.removeAll(keepingCapacity: true)
                }
                try body { entry in
                    entries.append(entry)
                    if entries.count == 1 << 16 { try write() }
                }
                try write()
            }
            defer { try? FileManager.default.removeItem(at: url) }
            self.init(try MappedFile(url.path), offset: 0, count: count)
        } catch let error as TensorError {
            throw VectorError(.below(error))
        }
    }

    /// Whether they lie in a file.
    var isInFile: Bool {
        if case .file = source { true } else { false }
    }

    subscript(index: Int) -> sesame_cooccurrence {
        withUnsafeEntries { $0[index] }
    }

    /// Calls `body` with all entries. The pointer is valid during the call only.
    func withUnsafeEntries<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<sesame_cooccurrence>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch source {
        case .memory(let entries): return try entries.withUnsafeBufferPointer(body)
        case .file(let file, let offset):
            defer { withExtendedLifetime(file) {} }
            let bytes = UnsafeRawBufferPointer(
                rebasing: file.bytes[offset..<offset + count * Self.size])
            return try body(bytes.assumingMemoryBound(to: sesame_cooccurrence.self))
        }
    }
}
