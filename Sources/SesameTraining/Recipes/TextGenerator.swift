import SesameModels
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A pretrained language model, ready to continue texts.
///
///     let generator = try TextGenerator(modelFolder: folder)
///     var sampler = Sampler(temperature: 0.8, topK: 40, seed: 1)
///     let text = try generator.generate(prompt: "Once upon", count: 200, sampler: &sampler)
public struct TextGenerator: Sendable {
    /// The model.
    public let model: any TextContinuing
    /// The tokenizer.
    public let tokenizer: Tokenizer

    /// Loads the folder of a language model, such as pretraining wrote.
    /// - Throws: ``TrainingError`` with code `.badModelFolder` for a model of another task.
    public init(modelFolder: URL) throws {
        let folder = try TrainedModelFolder(modelFolder)
        try folder.require(.nextToken, for: "generating")
        let kind = try ModelKind.of(modelFolder)
        guard let languageModel = kind.languageModel else {
            throw ModelKind.mismatch(
                kind.modelType, in: modelFolder, expected: { $0.languageModel != nil },
                for: "continuing texts")
        }
        model = try languageModel(modelFolder)
        tokenizer = folder.tokenizer
    }

    /// A model that is in memory, with its tokenizer.
    public init(model: some TextContinuing, tokenizer: Tokenizer) {
        self.model = model
        self.tokenizer = tokenizer
    }

    /// Continues a text.
    /// - Parameters:
    ///   - prompt: The beginning; empty begins where a text begins.
    ///   - count: Most tokens to add; generation ends earlier at an end-of-text token.
    ///   - sampler: Chooses each token; its state moves on, so equal seeds give equal texts.
    ///   - precision: Of matrix products.
    ///   - onText: Called with each new piece of text as soon as it is sure; false stops.
    /// - Returns: The added text, without the prompt.
    public func generate(
        prompt: String, count: Int, sampler: inout Sampler, precision: Precision = .float32,
        onText: (String) throws -> Bool = { _ in true }
    ) throws -> String {
        var ids = tokenizer.encodeIDs(prompt)
        if ids.isEmpty {
            // A text begins after the beginning token, or after the end of the one before.
            ids = [tokenizer.beginningID ?? tokenizer.endID ?? lineBreakID ?? 0]
        }
        let stopIDs = Set([tokenizer.endID].compactMap { $0 })
        // Spaces between words depend on both neighbours, so the prompt's last tokens stay in view.
        let context = Array(ids.suffix(8))
        let contextText = tokenizer.decode(context)
        var added: [Int32] = []
        var shown = ""
        _ = try model.generate(
            ids, count: count, sampler: &sampler, stopIDs: stopIDs, precision: precision
        ) { id in
            guard !stopIDs.contains(id) else { return false }
            added.append(id)
            var text = continuation(added, context: context, contextText: contextText)
            // A character whose bytes are several tokens is shown once it is complete.
            while text.unicodeScalars.last == "\u{FFFD}" { text.unicodeScalars.removeLast() }
            guard text.utf8.starts(with: shown.utf8) else { return true }
            let piece = String(decoding: text.utf8.dropFirst(shown.utf8.count), as: UTF8.self)
            shown = text
            return piece.isEmpty ? true : try onText(piece)
        }
        let text = continuation(added, context: context, contextText: contextText)
        if text.utf8.count > shown.utf8.count, text.utf8.starts(with: shown.utf8) {
            _ = try onText(String(decoding: text.utf8.dropFirst(shown.utf8.count), as: UTF8.self))
        }
        return text
    }

    private var lineBreakID: Int32? { tokenizer.id(of: "\n") }

    private func continuation(
        _ added: [Int32], context: [Int32], contextText: String
    ) -> String {
        let whole = tokenizer.decode(context + added)
        guard whole.utf8.starts(with: contextText.utf8) else { return tokenizer.decode(added) }
        return String(
            decoding: whole.utf8.dropFirst(contextText.utf8.count), as: UTF8.self)
    }
}
