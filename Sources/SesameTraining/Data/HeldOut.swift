extension Array {
    /// Some elements, drawn by the seed, to validate on where a corpus has no validation split.
    ///
    /// - Parameter share: How much of the array is held out, 0 ..< 1.
    func heldOut(share: Double, seed: UInt64) -> (train: [Element], validation: [Element]) {
        var order = [Int](indices)
        var generator = DataSite.generator(seed: seed, site: RecipeSite.holdOut, epoch: 0)
        generator.shuffle(&order)
        let cut = Int((1 - share) * Double(count))
        return (order[..<cut].map { self[$0] }, order[cut...].map { self[$0] })
    }
}
