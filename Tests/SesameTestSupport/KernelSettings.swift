import Foundation

/// Guards what the kernel library keeps for the whole process: instruction set and thread count.
///
/// Tests run side by side. One that changes such a setting, or compares bits between two runs that a
/// change in between would spoil, does so inside ``exclusively(_:)``.
public enum KernelSettings {
    private static let lock = NSRecursiveLock()

    /// Runs `body` while no other caller's body runs.
    public static func exclusively<Result>(_ body: () throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body()
    }
}
