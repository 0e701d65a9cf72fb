import ArgumentParser

/// The seed that everything random in a command is derived from.
struct SeedOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Seed of everything random; the same seed gives the same result.", valueName: "n"))
    var seed: UInt64 = 1
}
