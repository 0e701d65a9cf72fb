import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The lines of an evaluation set: UTF-8, ended by LF or CR LF, a byte order mark skipped.
struct EvaluationLines {
    let lines: [Substring]
    let path: String

    init(_ url: URL) throws(VectorError) {
        path = url.path
        let data: Data
        do {
            data = try Data(contentsOf: url)
        } catch {
            throw VectorError(
                .file(path: url.path, operation: "read", reason: fileReason(error)))
        }
        if let offset = UTF8Repair.firstInvalidOffset(in: data) {
            let line = data.prefix(offset).count { $0 == UInt8(ascii: "\n") } + 1
            throw VectorError(
                .malformed(
                    path: url.path, place: "line \(line)", expected: "text in UTF-8",
                    found: "byte \(String(data[data.startIndex + offset], radix: 16))"))
        }
        var text = Substring(String(decoding: data, as: UTF8.self))
        if text.unicodeScalars.first == "\u{FEFF}" {
            text = Substring(text.unicodeScalars.dropFirst())
        }
        lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    }
}
