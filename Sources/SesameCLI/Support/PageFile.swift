import Foundation
import Sesame

/// HTML pages and pictures that commands write beside the user's own files.
enum PageFile {
    /// Lets an earlier page of the same kind give way; a file of another kind is somebody's work.
    ///
    /// - Parameters:
    ///   - name: The file as the user named it.
    ///   - generator: What pages of this kind have in their `generator` element.
    ///   - kind: What they are called, as "report".
    static func check(
        _ url: URL, name: String, generator: String, kind: String, force: Bool
    ) throws {
        try check(
            url, name: name, mark: "content=\"\(generator)\"", kind: kind, option: "--output",
            force: force)
    }

    /// The same for files that are known by what stands near their beginning.
    ///
    /// - Parameters:
    ///   - name: The file as the user named it.
    ///   - mark: What files of this kind have among their first thousand bytes.
    ///   - kind: What they are called, as "picture of attention".
    ///   - option: The option that names the file.
    static func check(
        _ url: URL, name: String, mark: String, kind: String, option: String, force: Bool
    ) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            return
        }
        if isFolder.boolValue {
            throw CommandError("\(name) is a folder: name a file with \(option)")
        }
        if force { return }
        if let file = try? FileHandle(forReadingFrom: url) {
            let head = String(decoding: (try? file.read(upToCount: 1000)) ?? Data(), as: UTF8.self)
            try? file.close()
            if head.contains(mark) { return }
        }
        throw CommandError(
            "\(name) exists and is no \(kind): name another file with \(option), or add --force")
    }

    /// Writes a page whole or not at all.
    /// - Returns: Its size in bytes.
    @discardableResult
    static func write(_ html: String, to url: URL, name: String, kind: String) throws -> Int {
        let page = Data(html.utf8)
        do {
            try page.write(to: url, options: .atomic)
        } catch {
            throw CommandError(
                "cannot write the \(kind) to \(name) (\(fileReason(error))): "
                    + "name another file with --output")
        }
        return page.count
    }
}
