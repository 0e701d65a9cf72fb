import CSesameKernels
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How often words meet in a text: the non-empty places of a matrix, rows rising, and columns in a row.
public struct Cooccurrences: Sendable {
    /// One place of the matrix.
    public struct Entry: Sendable, Hashable {
        /// The word in the middle of the window.
        public var row: Int
        /// The word beside it.
        public var column: Int
        /// The sum of 1/d over their meetings, or their number where distance does not weigh.
        public var count: Float
    }

    /// The words, by id.
    public let vocabulary: Vocabulary
    /// What was counted as a meeting.
    public let options: CooccurrenceOptions
    /// 12 bytes a place.
    let entries: CooccurrenceEntries
    /// For what does not fit in memory.
    let folder: URL

    init(
        vocabulary: Vocabulary, options: CooccurrenceOptions, entries: CooccurrenceEntries,
        folder: URL
    ) {
        self.vocabulary = vocabulary
        self.options = options
        self.entries = entries
        self.folder = folder
    }

    /// Whether the counts lie in a file, being more than memory may be taken for.
    public var isInFile: Bool { entries.isInFile }

    /// How many places are not empty.
    public var count: Int { entries.count }

    /// A place, in the order of rows.
    public subscript(index: Int) -> Entry {
        let entry = entries[index]
        return Entry(row: Int(entry.row), column: Int(entry.column), count: entry.count)
    }

    /// How often two words meet.
    ///
    /// - Complexity: O(log n).
    public func count(_ row: Int, _ column: Int) -> Float {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            let entry = entries[middle]
            if (Int(entry.row), Int(entry.column)) < (row, column) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < entries.count, Int(entries[low].row) == row, Int(entries[low].column) == column
        else { return 0 }
        return entries[low].count
    }

    /// These counts and those of a further text together.
    ///
    /// Each sum is rounded to 32 bits once more, so that it may differ in the last place from a count of both texts at
    /// once. Where the result may be more than the memory that counting `more` was allowed, it lies in a file.
    /// - Parameter more: Its vocabulary begins with this one's: made of a stream that
    ///   ``WordStreamBuilder/finish(minimumCount:maximumSize:extending:)`` gave.
    /// - Throws: ``VectorError`` with code `.badWords` for other words, `.invalidOption` where something else was
    ///   counted as a meeting, `.file`.
    public func adding(_ more: Cooccurrences) throws -> Cooccurrences {
        try TrainedText.checkGrowth(of: vocabulary, to: more.vocabulary)
        for (name, here, there) in [
            ("window", "\(options.window)", "\(more.options.window)"),
            ("isSymmetric", "\(options.isSymmetric)", "\(more.options.isSymmetric)"),
            ("weighsDistance", "\(options.weighsDistance)", "\(more.options.weighsDistance)"),
        ] {
            try VectorError.require(
                here == there, name, "\(here), as of the counts that are added to", there)
        }
        let sums = try CooccurrenceEntries(
            inFile: !more.options.fits(entries.count + more.entries.count), folder: more.folder
        ) { emit in
            try entries.withUnsafeEntries { left in
                try more.entries.withUnsafeEntries { try Self.merge(left, $0, emit) }
            }
        }
        return Cooccurrences(
            vocabulary: more.vocabulary, options: more.options, entries: sums, folder: more.folder)
    }

    private static func merge(
        _ left: UnsafeBufferPointer<sesame_cooccurrence>,
        _ right: UnsafeBufferPointer<sesame_cooccurrence>,
        _ emit: (sesame_cooccurrence) throws -> Void
    ) rethrows {
        func key(_ entry: sesame_cooccurrence) -> UInt64 {
            UInt64(entry.row) << 32 | UInt64(entry.column)
        }
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            let (a, b) = (
                i < left.count ? key(left[i]) : .max, j < right.count ? key(right[j]) : .max
            )
            var entry = a <= b ? left[i] : right[j]
            if a == b { entry.count = Float(Double(left[i].count) + Double(right[j].count)) }
            if a <= b { i += 1 }
            if b <= a { j += 1 }
            try emit(entry)
        }
    }

    /// FNV-1a over the entries.
    var fingerprint: UInt64 {
        entries.withUnsafeEntries { entries in
            entries.reduce(0xCBF2_9CE4_8422_2325) { hash, entry in
                let prime: UInt64 = 0x0000_0100_0000_01B3
                let place = UInt64(entry.row) << 32 | UInt64(entry.column)
                return ((hash ^ place) &* prime ^ UInt64(entry.count.bitPattern)) &* prime
            }
        }
    }
}

/// What counts as a meeting of two words, and how much memory counting may take.
public struct CooccurrenceOptions: Sendable, Hashable, Codable {
    /// Words on either side.
    public var window = 10
    /// Whether words after the one in the middle count as those before it do.
    public var isSymmetric = true
    /// Whether a meeting at distance d counts 1/d, and not 1.
    public var weighsDistance = true
    /// Bytes for counting and for what was counted, beside the text itself. A longer text is counted in parts, which are
    /// sorted on disk and merged. A matrix that would take more while it is trained on, 24 bytes a place (itself and its
    /// places in random order), lies in a file without a name, and so do the places: 24 bytes on disk instead. What is
    /// counted, and what is learnt from it, are the same bits.
    public var memoryBytes = 4 << 30

    /// The defaults of Pennington et al. 2014, section 4.2.
    public init() {}

    /// - Throws: ``VectorError`` with code `.invalidOption` for what is out of range.
    public func validate() throws(VectorError) {
        try VectorError.require(
            (1...1000).contains(window), "window", "1 to 1000", window)
        try VectorError.require(
            memoryBytes >= 1 << 16, "memoryBytes", "at least 65,536", memoryBytes)
    }

    /// Whether a matrix of so many places is kept in memory.
    func fits(_ count: Int) -> Bool { 2 * CooccurrenceEntries.size * count <= memoryBytes }

    /// Meetings are added up in whole numbers, where these stay exact: weights times `scale`, the least common multiple
    /// of all distances. No order of adding then gives another sum. Wider windows add 1/d itself.
    var weights: (scale: Double, values: [Double]) {
        guard weighsDistance else { return (1, [Double](repeating: 1, count: window)) }
        // lcm(1...20) is 232,792,560: sums up to 2^53 are 38 million times that.
        let scale = window <= 20 ? Double((1...window).reduce(1, Self.leastCommonMultiple)) : 1
        return (scale, (1...window).map { scale / Double($0) })
    }

    private static func leastCommonMultiple(_ a: Int, _ b: Int) -> Int {
        var (x, y) = (a, b)
        while y != 0 { (x, y) = (y, x % y) }
        return a / x * b
    }
}
