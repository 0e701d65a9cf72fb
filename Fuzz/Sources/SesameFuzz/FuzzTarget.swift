import Foundation

/// One reader, and what is done with what it has read.
struct FuzzTarget: Sendable {
    let name: String
    let run: @Sendable (UnsafeBufferPointer<UInt8>) -> Void

    /// Set once, before the first input.
    nonisolated(unsafe) static var current: FuzzTarget?

    static let all = [
        safetensors, index, configuration, record, vocabulary, tokenizer, bytepairs, table,
        vectors, counts, vectorModel,
    ]
}

/// Files that the readers open, rewritten with every input.
enum Scratch {
    static let folder: URL = {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-fuzz-\(getpid())", isDirectory: true)
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true)
        } catch {
            preconditionFailure("cannot make \(folder.path): \(error)")
        }
        return folder
    }()

    /// Writes a file whole; the fuzzer's own disk trouble is not the reader's.
    static func write(_ bytes: some Collection<UInt8>, to name: String) -> URL {
        let url = folder.appendingPathComponent(name)
        let file = open(url.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(file >= 0, "cannot write \(url.path)")
        defer { close(file) }
        let content = Array(bytes)
        let written = content.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
        precondition(written == content.count, "wrote \(written) of \(content.count) bytes")
        return url
    }
}

/// Runs a reader. Errors of type `Expected` are how it says no; any other error is a finding.
@discardableResult
func refusing<Expected: Error, Result>(
    with _: Expected.Type, _ body: () throws -> Result
) -> Result? {
    do {
        return try body()
    } catch let error as Expected {
        // The message is part of what is tested.
        precondition(!"\(error)".isEmpty, "an error without a message")
        return nil
    } catch {
        preconditionFailure("expected \(Expected.self), found \(type(of: error)): \(error)")
    }
}
