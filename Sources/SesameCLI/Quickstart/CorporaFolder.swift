import Foundation

/// Where the texts that come with Sesame are.
enum CorporaFolder {
    private static let parts = ["english", "chinese", "reviews"]

    /// The folder that was named, or `corpora` in the current folder or above the program.
    static func locate(_ named: String?) throws -> URL {
        if let named {
            let url = URL(fileURLWithPath: named)
            guard isComplete(url) else {
                throw CommandError("\(named) is no folder with \(parts.joined(separator: "/, "))/")
            }
            return url
        }
        for candidate in candidates() where isComplete(candidate) { return candidate }
        throw CommandError(
            "there is no corpora/ in the current folder: change to a checkout of Sesame, or name the "
                + "folder with --corpora")
    }

    private static func isComplete(_ folder: URL) -> Bool {
        parts.allSatisfy {
            FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
        }
    }

    private static func candidates() -> [URL] {
        var result = [URL(fileURLWithPath: "corpora")]
        // A program that SwiftPM built lies a few folders below the checkout.
        guard var folder = Bundle.main.executableURL?.resolvingSymlinksInPath() else {
            return result
        }
        for _ in 0..<5 {
            folder.deleteLastPathComponent()
            result.append(folder.appendingPathComponent("corpora"))
        }
        return result
    }
}
