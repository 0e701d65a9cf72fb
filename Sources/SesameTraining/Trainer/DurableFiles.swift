import SesameModels
import SesameStore
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

/// Folders that appear whole or not at all, even if the power fails.
package enum DurableFiles {
    /// Fills a folder that appears whole or not at all; see `AtomicFolder`.
    ///
    /// - Parameters:
    ///   - folder: Where it shall appear. An existing one is replaced only if `replacing` is true.
    ///   - body: Writes the files into the folder it is given.
    static func writeFolder(
        _ folder: URL, replacing: Bool, _ body: (URL) throws -> Void
    ) throws {
        if !replacing, FileManager.default.fileExists(atPath: folder.path) {
            throw TrainingError(.exists(path: folder.path))
        }
        do {
            try AtomicFolder.write(folder, body)
        } catch let error as AtomicFolder.Failure {
            throw TrainingError(.file(path: error.path, problem: error.reason))
        }
    }

    /// Deletes a folder: under its name it is whole or gone, even if the process is killed between.
    static func removeFolder(_ folder: URL) throws {
        let doomed = folder.deletingLastPathComponent().appendingPathComponent(
            ".\(folder.lastPathComponent).\(getpid()).tmp")
        if FileManager.default.fileExists(atPath: doomed.path) {
            try FileManager.default.removeItem(at: doomed)
        }
        try rename(folder, to: doomed)
        try FileManager.default.removeItem(at: doomed)
    }

    /// Cleans up after a process that was killed while it wrote, replaced or deleted `folder`.
    static func removeLeftovers(of folder: URL) {
        let parent = folder.deletingLastPathComponent()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
        removeLeftovers(names, in: parent) { $0 == folder.lastPathComponent }
    }

    /// Cleans up what killed processes left in `parent` of folders whose name fits.
    ///
    /// A folder that was about to be replaced, and whose successor never got its name, is put back.
    /// The temporary folders of processes that go on are left alone.
    static func removeLeftovers(
        _ names: [String], in parent: URL, where isOurs: (String) -> Bool
    ) {
        for leftover in names.sorted() {
            // ".NAME.PROCESS.tmp" or ".NAME.PROCESS.old".
            let parts = leftover.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count >= 4, parts[0].isEmpty, let process = Int32(parts[parts.count - 2]),
                process == getpid() || !Owner.isRunning(process)
            else { continue }
            let name = parts[1..<parts.count - 2].joined(separator: ".")
            let url = parent.appendingPathComponent(leftover)
            guard isOurs(name) else { continue }
            // What cannot be cleaned up only takes space.
            switch parts[parts.count - 1] {
            case "tmp": try? FileManager.default.removeItem(at: url)
            case "old":
                let original = parent.appendingPathComponent(name)
                if FileManager.default.fileExists(atPath: original.path) {
                    try? FileManager.default.removeItem(at: url)
                } else {
                    try? rename(url, to: original)
                }
            default: break
            }
        }
    }

    /// Writes a file in one go; the folder around it is synced by ``writeFolder(_:replacing:_:)``.
    static func write(_ data: Data, to url: URL) throws {
        do {
            try data.write(to: url)
        } catch {
            throw TrainingError(
                .file(path: url.path, problem: "cannot write: \(fileReason(error))"))
        }
    }

    /// Reads a whole file.
    static func read(_ url: URL) throws -> Data {
        do {
            return try Data(contentsOf: url)
        } catch {
            throw TrainingError(.file(path: url.path, problem: "cannot read: \(fileReason(error))"))
        }
    }

    /// XXH64 of a file's bytes, in hexadecimal.
    package static func checksum(_ url: URL) throws -> String {
        ContentHash.text(try read(url).withUnsafeBytes { ContentHash.of($0) })
    }

    /// XXH64 of the weights in a model folder, in one file or several, in hexadecimal.
    static func checksum(weightsIn folder: URL) throws -> String {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        } catch {
            throw TrainingError(
                .file(path: folder.path, problem: "cannot read: \(fileReason(error))"))
        }
        var hash = ContentHash()
        for name in names.sorted() where name.hasSuffix(".safetensors") {
            try read(folder.appendingPathComponent(name)).withUnsafeBytes { hash.update($0) }
        }
        return ContentHash.text(hash.value)
    }

    /// Encodes with sorted keys, so that equal values give equal bytes.
    static func encodeJSON(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // A metric can be infinite or undefined, and JSON has no number for that.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try encoder.encode(value) + Data("\n".utf8)
    }

    /// Decodes what ``encodeJSON(_:)`` wrote.
    static func decodeJSON<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(type, from: data)
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
