import ArgumentParser

/// How results and progress are shown.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print results as JSON, for programs to read.")
    var json = false

    @Flag(name: .shortAndLong, help: "Show no progress on standard error.")
    var quiet = false
}

/// How the results of a command that shows no progress are printed.
struct FormatOptions: ParsableArguments {
    @Flag(help: "Print results as JSON, for programs to read.")
    var json = false
}
