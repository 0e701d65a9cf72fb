/// A token that is found in a text as it is written, before anything else is done to the text.
public struct AddedToken: Sendable, Equatable {
    /// The token, as written in a text and as it stands in the vocabulary.
    public var content: String
    /// Whether it is a token with a part of its own, which decoding leaves out, rather than a word.
    public var isSpecial: Bool
    /// Whether white space before it belongs to it.
    public var takesSpaceBefore: Bool
    /// Whether white space behind it belongs to it.
    public var takesSpaceBehind: Bool

    /// A token to be found in texts.
    public init(
        _ content: String, isSpecial: Bool = true, takesSpaceBefore: Bool = false,
        takesSpaceBehind: Bool = false
    ) {
        self.content = content
        self.isSpecial = isSpecial
        self.takesSpaceBefore = takesSpaceBefore
        self.takesSpaceBehind = takesSpaceBehind
    }
}

extension SpecialTokens {
    /// Those which are set, to be found in texts.
    public var added: [AddedToken] { all.map { AddedToken($0) } }
}
