/// A token within a pre-token.
public struct TokenPiece: Sendable, Equatable {
    /// The id.
    public var id: Int32
    /// Where it starts in the pre-token, in bytes.
    public var start: Int
    /// Where it ends, in bytes.
    public var end: Int

    /// A token that covers the bytes from `start` to `end`.
    public init(id: Int32, start: Int, end: Int) {
        self.id = id
        self.start = start
        self.end = end
    }
}

/// Turns a pre-token into tokens of a vocabulary.
public protocol TokenModel: TokenizerStage {
    /// The tokens that it can give.
    var vocabulary: Vocabulary { get }

    /// Appends the tokens of one pre-token.
    func tokenize(_ word: UnsafeBufferPointer<UInt8>, into pieces: inout [TokenPiece])

    /// Whether a token continues the word that the token before it belongs to.
    func isContinuation(_ id: Int32) -> Bool
}

/// Each pre-token is a token, or unknown: the model of character and word tokenizers.
public struct WholeTokenModel: TokenModel {
    /// See ``TokenModel``.
    public let vocabulary: Vocabulary
    /// The token for what the vocabulary lacks; nil leaves it out.
    public let unknownToken: String?
    private let unknownID: Int32?

    /// A model over `vocabulary`.
    ///
    /// - Throws: ``TextError`` with code `missingSpecialToken` if the vocabulary lacks `unknownToken`.
    public init(vocabulary: Vocabulary, unknownToken: String?) throws {
        self.vocabulary = vocabulary
        self.unknownToken = unknownToken
        unknownID = try unknownToken.map { try vocabulary.requiredID(of: $0) }
    }

    /// See ``TokenModel``.
    public func tokenize(_ word: UnsafeBufferPointer<UInt8>, into pieces: inout [TokenPiece]) {
        if let id = vocabulary.id(of: word) ?? unknownID {
            pieces.append(TokenPiece(id: id, start: 0, end: word.count))
        }
    }

    /// See ``TokenModel``; no token does.
    public func isContinuation(_ id: Int32) -> Bool { false }

    /// See ``TokenizerStage``.
    public var configuration: StageConfiguration {
        .init("WordLevel", ["unk_token": .text(unknownToken ?? "")])
    }
}

extension Vocabulary {
    /// The id of a special token.
    func requiredID(of token: String) throws -> Int32 {
        guard let id = id(of: token) else { throw TextError(.missingSpecialToken(token: token)) }
        return id
    }
}
