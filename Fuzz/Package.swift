// swift-tools-version: 6.1

import PackageDescription

// Fuzzing of everything that reads files from outside; `Scripts/fuzz` builds and runs it. It is a
// package of its own because it links only with libFuzzer's runtime.
let package = Package(
    name: "sesame-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "sesame", path: "..")],
    targets: [
        .executableTarget(
            name: "SesameFuzz",
            dependencies: [
                .product(name: "SesameText", package: "sesame"),
                .product(name: "SesameStore", package: "sesame"),
                .product(name: "SesameTensor", package: "sesame"),
                .product(name: "SesameVectors", package: "sesame"),
                .product(name: "SesameModels", package: "sesame"),
                .product(name: "SesameTraining", package: "sesame"),
            ]
        )
    ]
)
