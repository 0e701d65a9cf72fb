import SesameTensor
import SesameText

/// How BERT hides tokens for the masked-language-model objective.
///
/// Of the tokens that are not special, `selectedFraction` are to be predicted; of those, 80 % are
/// replaced by the mask token, 10 % by a random token and 10 % stay as they are.
///
/// Source: Devlin and others, BERT (2019), section 3.1 and appendix A.1, https://arxiv.org/abs/1810.04805
public struct MaskingOptions: Sendable, Hashable, Codable {
    /// Share of the tokens to predict; 0 ..< 1.
    public var selectedFraction: Double = 0.15
    /// Share of the selected tokens replaced by the mask token.
    public var maskedFraction: Double = 0.8
    /// Share of the selected tokens replaced by a random one.
    public var randomFraction: Double = 0.1
    /// Selects all pieces of a word together.
    public var wholeWords: Bool = false

    /// BERT's proportions; change the properties for others.
    public init() {}
}

/// Hides tokens of a sequence, reproducibly for a generator.
public struct TokenMasking: Sendable {
    /// The proportions in use.
    public let options: MaskingOptions
    /// Target at positions which are not to be predicted.
    public static let ignoredTarget: Int32 = -100

    let maskID: Int32
    let isSpecial: [Bool]
    let isContinuation: [Bool]
    let ordinaryIDs: [Int32]

    /// Masking for a tokenizer.
    /// - Throws: ``TrainingError`` with code `.badTokenizer` if it has no mask token.
    public init(tokenizer: Tokenizer, options: MaskingOptions = MaskingOptions()) throws {
        guard let maskID = tokenizer.maskID else {
            throw TrainingError(
                .badTokenizer(
                    problem: "it has no mask token, which masked-language-model training needs",
                    remedy: "build a vocabulary whose special tokens include [MASK]"))
        }
        let count = tokenizer.vocabulary.count
        let special = Set((0..<Int32(count)).filter { tokenizer.isSpecial($0) })
        self.init(
            maskID: maskID, vocabularySize: count, specialIDs: special,
            continuation: options.wholeWords
                ? (0..<Int32(count)).map { tokenizer.isContinuation($0) } : [],
            options: options)
    }

    package init(
        maskID: Int32, vocabularySize: Int, specialIDs: Set<Int32>, continuation: [Bool] = [],
        options: MaskingOptions = MaskingOptions()
    ) {
        self.maskID = maskID
        self.options = options
        isSpecial = (0..<Int32(vocabularySize)).map { specialIDs.contains($0) }
        isContinuation = continuation
        ordinaryIDs = (0..<Int32(vocabularySize)).filter { !specialIDs.contains($0) }
    }

    /// Number of tokens to predict among `candidateCount`: the fraction, rounded, at least 1.
    package func selectionCount(candidateCount: Int) -> Int {
        guard candidateCount > 0 else { return 0 }
        return max(1, Int((Double(candidateCount) * options.selectedFraction).rounded()))
    }

    /// Replaces tokens of `ids` and writes what stood there into `targets`.
    ///
    /// Special tokens are neither selected nor used as random replacements. With whole words, words
    /// that would exceed the number of tokens to predict are passed over, as in BERT's own code.
    /// - Parameters:
    ///   - ids: A sequence with its special tokens; every id below the vocabulary's size.
    ///   - targets: As long as `ids`; every element is written: the original id at selected
    ///     positions, ``ignoredTarget`` elsewhere.
    ///   - generator: Source of the choices.
    public func apply(
        to ids: inout ArraySlice<Int32>, targets: inout ArraySlice<Int32>,
        generator: inout RandomGenerator
    ) {
        ids.withUnsafeMutableBufferPointer { ids in
            targets.withUnsafeMutableBufferPointer { targets in
                apply(ids, targets, &generator)
            }
        }
    }

    package func apply(
        _ ids: UnsafeMutableBufferPointer<Int32>, _ targets: UnsafeMutableBufferPointer<Int32>,
        _ generator: inout RandomGenerator
    ) {
        precondition(
            ids.count == targets.count, "\(ids.count) ids but \(targets.count) targets")
        var candidates: [Int32] = []  // positions, or first positions of words
        candidates.reserveCapacity(ids.count)
        var candidateCount = 0
        for position in ids.indices {
            targets[position] = Self.ignoredTarget
            guard !isSpecial[Int(ids[position])] else { continue }
            candidateCount += 1
            if options.wholeWords, isContinuation[Int(ids[position])], position > 0,
                !isSpecial[Int(ids[position - 1])]
            {
                continue
            }
            candidates.append(Int32(position))
        }
        var remaining = selectionCount(candidateCount: candidateCount)
        // A partial Fisher–Yates shuffle: only as many draws as words are looked at.
        var drawn = 0
        while remaining > 0, drawn < candidates.count {
            let other = drawn + generator.next(below: candidates.count - drawn)
            candidates.swapAt(drawn, other)
            let first = Int(candidates[drawn])
            drawn += 1
            var end = first + 1
            if options.wholeWords {
                while end < ids.count, isContinuation[Int(ids[end])], !isSpecial[Int(ids[end])],
                    targets[end] == Self.ignoredTarget
                {
                    end += 1
                }
            }
            guard end - first <= remaining else { continue }
            remaining -= end - first
            for position in first..<end {
                targets[position] = ids[position]
            }
        }
        // Replace only now, so that the words' extents were read from the original ids.
        for position in ids.indices where targets[position] != Self.ignoredTarget {
            let choice: Double = generator.nextUniform()
            if choice < options.maskedFraction {
                ids[position] = maskID
            } else if choice < options.maskedFraction + options.randomFraction,
                !ordinaryIDs.isEmpty
            {
                ids[position] = ordinaryIDs[generator.next(below: ordinaryIDs.count)]
            }
        }
    }
}
