import SesameModels
import SesameStore
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An ELMo's vectors of a corpus's documents, kept in the workspace: computed once, read as often as a task trains.
///
/// A document is one sentence. What is kept is every layer, so that a task can learn its own mix.
public struct PrecomputedVectors: Sendable {
    /// How a document's words are found.
    public enum Words: String, Sendable, Hashable, CaseIterable {
        /// As the model's tokenizer cuts the text.
        case tokenizer
        /// What stands between spaces.
        case spaces
    }

    /// The model.
    public let encoder: WordEncoder
    /// How words are found.
    public let words: Words
    private let workspace: Workspace
    private let key: String

    /// The vectors of the model in a folder.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another kind.
    public init(workspace: Workspace, modelFolder: URL, words: Words = .tokenizer) throws {
        self.workspace = workspace
        self.words = words
        encoder = try WordEncoder(modelFolder: modelFolder)
        key =
            "elmo \(try DurableFiles.checksum(weightsIn: modelFolder)) \(words.rawValue) "
            + encoder.tokenizer.fingerprint
    }

    /// Computes and keeps what is missing of a corpus.
    ///
    /// - Parameters:
    ///   - corpus: The corpus's name.
    ///   - precision: Of matrix products.
    ///   - progress: Called after each batch with documents done and in all; it may throw to stop. What is
    ///     done stays.
    /// - Returns: How many documents were computed.
    @discardableResult
    public func compute(
        corpus: String, precision: Precision = .float32,
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> Int {
        let total = try workspace.documentCount(corpus: corpus)
        let cursor = try workspace.documents(corpus: corpus)
        var (computed, done) = (0, 0)
        while true {
            let documents = try cursor.nextBatch()
            guard !documents.isEmpty else { return computed }
            let known = try workspace.vectors(of: documents, model: key)
            let missing = documents.filter { known[$0.id] == nil }
            let layers = encoder.layers(for: missing.map(words(of:)), precision: precision)
            try workspace.saveVectors(
                zip(missing, layers).map { document, layers in
                    (
                        document,
                        DocumentVectors(
                            layers.flatMap(\.scalars),
                            rows: layers.reduce(0) { $0 + $1.shape[0] },
                            columns: encoder.vectorSize)
                    )
                }, model: key)
            computed += missing.count
            done += documents.count
            try progress(done, total)
        }
    }

    /// How many documents of a corpus have vectors.
    public func count(corpus: String) throws -> Int {
        try workspace.vectorCount(corpus: corpus, model: key)
    }

    /// The layers of documents, each `[words, vectorSize]`; those that are not kept are computed.
    public func layers(of documents: [Document]) throws -> [[Tensor]] {
        let known = try workspace.vectors(of: documents, model: key)
        let layerCount = encoder.model.configuration.vectorLayerCount
        return documents.map { document in
            guard let found = known[document.id] else {
                return encoder.layers(for: [words(of: document)])[0]
            }
            let whole = Tensor(found.scalars, shape: [found.rows, found.columns])
            let count = found.rows / layerCount
            return (0..<layerCount).map {
                whole.sliced(axis: 0, ($0 * count)..<(($0 + 1) * count))
            }
        }
    }

    private func words(of document: Document) -> [String] {
        switch words {
        case .tokenizer: encoder.words(of: document.text)
        case .spaces: document.text.split(separator: " ").map(String.init)
        }
    }
}
