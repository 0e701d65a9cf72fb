import Foundation

/// Where tests find the large public data sets, which are never part of the repository.
public enum TestData {
    /// The folder named by the environment variable `SESAME_DATA`, or nil where it is not set.
    public static var root: URL? {
        ProcessInfo.processInfo.environment["SESAME_DATA"].map { URL(fileURLWithPath: $0) }
    }

    /// The file at `path` below ``root``, or nil where the data is not present.
    public static func file(_ path: String) -> URL? {
        guard let url = root?.appendingPathComponent(path),
            FileManager.default.fileExists(atPath: url.path)
        else { return nil }
        return url
    }
}
