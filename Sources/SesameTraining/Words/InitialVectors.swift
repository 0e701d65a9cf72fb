import SesameNN
import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Word vectors that a model's table of tokens begins with, instead of random ones.
///
/// GPT, BERT, the recurrent and the neural language model and translation models take them. An ELMo has no table of
/// words to fill: it reads words as bytes. Tokens that the file lacks, and pieces that continue a word (`##ing`), begin at
/// random; see ``WordVectorTable``.
///
/// Vectors are taken as they are, without scaling. Where the output shares the table (GPT and BERT always, others
/// where they are tied), it begins with the vectors too, and freezing them freezes the output's weights as well, which
/// costs more than it saves: a GPT of 3 layers, 96 wide, over 8,000 words comes to a validation loss of 5.13 on
/// WikiText-2 in 250 steps of 8 × 64 tokens, begun with skip-gram's vectors of that text to 4.69, with these frozen
/// to 5.62.
public struct InitialVectors: Sendable, Hashable, Codable {
    /// The file: word2vec text or binary, GloVe text, fastText's `.bin` or safetensors.
    public var file: String
    /// Whether the table stays as it begins, bit for bit, while all else learns.
    public var isFrozen: Bool

    /// The vectors of a file, which are trained further unless they are frozen.
    public init(_ file: String, isFrozen: Bool = false) {
        self.file = file
        self.isFrozen = isFrozen
    }

    /// Reads the vectors of a tokenizer's words, and tells how many there are.
    ///
    /// - Parameter size: Values of a token's vector in the model; nil for any.
    /// - Throws: ``TrainingError`` with code `.file`, also for vectors of another size.
    func read(
        for tokenizer: Tokenizer, size: Int?, _ onEvent: (TrainerEvent) throws -> Void
    ) throws -> WordVectorTable {
        let table = try WordVectorTable.read(file, for: tokenizer, onEvent)
        if let size, table.size != size {
            throw TrainingError(
                .file(
                    path: file,
                    problem:
                        "expected vectors of \(size) values, as wide as the model's tokens, found "
                        + "\(table.size); make the model \(table.size) wide, or use vectors of \(size)"
                ))
        }
        return table
    }

    /// What the result depends on, for refusing to resume with other vectors.
    func dependency() throws -> String { try WordVectorSource.file(file).dependency() }
}

extension WordVectorTable {
    /// Reads a file, and tells how many of the tokenizer's tokens it has.
    static func read(
        _ path: String, for tokenizer: Tokenizer, _ onEvent: (TrainerEvent) throws -> Void
    ) throws -> WordVectorTable {
        try onEvent(.preparing("reading word vectors"))
        let table = try WordVectorTable(URL(fileURLWithPath: path), for: tokenizer)
        var line =
            "Word vectors: \(table.foundCount) of \(table.isFound.count) tokens have one of "
            + "\(table.size) values in \(path)"
        if table.repeatedRowCount > 0 {
            line +=
                "; rows left out there, as earlier ones have their words: \(table.repeatedRowCount)"
        }
        try onEvent(.note(line + "."))
        return table
    }

    /// A model's table of tokens that begins with the vectors.
    ///
    /// - Parameters:
    ///   - seed: Of the tokens that have none.
    ///   - site: Tells the tables of one model apart.
    func table(seed: UInt64, site: UInt64 = 0) -> Embedding {
        Embedding(
            weight: embedding(
                key: RandomKey(seed: seed, stream: RecipeSite.vectors).derived(site)))
    }
}

extension TrainingOptions {
    /// The options with those tables frozen that begin with vectors to be left as they are.
    ///
    /// - Parameter tables: The vectors of each table, and its path in the model.
    func freezing(_ tables: [(vectors: InitialVectors?, path: String)]) -> TrainingOptions {
        let paths = tables.filter { $0.vectors?.isFrozen == true }.map(\.path)
        guard !paths.isEmpty else { return self }
        var result = self
        result.frozenParameters = (frozenParameters ?? []) + paths
        return result
    }
}
