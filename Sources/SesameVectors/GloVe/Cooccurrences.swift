import CSesameKernels
import SesameText

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
    /// 12 bytes a place.
    let entries: [sesame_cooccurrence]

    init(vocabulary: Vocabulary, entries: [sesame_cooccurrence]) {
        self.vocabulary = vocabulary
        self.entries = entries
    }

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

    /// FNV-1a over the entries.
    var fingerprint: UInt64 {
        entries.reduce(0xCBF2_9CE4_8422_2325) { hash, entry in
            let prime: UInt64 = 0x0000_0100_0000_01B3
            let place = UInt64(entry.row) << 32 | UInt64(entry.column)
            return ((hash ^ place) &* prime ^ UInt64(entry.count.bitPattern)) &* prime
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
    /// Bytes for counting beside the text itself, and beside the result. A longer text is counted in parts, which are
    /// sorted on disk and merged. What is counted is the same.
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
