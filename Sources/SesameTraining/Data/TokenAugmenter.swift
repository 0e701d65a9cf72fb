import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Changes training texts as a ``TextAugmentation`` asks for.
package struct TokenAugmenter: Sendable {
    let augmentation: TextAugmentation
    /// Takes the place of dropped tokens.
    let unknownID: Int32
    /// Tokens that stay as and where they are, by id.
    private let specialMarks: [Bool]
    /// The nearest tokens of each, by id; empty without synonyms.
    let neighbours: [[Int32]]
    let seed: UInt64

    package init(
        _ augmentation: TextAugmentation, unknownID: Int32, isSpecial: [Bool],
        neighbours: [[Int32]] = [], seed: UInt64
    ) {
        self.augmentation = augmentation
        self.unknownID = unknownID
        specialMarks = isSpecial
        self.neighbours = neighbours
        self.seed = seed
    }

    /// The augmenter for a tokenizer's ids; nil where nothing is to be changed.
    /// - Parameter vectors: Those that the model begins with, if any.
    /// - Throws: ``TrainingError`` with code `.badTokenizer` where there is no unknown token to put in, or
    ///   `.invalidOption` where synonyms have no vectors.
    init?(
        _ augmentation: TextAugmentation, tokenizer: Tokenizer, vectors: WordVectorTable?,
        seed: UInt64
    ) throws {
        guard !augmentation.isNone else { return nil }
        let vocabulary = tokenizer.vocabulary
        let unknown = tokenizer.id(of: \.unknown) ?? tokenizer.maskID
        if augmentation.tokenDropout > 0, unknown == nil {
            throw TrainingError(
                .badTokenizer(
                    problem: "it has no unknown token, which token dropout puts in",
                    remedy: "train without token dropout, or with another tokenizer"))
        }
        let isSpecial = (0..<Int32(vocabulary.count)).map { tokenizer.isSpecial($0) }
        var neighbours: [[Int32]] = []
        if augmentation.synonym > 0 {
            let table = try augmentation.synonymVectors.map {
                try WordVectorTable(URL(fileURLWithPath: $0), for: tokenizer)
            }
            guard let table = table ?? vectors else {
                throw TrainingError(
                    .invalidOption(
                        name: "vectors for synonyms", expected: "a file of word vectors",
                        found: "missing"))
            }
            neighbours = table.neighbours(
                count: augmentation.neighbourCount,
                minimumSimilarity: augmentation.minimumSimilarity,
                excluding: { isSpecial[Int($0)] })
        }
        self.init(
            augmentation, unknownID: unknown ?? 0, isSpecial: isSpecial, neighbours: neighbours,
            seed: seed)
    }

    /// Tokens that a model has beyond the vocabulary are special too.
    private func isSpecial(_ id: Int32) -> Bool {
        Int(id) >= specialMarks.count || specialMarks[Int(id)]
    }

    /// A text's tokens, changed.
    ///
    /// - Parameters:
    ///   - index: The text's number in its data set.
    ///   - canSwap: Whether the tokens at a place and the one after may change places, beside not being special.
    ///   - swapped: Told of each change of places.
    package func augmented(
        _ ids: [Int32], epoch: Int, index: Int, canSwap: (Int) -> Bool = { _ in true },
        swapped: (Int) -> Void = { _ in }
    ) -> [Int32] {
        var generator = DataSite.generator(
            seed: seed, site: DataSite.augmentation, epoch: epoch, index: index)
        var ids = ids
        if augmentation.swap > 0, ids.count > 1 {
            var place = 0
            while place + 1 < ids.count {
                let isDrawn = generator.nextUniform() < augmentation.swap
                if isDrawn, !isSpecial(ids[place]), !isSpecial(ids[place + 1]),
                    canSwap(place)
                {
                    ids.swapAt(place, place + 1)
                    swapped(place)
                    place += 1
                }
                place += 1
            }
        }
        for place in ids.indices where !isSpecial(ids[place]) {
            if augmentation.synonym > 0, generator.nextUniform() < augmentation.synonym {
                let choices = neighbours[Int(ids[place])]
                if !choices.isEmpty {
                    ids[place] = choices[Int(generator.nextUniform() * Double(choices.count))]
                }
            }
            if augmentation.tokenDropout > 0,
                generator.nextUniform() < augmentation.tokenDropout
            {
                ids[place] = unknownID
            }
        }
        return ids
    }
}
