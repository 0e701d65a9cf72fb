#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A model's tensors in a folder: one file, or several with an index beside them.
///
/// Hugging Face's layout: `model.safetensors`, or `model-00001-of-00003.safetensors` and so on with
/// `model.safetensors.index.json`, whose `weight_map` says which file holds which tensor.
extension SafeTensors {
    /// The name of the only file.
    public static let fileName = "model.safetensors"
    /// The name of the index of several files.
    public static let indexName = "model.safetensors.index.json"

    /// The files that hold a folder's tensors, in the order of their names.
    ///
    /// - Throws: ``TensorError`` with code `.file` if there are none, or `.malformedFile` for a bad index.
    public static func files(in folder: URL) throws -> [URL] {
        let single = folder.appendingPathComponent(fileName)
        if FileManager.default.fileExists(atPath: single.path) { return [single] }
        guard let map = try weightMap(in: folder) else {
            let others = ["pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5"]
            let other = others.first {
                FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
            }
            throw TensorError(
                .file(
                    path: single.path, operation: "open",
                    reason: other.map {
                        "the folder has no safetensors, only \($0), which is not read; "
                            + "save the model as safetensors first"
                    } ?? "neither it nor \(indexName) is there"))
        }
        return Set(map.values).sorted().map { folder.appendingPathComponent($0) }
    }

    /// Reads every floating-point tensor of a folder as Float32, from one file or from all that the index names.
    ///
    /// - Throws: ``TensorError``: `.malformedFile` where index and files do not agree, listing every name.
    public static func read(folder: URL) throws -> [String: Tensor] {
        let files = try files(in: folder)
        guard files.count > 1 || files.first?.lastPathComponent != fileName else {
            return try read(files[0])
        }
        let map = try weightMap(in: folder) ?? [:]
        var tensors: [String: Tensor] = [:]
        var found: [String: String] = [:]
        var misplaced: [String] = []
        for url in files {
            let file = try SafeTensorsFile(url)
            for name in file.names {
                found[name] = url.lastPathComponent
                guard map[name] == url.lastPathComponent else {
                    misplaced.append("\(name) is in \(url.lastPathComponent)")
                    continue
                }
                if file.isFloat(name) { tensors[name] = try file.tensor(named: name) }
            }
        }
        for (name, file) in map where found[name] == nil {
            misplaced.append("\(name) is not in \(file)")
        }
        guard misplaced.isEmpty else {
            throw indexError(
                folder, expected: "the files to hold what the index says",
                found: misplaced.sorted().joined(separator: ", "))
        }
        return tensors
    }

    /// Writes tensors into a folder: as one file, or as several with an index where that would be too large.
    ///
    /// - Parameters:
    ///   - tensors: names and tensors; names are unique and not `__metadata__`.
    ///   - metadata: text values that each file carries along.
    ///   - folder: must exist.
    ///   - storage: how elements are stored.
    ///   - maxShardBytes: the most that the tensors of a file may take, unless one tensor alone is larger;
    ///     nil means one file.
    /// - Returns: The names of the files, the index included.
    /// - Throws: ``TensorError``.
    @discardableResult
    public static func write(
        _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:],
        toFolder folder: URL, storage: Storage = .float32, maxShardBytes: Int? = nil
    ) throws -> [String] {
        let elementSize = storage == .float32 ? 4 : 2
        var shards: [[(name: String, tensor: Tensor)]] = [[]]
        var size = 0
        for entry in tensors {
            let bytes = entry.tensor.elementCount * elementSize
            if let maxShardBytes, size + bytes > maxShardBytes, shards.last?.isEmpty == false {
                shards.append([])
                size = 0
            }
            shards[shards.count - 1].append(entry)
            size += bytes
        }
        guard shards.count > 1 else {
            try write(
                tensors, metadata: metadata, to: folder.appendingPathComponent(fileName),
                storage: storage)
            return [fileName]
        }
        func digits(_ number: Int) -> String {
            String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
        }
        var names: [String] = []
        var members: [String] = []
        for (index, shard) in shards.enumerated() {
            let name = "model-\(digits(index + 1))-of-\(digits(shards.count)).safetensors"
            try write(
                shard, metadata: metadata, to: folder.appendingPathComponent(name),
                storage: storage)
            names.append(name)
            members += shard.map { HeaderJSON.quoted($0.name) + ": " + HeaderJSON.quoted(name) }
        }
        let total = tensors.reduce(0) { $0 + $1.tensor.elementCount } * elementSize
        let index =
            "{\n  \"metadata\": {\"total_size\": \(total)},\n  \"weight_map\": {\n    "
            + members.sorted().joined(separator: ",\n    ") + "\n  }\n}\n"
        let url = folder.appendingPathComponent(indexName)
        do {
            try Data(index.utf8).write(to: url, options: .atomic)
        } catch {
            throw TensorError(.file(path: url.path, operation: "write", reason: fileReason(error)))
        }
        return names + [indexName]
    }

    /// Which file holds which tensor, or nil where the folder has no index.
    private static func weightMap(in folder: URL) throws -> [String: String]? {
        let url = folder.appendingPathComponent(indexName)
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        let data: Data
        do {
            data = try Data(contentsOf: url)
        } catch {
            throw TensorError(.file(path: url.path, operation: "read", reason: fileReason(error)))
        }
        let json: HeaderJSON
        do {
            json = try data.withUnsafeBytes { try HeaderJSON($0) }
        } catch let error as HeaderJSON.Failure {
            throw indexError(
                folder, expected: "\(error.expected) at byte \(error.offset)", found: error.found)
        }
        guard case .object(let members) = json,
            case .object(let entries)? = members.first(where: { $0.name == "weight_map" })?.value
        else {
            throw indexError(
                folder, expected: "an object with an object weight_map", found: "another value")
        }
        var map: [String: String] = [:]
        for entry in entries {
            // A name with a folder in it could lead anywhere on the disk.
            guard case .string(let file) = entry.value, !file.isEmpty, !file.contains("/"),
                !file.contains("\\"), file.hasSuffix(".safetensors")
            else {
                throw indexError(
                    folder,
                    expected: "'\(entry.name)' to name a .safetensors file beside the index",
                    found: "something else")
            }
            guard map.updateValue(file, forKey: entry.name) == nil else {
                throw indexError(
                    folder, expected: "each name once", found: "'\(entry.name)' twice")
            }
        }
        guard !map.isEmpty else {
            throw indexError(folder, expected: "a weight_map with tensors", found: "an empty one")
        }
        return map
    }

    private static func indexError(_ folder: URL, expected: String, found: String) -> TensorError {
        TensorError(
            .malformedFile(
                path: folder.appendingPathComponent(indexName).path, tensor: nil,
                expected: expected, found: found,
                advice: "fetch or write the model's files again"))
    }
}
