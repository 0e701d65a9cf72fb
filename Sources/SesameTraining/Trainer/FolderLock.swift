import SesameTensor

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

/// Keeps a folder for one run as long as the object lives.
///
/// The system's lock on the folder itself: it leaves no file behind, and goes away with the process,
/// however that ends.
final class FolderLock: Sendable {
    private let descriptor: Int32
    private let url: URL

    /// Locks a folder, which is created where it is missing.
    /// - Throws: ``TrainingError`` with code `.file` if another run holds it.
    init(_ url: URL) throws {
        self.url = url
        while true {
            do {
                try FileManager.default.createDirectory(
                    at: url, withIntermediateDirectories: true)
            } catch {
                throw TrainingError(
                    .file(path: url.path, problem: "cannot create the folder: \(fileReason(error))")
                )
            }
            let descriptor = open(url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw TrainingError(
                    .file(
                        path: url.path, problem: "cannot open: \(String(cString: strerror(errno)))")
                )
            }
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
                close(descriptor)
                throw TrainingError(
                    .file(
                        path: url.path,
                        problem: "another run is writing its checkpoints here; "
                            + "wait for its end, or choose another output"))
            }
            // Some network file systems have no locks; there the user must take care.
            guard Self.isSame(descriptor, url) else {
                // It was removed by a run that ended just now.
                close(descriptor)
                continue
            }
            self.descriptor = descriptor
            return
        }
    }

    deinit {
        // Only an empty folder can be removed; one with checkpoints stays.
        rmdir(url.path)
        close(descriptor)
    }

    private static func isSame(_ descriptor: Int32, _ url: URL) -> Bool {
        var opened = stat()
        var named = stat()
        return fstat(descriptor, &opened) == 0 && stat(url.path, &named) == 0
            && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
    }
}
