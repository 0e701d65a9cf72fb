import Sesame

/// A line of a file or of standard input, which errors name.
struct InputLine {
    /// The file as the user named it; "-" is standard input.
    let file: String
    /// From 1.
    let number: Int
    let text: String

    /// As "reviews.txt line 3".
    var place: String { "\(file == "-" ? "standard input" : file) line \(number)" }

    /// The line as two texts with a tab between.
    func pair() throws -> LabelledText {
        let parts = text.split(separator: "\t", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw CommandError(
                "\(place): expected two texts with a tab between, found "
                    + "\((parts.count - 1).counted("tab"))")
        }
        return LabelledText(String(parts[0]), pair: String(parts[1]))
    }
}
