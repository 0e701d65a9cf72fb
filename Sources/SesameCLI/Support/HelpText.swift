/// The text of `--help`.
enum HelpText {
    /// The same with a command's own options before the groups that it shares with others, which the parser puts first.
    static func ownOptionsFirst(_ text: String) -> String {
        var sections = text.split(separator: "\n\n", omittingEmptySubsequences: false)
        guard let own = sections.firstIndex(where: { $0.hasPrefix("OPTIONS:\n") }),
            let first = sections.firstIndex(where: isGroup), first < own
        else { return text }
        sections.insert(sections.remove(at: own), at: first)
        return sections.joined(separator: "\n\n")
    }

    /// Whether a section is a titled group: its head is a line of capitals of its own.
    private static func isGroup(_ section: Substring) -> Bool {
        guard let head = section.split(separator: "\n").first, head.hasSuffix(":") else {
            return false
        }
        return head == head.uppercased()
            && !["ARGUMENTS:", "OPTIONS:", "SUBCOMMANDS:"].contains(head)
    }
}
