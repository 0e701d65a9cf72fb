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
package enum AtomicFolder {
    /// What went wrong, and where.
    package struct Failure: Error {
        package let path: String
        package let reason: String
    }

    /// Fills a folder under a temporary name beside it, syncs it and gives it its name.
    ///
    /// An existing folder is exchanged for the new one in a single step on macOS. Elsewhere it steps aside
    /// first; a power failure in that instant leaves both, whole, under names that begin with a dot.
    /// If `body` throws, nothing has changed.
    ///
    /// - Parameters:
    ///   - folder: Where it shall appear.
    ///   - body: Writes the files into the folder that it is given.
    /// - Throws: ``Failure``, or what `body` throws.
    package static func write(_ folder: URL, _ body: (URL) throws -> Void) throws {
        let files = FileManager.default
        let folder = folder.standardizedFileURL
        let parent = folder.deletingLastPathComponent()
        let temporary = parent.appendingPathComponent(
            ".\(folder.lastPathComponent).\(getpid()).tmp")
        try attempt(temporary, "create the folder") {
            try files.createDirectory(at: parent, withIntermediateDirectories: true)
            if files.fileExists(atPath: temporary.path) { try files.removeItem(at: temporary) }
            try files.createDirectory(at: temporary, withIntermediateDirectories: false)
        }
        do {
            try body(temporary)
            for name in try files.contentsOfDirectory(atPath: temporary.path) {
                try sync(temporary.appendingPathComponent(name))
            }
            try sync(temporary)
            if !files.fileExists(atPath: folder.path) {
                try move(temporary, to: folder)
            } else if !exchange(temporary, folder) {
                let old = parent.appendingPathComponent(
                    ".\(folder.lastPathComponent).\(getpid()).old")
                if files.fileExists(atPath: old.path) { try files.removeItem(at: old) }
                try move(folder, to: old)
                try move(temporary, to: folder)
                try files.moveItem(at: old, to: temporary)
            }
            try sync(parent)
        } catch {
            try? files.removeItem(at: temporary)
            throw error
        }
        // After an exchange the old folder has the temporary name.
        if files.fileExists(atPath: temporary.path) {
            try attempt(temporary, "remove the old folder") { try files.removeItem(at: temporary) }
        }
    }

    private static func attempt(_ url: URL, _ what: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            throw Failure(path: url.path, reason: "cannot \(what): \(fileReason(error))")
        }
    }

    private static func sync(_ url: URL) throws {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemFailure(url) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw systemFailure(url) }
    }

    private static func move(_ source: URL, to destination: URL) throws {
        guard rename(source.path, destination.path) == 0 else { throw systemFailure(destination) }
    }

    /// Swaps two names in one step; false where the system or its file system cannot.
    private static func exchange(_ first: URL, _ second: URL) -> Bool {
        #if canImport(Darwin)
            renamex_np(first.path, second.path, UInt32(RENAME_SWAP)) == 0
        #else
            // Linux has renameat2 for this, which Swift's overlay of the C library leaves out.
            false
        #endif
    }

    private static func systemFailure(_ url: URL) -> Failure {
        Failure(path: url.path, reason: String(cString: strerror(errno)))
    }
}
