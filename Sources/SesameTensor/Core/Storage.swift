import Synchronization

/// The memory of a tensor: 64-byte aligned floats from the pool.
///
/// - Note: `@unchecked Sendable`, because:
///   1. The object's own fields are constants.
///   2. The floats are written in two situations only. Either `Tensor.init(shape:initializingWith:)` fills
///      them before the tensor, and with it this object, is visible to any other code; or a mutating
///      method of a tensor writes them after `isKnownUniquelyReferenced` has shown that no other tensor,
///      tape or thread holds this object (exclusive access to the tensor is Swift's own rule).
///   3. In every other situation the floats are only read, which threads may do together.
///   4. The memory goes back to the pool in `deinit`, when nobody holds it; the pool has a lock.
final class Storage: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int
    private let block: MemoryPool.Block

    /// Memory for `count` floats, not initialised.
    init(count: Int) {
        self.count = count
        block = MemoryPool.allocate(bytes: count * MemoryLayout<Float>.stride)
        pointer = Storage.pointer(to: block)
    }

    /// A copy of `other`.
    init(copying other: Storage) {
        count = other.count
        block = MemoryPool.allocate(bytes: count * MemoryLayout<Float>.stride)
        pointer = Storage.pointer(to: block)
        pointer.initialize(from: other.pointer, count: count)
        Storage.copyCount.add(1, ordering: .relaxed)
    }

    deinit { MemoryPool.deallocate(block) }

    private static func pointer(to block: MemoryPool.Block) -> UnsafeMutablePointer<Float> {
        guard let pointer = UnsafeMutablePointer<Float>(bitPattern: block.address) else {
            invariantBroken("Storage: a block without memory")
        }
        return pointer
    }

    /// How many copies copy-on-write has made: a training step should add none.
    static let copyCount = Atomic<Int>(0)
}
