import ArgumentParser
import Foundation
import Sesame

/// A model folder that training has written.
struct ModelOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The model's folder, as 'sesame pretrain' or 'sesame finetune' wrote it.",
            valueName: "folder"))
    var model: String

    var url: URL { URL(fileURLWithPath: model) }
}

/// The precision that a finished model computes in.
struct PrecisionOption: ParsableArguments {
    @Option(help: "Precision of matrix products.")
    var precision: Precision = .float32
}
