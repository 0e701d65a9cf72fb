/// Ends the process, with `message`, where an invariant of a caller in this process is broken.
///
/// `precondition` drops its message in release builds, which is how models are run; the shapes it names
/// are what finds the mistake. Input from outside never comes here: it throws ``TensorError``.
@inline(__always)
func require(_ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String) {
    if !condition() { invariantBroken(message()) }
}

/// Ends the process with `message`.
@inline(never)
func invariantBroken(_ message: String) -> Never { fatalError(message) }
