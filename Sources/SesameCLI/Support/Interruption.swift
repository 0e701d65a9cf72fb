import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Ctrl-C, for commands that have something to save first.
///
/// The first one is noted, so that the work can stop at a good place; the second ends the process.
enum Interruption {
    /// What a shell reports for a program that ended on Ctrl-C.
    static let exitStatus: Int32 = 130

    private static let count = Atomic<Int>(0)

    /// True once Ctrl-C has been pressed.
    static var isRequested: Bool { count.load(ordering: .relaxed) > 0 }

    /// From here on, Ctrl-C is noted rather than fatal.
    static func note() {
        // Reading the counter sets it up, which a signal handler may not.
        _ = isRequested
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] {
            sigaddset(&signals, number)
            signal(number) { _ in
                if Interruption.count.add(1, ordering: .relaxed).newValue > 1 {
                    _exit(Interruption.exitStatus)
                }
            }
        }
        // A program that another one starts may inherit them blocked.
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
