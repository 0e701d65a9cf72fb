/// What SesameNN throws about outside input.
public struct NNError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of error; more may come.
    public struct Code: Sendable, Hashable {
        private enum Value: Sendable, Hashable { case optimizerState }
        private let value: Value

        /// An optimizer's saved state does not fit the model.
        public static let optimizerState = Code(value: .optimizerState)
    }

    /// The kind of error.
    public let code: Code
    /// One line: what was expected, what was found, where.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
