import Foundation
import SesameTensor
import SesameText
import SesameTraining

extension FuzzTarget {
    /// A `model.safetensors.index.json`, beside two files that it may name.
    static let index = FuzzTarget(name: "index") { input in
        let folder = Scratch.folder.appendingPathComponent("sharded", isDirectory: true)
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, tensor) in [("a", "x"), ("b", "y")] {
            let header = "{\"\(tensor)\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"
            let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
            _ = Scratch.write(
                length + Array(header.utf8) + [0, 0, 0, 0], to: "sharded/\(name).safetensors")
        }
        _ = Scratch.write(input, to: "sharded/\(SafeTensors.indexName)")
        refusing(with: TensorError.self) { try SafeTensors.read(folder: folder) }
    }

    /// A `tokenizer.json`, which then encodes and decodes a text of its own.
    static let tokenizer = FuzzTarget(name: "tokenizer") { input in
        let url = Scratch.write(input, to: "tokenizer.json")
        guard let tokenizer = refusing(with: TextError.self, { try Tokenizer.load(url) }) else {
            return
        }
        use(tokenizer)
    }

    /// A `vocab.json` and a `merges.txt`, with a form feed between them, as a byte-level BPE.
    static let bytepairs = FuzzTarget(name: "bytepairs") { input in
        let folder = Scratch.folder.appendingPathComponent("bytepairs", isDirectory: true)
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let middle = input.firstIndex(of: 0x0C) ?? input.endIndex
        _ = Scratch.write(input[..<middle], to: "bytepairs/vocab.json")
        _ = Scratch.write(input[middle...].dropFirst(), to: "bytepairs/merges.txt")
        refusing(with: TextError.self) { try Tokenizer.load(folder: folder) }.map(use)
    }

    private static func use(_ tokenizer: Tokenizer) {
        for text in ["", "Ab, c \u{E9}\u{301}\u{4F60}\n 12 \u{1F600}", "[CLS] a [MASK]"] {
            _ = tokenizer.decode(tokenizer.encode(text).ids)
        }
    }

    /// A `training.json`, in a folder with nothing else.
    static let record = FuzzTarget(name: "record") { input in
        let folder = Scratch.folder.appendingPathComponent("trained", isDirectory: true)
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        _ = Scratch.write(input, to: "trained/\(TrainedModelFolder.recordName)")
        refusing(with: TrainingError.self) { try TrainedModelFolder(folder) }
    }
}
