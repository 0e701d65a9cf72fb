import ArgumentParser
import Sesame

/// How many threads the kernels use; results are the same for any number.
struct ThreadsOption: ParsableArguments {
    @Option(help: ArgumentHelp("Threads to compute with (default: one a core).", valueName: "n"))
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be from 1 to 1024, not \(threads).")
        }
    }

    /// Sets the number of kernel threads; call it before the first product.
    func apply() {
        if let threads { Threads.count = threads }
    }
}
