import Foundation

/// Requires that a file can be made where it is to be, before the work that it is to hold.
func requireRoom(for path: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
    else {
        throw CommandError("\(path): there is no folder \(folder); make it, or name another")
    }
    guard FileManager.default.isWritableFile(atPath: folder) else {
        throw CommandError("\(path): the folder \(folder) cannot be written; name another")
    }
}
