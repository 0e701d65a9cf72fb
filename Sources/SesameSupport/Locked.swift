#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A value that one thread at a time may touch.
///
/// Like Synchronization's `Mutex`, but over the system's lock: on Linux `Mutex` waits by a futex of its own,
/// which the thread sanitizer does not know, so that it takes what threads hand to each other for a race. Pools of
/// what threads share are behind this one.
///
/// - Note: `@unchecked Sendable`, because ``withLock(_:)`` is the only way to the value.
public final class Locked<Value: Sendable>: @unchecked Sendable {
    @usableFromInline let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    @usableFromInline var value: Value

    /// A lock, open, around a value.
    public init(_ value: Value) {
        self.value = value
        lock.initialize(to: pthread_mutex_t())
        let status = pthread_mutex_init(lock, nil)
        precondition(status == 0, "pthread_mutex_init: \(status)")
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    /// Calls `body` while no other thread is in here; `body` must not come back to this lock.
    @inlinable
    public func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value)
    }
}
