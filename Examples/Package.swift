// swift-tools-version: 6.1

import PackageDescription

// Small programs over Sesame's libraries. They depend on the package above by its path; a program of
// your own would name the repository's URL instead.
let training: [Target.Dependency] = ["SesameText", "SesameStore", "SesameModels", "SesameTraining"]
    .map { .product(name: $0, package: "sesame") }

let package = Package(
    name: "sesame-examples",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "sesame", path: "..")],
    targets: [
        // Text alone: neither SQLite nor the kernels are linked.
        .executableTarget(
            name: "TokenizeOnly",
            dependencies: [.product(name: "SesameText", package: "sesame")]
        ),
        .executableTarget(
            name: "CorpusToVocabulary",
            dependencies: [
                .product(name: "SesameText", package: "sesame"),
                .product(name: "SesameStore", package: "sesame"),
            ]
        ),
        .executableTarget(name: "PretrainGPT", dependencies: training),
        .executableTarget(name: "FinetuneEncoder", dependencies: training),
        .executableTarget(name: "TranslateSentences", dependencies: training),
    ]
)
