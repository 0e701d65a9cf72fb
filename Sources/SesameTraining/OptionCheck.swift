/// Range checks of options.
enum OptionCheck {
    /// - Parameters:
    ///   - valid: Whether the value will do.
    ///   - name: What the option is called in messages.
    ///   - expected: As "1 or more".
    ///   - found: The value.
    /// - Throws: ``TrainingError`` with code `.invalidOption`.
    static func require(
        _ valid: Bool, _ name: String, _ expected: String, _ found: some Any
    ) throws {
        guard !valid else { return }
        throw TrainingError(.invalidOption(name: name, expected: expected, found: "\(found)"))
    }

    /// Requires a probability, or a share that leaves something.
    static func share(_ value: some BinaryFloatingPoint, _ name: String) throws {
        try require((0..<1).contains(value), name, "0 or more and below 1", value)
    }

    /// Requires sizes of 1 or more, so small that products of some of them are numbers still.
    static func sizes(_ sizes: [(name: String, value: Int)]) throws {
        for (name, value) in sizes { try count(value, name, atMost: 1 << 30) }
    }

    /// Requires a number of things.
    static func count(
        _ value: Int, _ name: String, atLeast least: Int = 1, atMost most: Int = 1 << 40
    ) throws {
        try require(value >= least, name, "\(least) or more", value)
        try require(value <= most, name, "at most \(most)", value)
    }

    /// Requires what all models have: dropout, and texts held out.
    static func common(dropoutProbability: Float, validationFraction: Double) throws {
        try share(dropoutProbability, "dropout")
        try require(
            (0..<0.9).contains(validationFraction), "validation share", "0 or more and below 0.9",
            validationFraction)
    }
}
