// swift-tools-version: 6.1

import PackageDescription

// Layers point down only; `import SesameText` pulls in neither SQLite nor the kernels.
// See Docs/decisions/ for why the boundaries lie where they do.
let package = Package(
    name: "sesame",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Sesame", targets: ["Sesame"]),
        .library(name: "SesameText", targets: ["SesameText"]),
        .library(name: "SesameStore", targets: ["SesameStore"]),
        .library(name: "SesameTensor", targets: ["SesameTensor"]),
        .library(name: "SesameVectors", targets: ["SesameVectors"]),
        .library(name: "SesameNN", targets: ["SesameNN"]),
        .library(name: "SesameModels", targets: ["SesameModels"]),
        .library(name: "SesameTraining", targets: ["SesameTraining"]),
        .library(name: "SesameReport", targets: ["SesameReport"]),
        .executable(name: "sesame", targets: ["SesameCLI"]),
        .executable(name: "sesame-bench", targets: ["SesameBench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    ],
    targets: [
        // C: kernels and the ICU shim.
        .target(
            name: "CSesameKernels",
            linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]
        ),
        .target(
            name: "CSesameICU",
            linkerSettings: [.linkedLibrary("icuuc"), .linkedLibrary("icui18n")]
        ),

        // What text and tensors both need of the system.
        .target(name: "SesameSupport"),

        // Text and storage.
        .target(
            name: "SesameText",
            dependencies: [
                "CSesameICU", "SesameSupport",
                .product(name: "HeapModule", package: "swift-collections"),
            ]
        ),
        .target(
            name: "SesameStore",
            dependencies: ["SesameText", .product(name: "GRDB", package: "GRDB.swift")]
        ),

        // Tensors, layers, models, training.
        .target(name: "SesameTensor", dependencies: ["CSesameKernels", "SesameSupport"]),
        // Word vectors stand on text and kernels alone: no store, no models.
        .target(
            name: "SesameVectors",
            dependencies: ["CSesameKernels", "SesameSupport", "SesameTensor", "SesameText"]),
        .target(name: "SesameNN", dependencies: ["SesameTensor"]),
        .target(name: "SesameModels", dependencies: ["SesameNN"]),
        .target(
            name: "SesameTraining",
            dependencies: [
                "SesameModels", "SesameText", "SesameStore", "SesameSupport", "SesameVectors",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        // Charts and pages over what the store holds of runs.
        .target(name: "SesameReport", dependencies: ["SesameStore"]),
        .target(
            name: "Sesame",
            dependencies: [
                "SesameText", "SesameStore", "SesameTensor", "SesameNN", "SesameModels",
                "SesameTraining", "SesameReport", "SesameVectors",
            ]
        ),

        // Programs.
        .executableTarget(
            name: "SesameCLI",
            dependencies: [
                "Sesame",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .executableTarget(
            name: "SesameBench",
            dependencies: [
                "Sesame",
                "CSesameKernels",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/SesameBench"
        ),

        // Tests.
        .target(name: "SesameTestSupport", path: "Tests/SesameTestSupport"),
        .target(
            name: "SesameTensorTestSupport", dependencies: ["SesameTensor"],
            path: "Tests/SesameTensorTestSupport"),
        // A program over SesameText alone, whose binary a test looks into.
        .executableTarget(
            name: "SesameTextProbe", dependencies: ["SesameText"], path: "Tests/SesameTextProbe"),
        .testTarget(
            name: "SesameKernelsTests",
            dependencies: ["CSesameKernels", "SesameSupport", "SesameTestSupport"]),
        .testTarget(
            name: "SesameTensorTests",
            dependencies: ["SesameTensor", "CSesameKernels", "SesameTestSupport"],
            resources: [.copy("Goldens")]
        ),
        .testTarget(
            name: "SesameNNTests",
            dependencies: ["SesameNN", "SesameTestSupport", "SesameTensorTestSupport"],
            resources: [.copy("Goldens")]
        ),
        .testTarget(
            name: "SesameTextTests", dependencies: ["SesameText", "SesameTestSupport"],
            resources: [.copy("Goldens")]
        ),
        .testTarget(
            name: "SesameVectorsTests", dependencies: ["SesameVectors", "SesameTestSupport"],
            resources: [.copy("Goldens")]
        ),
        .testTarget(name: "SesameStoreTests", dependencies: ["SesameStore", "SesameTestSupport"]),
        .testTarget(
            name: "SesameModelsTests",
            dependencies: ["SesameModels", "SesameTestSupport", "SesameTensorTestSupport"],
            resources: [.copy("Goldens")]
        ),
        .testTarget(
            name: "SesameTrainingTests", dependencies: ["SesameTraining", "SesameTestSupport"],
            resources: [.copy("Goldens")]
        ),
        .testTarget(
            name: "SesameReportTests", dependencies: ["SesameReport", "SesameTestSupport"]),
        .testTarget(
            name: "SesameCLITests",
            dependencies: ["SesameCLI", "SesameTextProbe", "Sesame", "SesameTestSupport"]),
    ]
)
