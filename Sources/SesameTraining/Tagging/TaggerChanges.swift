import SesameTensor

/// How training sentences of a ``Tagger`` change from epoch to epoch.
struct TaggerChanges: Sendable {
    let seed: UInt64
    /// Which words, by id, are seen once only: these become unknown at times, so that the unknown word is learnt
    /// (Lample et al. 2016, section 4.3).
    let isRare: [Bool]
    let rareDropout: Double
    let unknownID: Int32
    let augmenter: TokenAugmenter?
    /// The number of the tag of words outside of entities, which alone change places.
    let outsideTag: Int32?

    /// A training sentence as it is seen in an epoch.
    func callAsFunction(_ example: TaggerExample, epoch: Int, index: Int) -> TaggerExample {
        var example = example
        if rareDropout > 0 {
            var generator = DataSite.generator(
                seed: seed, site: DataSite.rareWords, epoch: epoch, index: index)
            for (place, word) in example.words.enumerated() where isRare[Int(word)] {
                if generator.nextUniform() < rareDropout { example.words[place] = unknownID }
            }
        }
        guard let augmenter else { return example }
        let tags = example.tags
        var swaps: [Int] = []
        example.words = augmenter.augmented(
            example.words, epoch: epoch, index: index,
            canSwap: { place in
                // Vectors in context belong to the sentence as it was.
                example.context == nil && tags[place] == outsideTag
                    && tags[place + 1] == outsideTag
            },
            swapped: { swaps.append($0) })
        for place in swaps where !example.characters.isEmpty {
            example.characters.swapAt(place, place + 1)
        }
        return example
    }
}
