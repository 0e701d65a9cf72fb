/// Command lines as a user would type them.
package enum ShellWords {
    /// The words between spaces, quoted where a shell would otherwise take them apart.
    package static func line(_ words: [String]) -> String {
        words.map(quoted).joined(separator: " ")
    }

    private static let plain = Set("-_./=:,+@%".unicodeScalars)

    private static func quoted(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || ("0"..."9").contains($0) || plain.contains($0)
        }
        guard !isPlain || word.isEmpty else { return word }
        var result = "'"
        for character in word { result += character == "'" ? "'\\''" : String(character) }
        return result + "'"
    }
}
