import SesameModels

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The models that a folder may hold, by what its `config.json` says.
enum ModelKind {
    /// The type of a folder's model.
    ///
    /// - Throws: `ModelError` where `config.json` cannot be read; ``TrainingError`` with code
    ///   `.badModelFolder` for a kind of model that is not known.
    static func type(in folder: URL) throws -> any PretrainedModel.Type {
        let summary = try ModelFolder.summary(of: folder)
        func names(_ part: String) -> Bool {
            summary.architectures.contains { $0.contains(part) }
        }
        if summary.isSequenceClassifier { return SequenceClassifier.self }
        switch summary.modelType {
        case "gpt2": return GPT.self
        case "bert":
            return names("PreTraining") || names("MaskedLM") ? BERTForPretraining.self : BERT.self
        case let other:
            throw TrainingError(
                .badModelFolder(
                    path: folder.path,
                    problem: "model_type is '\(other)', expected bert or gpt2",
                    remedy: "choose another folder"))
        }
    }

    /// Reads a folder's model, whichever it is.
    static func load(_ folder: URL) throws -> any PretrainedModel {
        func read<Model: PretrainedModel>(_ type: Model.Type) throws -> any PretrainedModel {
            try Model.load(from: folder)
        }
        return try read(type(in: folder))
    }
}
