import SesameStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Folders that appear whole or not at all, even if the power fails.
enum DurableFiles {
    /// Fills a folder under a temporary name, syncs it and renames it.
    ///
    /// - Parameters:
    ///   - folder: Where it shall appear. An existing one is replaced only if `replacing` is true.
    ///   - body: Writes the files into the folder it is given.
    static func writeFolder(
        _ folder: URL, replacing: Bool, _ body: (URL) throws -> Void
    ) throws {
        let files = FileManager.default
        let parent = folder.deletingLastPathComponent()
        if !replacing, files.fileExists(atPath: folder.path) {
            throw TrainingError(.exists(path: folder.path))
        }
        let temporary = parent.appendingPathComponent(
            ".\(folder.lastPathComponent).\(getpid()).tmp")
        do {
            try files.createDirectory(at: parent, withIntermediateDirectories: true)
            if files.fileExists(atPath: temporary.path) { try files.removeItem(at: temporary) }
            try files.createDirectory(at: temporary, withIntermediateDirectories: false)
        } catch {
            throw TrainingError(
                .file(path: temporary.path, problem: "cannot create the folder: \(error)"))
        }
        do {
            try body(temporary)
            for name in try files.contentsOfDirectory(atPath: temporary.path) {
                try sync(temporary.appendingPathComponent(name))
            }
            try sync(temporary)
            if files.fileExists(atPath: folder.path) {
                // A folder cannot be renamed onto a full one: the old one steps aside first.
                let old = parent.appendingPathComponent(
                    ".\(folder.lastPathComponent).\(getpid()).old")
                if files.fileExists(atPath: old.path) { try files.removeItem(at: old) }
                try rename(folder, to: old)
                try rename(temporary, to: folder)
                try files.removeItem(at: old)
            } else {
                try rename(temporary, to: folder)
            }
            try sync(parent)
        } catch {
            try? files.removeItem(at: temporary)
            throw error
        }
    }

    /// Writes a file in one go; the folder around it is synced by ``writeFolder(_:replacing:_:)``.
    static func write(_ data: Data, to url: URL) throws {
        do {
            try data.write(to: url)
        } catch {
            throw TrainingError(.file(path: url.path, problem: "cannot write: \(error)"))
        }
    }

    /// Reads a whole file.
    static func read(_ url: URL) throws -> Data {
        do {
            return try Data(contentsOf: url)
        } catch {
            throw TrainingError(.file(path: url.path, problem: "cannot read: \(error)"))
        }
    }

    /// XXH64 of a file's bytes, in hexadecimal.
    static func checksum(_ url: URL) throws -> String {
        let value = try read(url).withUnsafeBytes { ContentHash.of($0) }
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }

    /// Encodes with sorted keys, so that equal values give equal bytes.
    static func encodeJSON(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value) + Data("\n".utf8)
    }

    private static func sync(_ url: URL) throws {
        let descriptor = open(url.path, O_RDONLY)
        guard descriptor >= 0 else { throw systemError(url) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw systemError(url) }
    }

    private static func rename(_ source: URL, to destination: URL) throws {
        #if canImport(Darwin)
            let result = Darwin.rename(source.path, destination.path)
        #elseif canImport(Musl)
            let result = Musl.rename(source.path, destination.path)
        #else
            let result = Glibc.rename(source.path, destination.path)
        #endif
        guard result == 0 else { throw systemError(destination) }
    }

    private static func systemError(_ url: URL) -> TrainingError {
        TrainingError(.file(path: url.path, problem: String(cString: strerror(errno))))
    }
}
