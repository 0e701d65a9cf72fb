import ArgumentParser
import Foundation
import Sesame

/// How the weights of a written model are stored.
enum StorageChoice: String, CaseIterable, ExpressibleByArgument {
    case float32, bfloat16, float16

    var storage: SafeTensors.Storage {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }
}

/// A number of bytes as people write it: 500000, 100MB, 2GB (powers of ten).
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000), ("B", 1)]
        let text = argument.uppercased()
        let unit = units.first { text.hasSuffix($0.0) }
        let digits = text.dropLast(unit?.0.count ?? 0)
        guard let number = Int(digits), number > 0 else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit?.1 ?? 1)
        guard !overflow else { return nil }
        self.bytes = bytes
    }
}

/// Options of commands that write a model folder.
struct ModelWritingArguments: ParsableArguments {
    @Option(help: "How the weights are stored.")
    var storage: StorageChoice = .float32

    @Option(
        help: ArgumentHelp(
            "Split weights larger than this, for example 2GB, into several files (default: one file).",
            valueName: "size"))
    var maxShardSize: ByteCount?

    @Flag(help: "Replace the folder.")
    var force = false

    var options: ModelWritingOptions {
        ModelWritingOptions(
            storage: storage.storage, maxShardBytes: maxShardSize?.bytes, replacing: force)
    }
}
