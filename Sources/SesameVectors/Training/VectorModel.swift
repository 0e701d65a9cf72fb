import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A way of training word vectors: a model that makes passes over what was made of a text, can be kept between two steps
/// and gone on with, and takes in new words with further text.
///
/// ``Word2Vec`` and ``GloVe`` are such models. What drives training, as a program does that shows progress and writes
/// checkpoints, is written once for both.
public protocol VectorModel: Sendable {
    /// How it is trained.
    associatedtype Options: Sendable, Hashable, Codable
    /// What it makes passes over.
    associatedtype Source: VectorSource
    /// What it reports meanwhile.
    associatedtype Progress: VectorProgress

    /// How it is trained.
    var options: Options { get }
    /// The words, with their counts.
    var vocabulary: Vocabulary { get }
    /// The words and their vectors.
    var table: VectorTable { get }
    /// The mean loss of each completed pass over the present text.
    var losses: [Double] { get }

    /// A model of some words, not trained yet.
    ///
    /// - Throws: ``VectorError`` with code `.invalidOption` or `.badWords`.
    init(vocabulary: Vocabulary, options: Options) throws(VectorError)

    /// Reads a model that ``save(to:)`` wrote; it goes on where it was.
    ///
    /// - Throws: ``VectorError`` with code `.file`, `.malformedFile` or `.invalidOption`.
    init(folder: URL) throws

    /// Writes the model with how far it has come, a folder that appears whole or not at all.
    ///
    /// - Throws: ``VectorError`` with code `.file`.
    func save(to folder: URL) throws

    /// Takes in the words of a further text, and begins training anew on it with the vectors as they are.
    ///
    /// - Throws: ``VectorError`` with code `.badWords` where the source's vocabulary does not begin with the model's.
    mutating func extend(to source: Source) throws(VectorError)

    /// Makes all passes over a source, or those that are left.
    ///
    /// The model is whole at each call of `progress`, and goes on from there if that throws: throw to stop.
    mutating func train(on source: Source, progress: (Self, Progress) throws -> Void) throws
}

/// What a ``VectorModel`` makes passes over: a text, or what was counted in it.
public protocol VectorSource: Sendable {
    /// The words, with their counts.
    var vocabulary: Vocabulary { get }
}

/// What a ``VectorModel`` reports while it trains.
public protocol VectorProgress: Sendable {
    /// The pass under way, from 1.
    var pass: Int { get }
    /// How many passes there will be.
    var passCount: Int { get }
    /// How much of the pass is done, above 0 and 1 at its end.
    var passShare: Double { get }
    /// The mean loss of the pass so far.
    var loss: Double { get }
}

extension VectorProgress {
    /// How much of all passes is done, 1 at the end.
    public var share: Double { (Double(pass - 1) + passShare) / Double(passCount) }
    /// Whether this is the last report of a pass.
    public var isPassDone: Bool { passShare == 1 }
}

extension WordStream: VectorSource {}
extension Cooccurrences: VectorSource {}

extension Word2Vec: VectorModel {
    /// The mean loss of each completed pass over the present text.
    public var losses: [Double] { position.losses }
}

extension GloVe: VectorModel {
    /// The mean cost of an entry in each completed pass over the present counts.
    public var losses: [Double] { position.costs }
}
