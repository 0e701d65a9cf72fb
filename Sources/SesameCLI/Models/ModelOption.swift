import ArgumentParser
import Foundation
import Sesame

/// A model folder that training has written, or a published one.
struct ModelOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The model's folder, as a training command wrote it, or a published one.",
            valueName: "folder"))
    var model: String

    var url: URL { URL(fileURLWithPath: model) }
}

/// The precision that a finished model computes in.
struct PrecisionOption: ParsableArguments {
    @Option(help: "Precision of matrix products.")
    var precision: Precision = .float32
}
