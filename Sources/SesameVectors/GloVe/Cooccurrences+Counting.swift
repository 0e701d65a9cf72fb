import CSesameKernels
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Cooccurrences {
    /// Counts which words of a stream meet within a window of one sentence.
    ///
    /// On all threads, and the same counts from any number: each thread sums up whole rows, from all places
    /// of their word, so that nothing is hashed, merged or shared.
    ///
    /// - Parameters:
    ///   - stream: The text.
    ///   - options: The window, and how places in it count.
    ///   - temporary: A folder for what does not fit in memory, also of training.
    ///   - progress: Told how many words of the stream have been counted; throws to stop.
    /// - Throws: ``VectorError`` with code `.invalidOption`, `.badWords` for a text in which no two words meet, or `.file`;
    ///   and what `progress` throws.
    public init(
        counting stream: WordStream, options: CooccurrenceOptions = CooccurrenceOptions(),
        temporary: URL = FileManager.default.temporaryDirectory,
        progress: (_ counted: Int) throws -> Void = { _ in }
    ) throws {
        try options.validate()
        let parts = Self.parts(of: stream, options)
        let (scale, weights) = options.weights
        var runs: [CooccurrenceRun] = []
        defer { for run in runs { run.remove() } }
        var whole: [[RowEntry]] = []
        for part in parts {
            let rows = Self.rows(of: stream, part, options, weights)
            if parts.count == 1 {
                whole = rows
            } else {
                runs.append(try CooccurrenceRun(writing: rows, to: temporary))
            }
            try progress(part.upperBound)
        }
        let most = whole.reduce(0) { $0 + $1.count } + runs.reduce(0) { $0 + $1.count }
        let entries: CooccurrenceEntries
        if runs.isEmpty, options.fits(most) {
            var all: [sesame_cooccurrence] = []
            all.reserveCapacity(most)
            for task in whole {
                for entry in task { all.append(entry.scaled(by: scale)) }
            }
            entries = CooccurrenceEntries(all)
        } else {
            entries = try CooccurrenceEntries(inFile: !options.fits(most), folder: temporary) {
                emit in
                for entry in whole.joined() { try emit(entry.scaled(by: scale)) }
                try CooccurrenceRun.merge(runs) { try emit($0.scaled(by: scale)) }
            }
        }
        guard entries.count > 0 else {
            throw VectorError(
                .badWords(
                    expected: "sentences of two words or more",
                    found: "none among \(stream.count) words"))
        }
        self.init(
            vocabulary: stream.vocabulary, options: options, entries: entries, folder: temporary)
    }

    /// The stream cut at ends of chunks, so that what a part can give at most fits the memory.
    private static func parts(of stream: WordStream, _ options: CooccurrenceOptions) -> [Range<Int>]
    {
        let meetings = options.window * (options.isSymmetric ? 2 : 1)
        let bytes = 4 + MemoryLayout<RowEntry>.stride * meetings
        let size = max(1, options.memoryBytes / bytes)
        var parts: [Range<Int>] = []
        var start = 0
        for chunk in 0..<stream.chunkCount {
            let end = Int(stream.chunkOffsets[chunk + 1])
            let isLast = chunk + 1 == stream.chunkCount
            let next = isLast ? end : Int(stream.chunkOffsets[chunk + 2])
            if isLast || next - start > size {
                parts.append(start..<end)
                start = end
            }
        }
        return parts
    }

    /// One place of the matrix while it is counted.
    struct RowEntry {
        var row: UInt32
        var column: UInt32
        var sum: Double

        func scaled(by scale: Double) -> sesame_cooccurrence {
            sesame_cooccurrence(row: row, column: column, count: Float(sum / scale))
        }
    }

    private final class Sink {
        var entries: [RowEntry] = []
    }

    /// The entries of a part, in several arrays one after the other.
    private static func rows(
        of stream: WordStream, _ part: Range<Int>, _ options: CooccurrenceOptions,
        _ weights: [Double]
    ) -> [[RowEntry]] {
        let words = stream.vocabulary.count
        return stream.ids.withUnsafeBufferPointer { all in
            let ids = UnsafeBufferPointer(rebasing: all[part])
            guard let base = ids.baseAddress else { return [] }
            let (starts, places) = index(ids, words: words)
            let tasks = ranges(starts)
            return parallelMap(tasks.count) { task in
                let sink = Sink()
                var sums = [Double](repeating: 0, count: words)
                var touched = [UInt32](repeating: 0, count: words)
                withExtendedLifetime(sink) {
                    sesame_cooccurrence_rows(
                        base, ids.count, words, options.window, options.isSymmetric, weights,
                        places, starts, UInt32(tasks[task].lowerBound),
                        UInt32(tasks[task].upperBound), &sums, &touched,
                        Unmanaged.passUnretained(sink).toOpaque()
                    ) { context, row, count, columns, sums in
                        guard let context, let columns, let sums else { return }
                        let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
                        for place in 0..<count {
                            let column = columns[place]
                            sink.entries.append(
                                RowEntry(row: row, column: column, sum: sums[Int(column)]))
                        }
                    }
                }
                return sink.entries
            }
        }
    }

    /// All places, by word: a counting sort.
    private static func index(_ ids: UnsafeBufferPointer<UInt32>, words: Int) -> (
        starts: [UInt64], places: [UInt32]
    ) {
        var starts = [UInt64](repeating: 0, count: words + 1)
        for id in ids { starts[Int(id & ~SESAME_SENTENCE_END) + 1] += 1 }
        for word in 0..<words { starts[word + 1] += starts[word] }
        var next = starts
        let places = [UInt32](unsafeUninitializedCapacity: ids.count) { places, count in
            for (place, id) in ids.enumerated() {
                let word = Int(id & ~SESAME_SENTENCE_END)
                places[Int(next[word])] = UInt32(place)
                next[word] += 1
            }
            count = ids.count
        }
        return (starts, places)
    }

    /// Words in runs of about equally many places.
    private static func ranges(_ starts: [UInt64]) -> [Range<Int>] {
        let words = starts.count - 1
        let size = max(1, starts[words] / 64)
        var ranges: [Range<Int>] = []
        var first = 0
        for word in 0..<words where starts[word + 1] - starts[first] >= size || word + 1 == words {
            ranges.append(first..<word + 1)
            first = word + 1
        }
        return ranges
    }
}
