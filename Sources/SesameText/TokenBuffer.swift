/// Token ids and, where wanted, their byte ranges, as an encoder fills them in.
struct TokenBuffer {
    var ids: [Int32] = []
    var offsets: [Range<Int>] = []
    let wantsOffsets: Bool

    init(wantsOffsets: Bool, expectedTextLength: Int) {
        self.wantsOffsets = wantsOffsets
        ids.reserveCapacity(expectedTextLength / 4 + 8)
        if wantsOffsets { offsets.reserveCapacity(expectedTextLength / 4 + 8) }
    }

    @inline(__always)
    mutating func append(_ id: Int32, _ start: Int, _ end: Int) {
        ids.append(id)
        if wantsOffsets { offsets.append(start..<end) }
    }
}
