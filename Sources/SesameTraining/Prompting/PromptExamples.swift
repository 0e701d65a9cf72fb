import SesameStore
import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Solved examples that stand before a question, and how those of a question are chosen.
public struct PromptExamples: Sendable {
    /// How the examples of a question are chosen.
    public enum Choice: Sendable {
        /// The first ones, in their order: written by hand, say.
        case first
        /// Drawn at random, the same for every question, so that they are read by the model only once.
        case drawn(seed: UInt64)
        /// Those whose vectors are nearest to the question's by cosine, the nearest next to the question.
        ///
        /// Source: Liu et al. 2022, What Makes Good In-Context Examples for GPT-3?, https://arxiv.org/abs/2101.06804
        case nearest(TextVectorizer)
    }

    /// What there is to choose from; each has a label.
    public let texts: [LabelledText]
    private let vectors: Vectors?
    /// The order in which they are taken, where it is the same for all questions.
    private let order: [Int]

    /// The vectors of all examples, `[texts, size]`, and what made them.
    private struct Vectors: Sendable {
        let vectorizer: TextVectorizer
        let rows: Tensor
    }

    /// No examples: zero-shot prompts.
    public static let none = PromptExamples()

    private init() { (texts, vectors, order) = ([], nil, []) }

    /// Examples to choose from.
    ///
    /// - Parameters:
    ///   - texts: Those without a label are left out.
    ///   - choice: How the examples of a question are chosen; `nearest` gives each text its vector here.
    ///   - onProgress: Told how many of the texts have vectors.
    /// - Throws: What the encoder of `nearest` throws.
    public init(
        _ texts: [LabelledText], choice: Choice,
        onProgress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws {
        self.texts = texts.filter { $0.label != nil }
        var order = Array(self.texts.indices)
        switch choice {
        case .first: vectors = nil
        case .drawn(let seed):
            var generator = DataSite.generator(seed: seed, site: DataSite.examples, epoch: 0)
            generator.shuffle(&order)
            vectors = nil
        case .nearest(let vectorizer):
            vectors = try Vectors(
                vectorizer: vectorizer,
                rows: vectorizer.matrix(of: self.texts.map(\.text), onProgress: onProgress))
        }
        self.order = order
    }

    /// The labelled documents of a split, to choose examples from.
    public static func texts(
        of workspace: Workspace, corpus: String, split: Split = .train
    ) throws -> [LabelledText] {
        var result: [LabelledText] = []
        try workspace.documents(corpus: corpus, split: split).forEach { document in
            if document.label != nil { result.append(LabelledText(document)) }
        }
        return result
    }

    /// The places in ``texts`` of a question's examples, in the order in which they stand: the last one is next
    /// to the question. A text is never its own example.
    func choose(_ count: Int, for question: LabelledText) throws -> [Int] {
        guard count > 0, !texts.isEmpty else { return [] }
        func isOther(_ index: Int) -> Bool {
            texts[index].text != question.text || texts[index].pair != question.pair
        }
        guard let vectors else { return Array(order.lazy.filter(isOther).prefix(count)) }
        let vector = try vectors.vectorizer.matrix(of: [question.text])
        let cosines = linear(
            vector, weight: vectors.rows, bias: nil, activation: .identity, residual: nil
        ).scalars
        let ranked = order.filter(isOther).sorted { (-cosines[$0], $0) < (-cosines[$1], $1) }
        return ranked.prefix(count).reversed()
    }
}
