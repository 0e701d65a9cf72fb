import ArgumentParser

/// Where corpora, vocabularies and runs are kept.
struct WorkspaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The SQLite file that holds corpora, vocabularies and runs.", valueName: "file"))
    var workspace = "sesame.sqlite"
}
