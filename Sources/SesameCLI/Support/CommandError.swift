/// What the command line itself finds wrong; the libraries' errors pass through as they are.
///
/// One line: what was expected, what was found, where, and what to do.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
