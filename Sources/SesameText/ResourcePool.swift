import SesameSupport

/// Things that one thread uses at a time, such as caches: each caller borrows one, and one more is made
/// where all are in use.
final class ResourcePool<Resource: Sendable>: Sendable {
    private let idle = Locked<[Resource]>([])
    private let make: @Sendable () -> Resource

    /// A pool that starts empty and fills up with what `make` gives.
    init(_ make: @escaping @Sendable () -> Resource) { self.make = make }

    /// Runs `body` with a resource that nobody else uses meanwhile.
    @inline(__always)
    func withResource<Result>(_ body: (Resource) throws -> Result) rethrows -> Result {
        let resource = idle.withLock { $0.popLast() } ?? make()
        defer { idle.withLock { $0.append(resource) } }
        return try body(resource)
    }
}
