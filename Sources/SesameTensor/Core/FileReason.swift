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

/// Why a file could not be read or written, in the system's own few words: `No space left on device`.
///
/// Foundation's errors describe themselves over a line of domains, codes and dictionaries. Errors of
/// other kinds are taken as they are, being a line already.
package func fileReason(_ error: any Error) -> String {
    if let system = error as? POSIXError {
        return String(cString: strerror(system.code.rawValue))
    }
    if let decoding = error as? DecodingError { return reason(decoding) }
    guard let cocoa = error as? CocoaError else { return "\(error)" }
    if let system = cocoa.underlying as? POSIXError {
        return String(cString: strerror(system.code.rawValue))
    }
    return switch cocoa.code {
    case .fileReadNoSuchFile, .fileNoSuchFile: "No such file or directory"
    case .fileReadNoPermission, .fileWriteNoPermission: "Permission denied"
    case .fileWriteOutOfSpace: "No space left on device"
    case .fileWriteFileExists: "File exists"
    default: "error \(cocoa.code.rawValue)"
    }
}

private func reason(_ error: DecodingError) -> String {
    func place(_ path: [any CodingKey]) -> String {
        path.isEmpty ? "" : " at " + path.map(\.stringValue).joined(separator: ".")
    }
    return switch error {
    case .keyNotFound(let key, let context):
        "the key \(key.stringValue) is missing" + place(context.codingPath)
    case .typeMismatch(_, let context): "a value of another type" + place(context.codingPath)
    case .valueNotFound(_, let context): "a value is missing" + place(context.codingPath)
    case .dataCorrupted(let context): "no valid JSON" + place(context.codingPath)
    @unknown default: "no valid JSON"
    }
}
