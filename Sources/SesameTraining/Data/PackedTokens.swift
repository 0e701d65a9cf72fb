import SesameText

/// A long run of token ids, packed in two bytes each where the vocabulary allows.
public struct PackedTokens: Sendable {
    private enum Packed: Sendable {
        case narrow([UInt16])
        case wide([Int32])
    }

    private var packed: Packed
    /// Number of Unicode scalars of the text that the tokens stand for, or 0 where unknown.
    public var characterCount: Int

    /// An empty stream for ids below `vocabularySize`.
    public init(vocabularySize: Int) {
        packed = vocabularySize <= 1 << 16 ? .narrow([]) : .wide([])
        characterCount = 0
    }

    /// A stream of given ids.
    public init(_ ids: some Collection<Int32>, vocabularySize: Int, characterCount: Int = 0) {
        self.init(vocabularySize: vocabularySize)
        append(ids)
        self.characterCount = characterCount
    }

    /// Number of tokens.
    public var count: Int {
        switch packed {
        case .narrow(let ids): ids.count
        case .wide(let ids): ids.count
        }
    }

    /// Appends ids.
    public mutating func append(_ ids: some Collection<Int32>) {
        switch packed {
        case .narrow(var narrow):
            packed = .narrow([])  // keeps the array uniquely referenced, so that it grows in place
            narrow.append(contentsOf: ids.lazy.map { UInt16(truncatingIfNeeded: $0) })
            packed = .narrow(narrow)
        case .wide(var wide):
            packed = .wide([])
            wide.append(contentsOf: ids)
            packed = .wide(wide)
        }
    }

    /// Appends the ids in `range` to `result`.
    public func copy(_ range: Range<Int>, to result: inout [Int32]) {
        switch packed {
        case .narrow(let ids): for id in ids[range] { result.append(Int32(id)) }
        case .wide(let ids): result.append(contentsOf: ids[range])
        }
    }

    /// The ids in `range`.
    public subscript(range: Range<Int>) -> [Int32] {
        var result: [Int32] = []
        result.reserveCapacity(range.count)
        copy(range, to: &result)
        return result
    }

    /// The stream cut in two at `position`; characters are shared out by the numbers of tokens.
    public func split(at position: Int) -> (head: PackedTokens, tail: PackedTokens) {
        precondition((0...count).contains(position), "\(position) is outside 0...\(count)")
        var head = self
        var tail = self
        switch packed {
        case .narrow(let ids):
            head.packed = .narrow(Array(ids[..<position]))
            tail.packed = .narrow(Array(ids[position...]))
        case .wide(let ids):
            head.packed = .wide(Array(ids[..<position]))
            tail.packed = .wide(Array(ids[position...]))
        }
        let share = count == 0 ? 0 : Double(position) / Double(count)
        head.characterCount = Int((Double(characterCount) * share).rounded())
        tail.characterCount = characterCount - head.characterCount
        return (head, tail)
    }

    /// The ids as they lie in memory, two or four bytes each.
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        switch packed {
        case .narrow(let ids): ids.withUnsafeBytes(body)
        case .wide(let ids): ids.withUnsafeBytes(body)
        }
    }

    /// How often each id occurs; `vocabularySize` numbers.
    public func histogram(vocabularySize: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: vocabularySize)
        switch packed {
        case .narrow(let ids): for id in ids { counts[Int(id)] += 1 }
        case .wide(let ids): for id in ids { counts[Int(id)] += 1 }
        }
        return counts
    }
}
