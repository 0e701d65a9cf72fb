/// How far the training of a model of word vectors has come, as its checkpoint says.
protocol VectorPosition: Codable {
    /// The first value that no training leaves behind; nil where there is none.
    var flaw: VectorPositionFlaw? { get }
}

/// A value of a checkpoint's position that is out of range.
struct VectorPositionFlaw {
    let place: String
    let expected: String
    let found: String

    /// More than any training reaches; sums of a few such numbers are still numbers.
    private static let most = 1 << 53

    /// The first of some values that is out of range: counts below 0 or absurdly high, sums that are not finite.
    static func first(
        counts: [(place: String, value: Int)], sums: [(place: String, value: Double)]
    ) -> VectorPositionFlaw? {
        for (place, value) in counts where !(0...most).contains(value) {
            return VectorPositionFlaw(
                place: place, expected: "0 to \(most)", found: "\(value)")
        }
        for (place, value) in sums where !value.isFinite {
            return VectorPositionFlaw(
                place: place, expected: "a finite number", found: "\(value)")
        }
        return nil
    }
}
