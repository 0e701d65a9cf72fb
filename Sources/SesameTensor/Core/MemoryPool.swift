import SesameSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The process's pool of tensor memory.
///
/// A training step allocates the same sizes over and over. Blocks that a tensor gives back are kept in
/// lists by size and handed out again, so that a step in steady state makes no system call and touches
/// no fresh page. What the pool keeps is bounded by ``cacheLimit``.
public enum MemoryPool {
    /// Memory that is kept for reuse at most, in bytes; at first half of the machine's memory.
    public static var cacheLimit: Int {
        get { state.withLock { $0.limit } }
        set {
            state.withLock {
                $0.limit = newValue
                if $0.cachedBytes > newValue { $0.trim() }
            }
        }
    }

    /// Memory that is kept for reuse now, in bytes.
    public static var cachedBytes: Int { state.withLock { $0.cachedBytes } }

    /// Memory that tensors hold now, in bytes.
    public static var liveBytes: Int { state.withLock { $0.liveBytes } }

    /// The most memory that tensors held at once since the last ``resetPeak()``, in bytes.
    public static var peakBytes: Int { state.withLock { $0.peakBytes } }

    /// Starts a new measurement of ``peakBytes``.
    public static func resetPeak() { state.withLock { $0.peakBytes = $0.liveBytes } }

    /// Gives all kept memory back to the system.
    public static func trim() { state.withLock { $0.trim() } }

    /// How often memory came from the system rather than from the pool.
    package static var missCount: Int { state.withLock { $0.missCount } }

    private static let state = Locked(State())

    static func allocate(bytes: Int) -> Block { state.withLock { $0.allocate(bytes: bytes) } }
    static func deallocate(_ block: Block) { state.withLock { $0.deallocate(block) } }

    /// Memory and the size class it belongs to.
    struct Block: Sendable {
        /// An address rather than a pointer: pointers are not `Sendable`.
        let address: UInt
        let sizeClass: Int
    }

    /// Size classes are multiples of 64 bytes, eight to each doubling: at most 1/8 is unused.
    package static func sizeClass(forBytes bytes: Int) -> Int {
        let units = (max(bytes, 1) + 63) / 64 - 1
        let shift = max(0, Int.bitWidth - units.leadingZeroBitCount - 4)
        return shift * 8 + (units >> shift)
    }

    package static func bytes(inSizeClass sizeClass: Int) -> Int {
        // Classes below 16 are the unit counts themselves; each later run of eight doubles.
        let shift = sizeClass < 16 ? 0 : sizeClass / 8 - 1
        return (sizeClass - shift * 8 + 1) << shift * 64
    }

    /// The machine's memory, in bytes.
    package static var physicalMemory: Int { State.physicalMemory }

    private struct State {
        var free = [[UInt]](repeating: [], count: 64 * 8)
        var cachedBytes = 0
        var liveBytes = 0
        var peakBytes = 0
        var missCount = 0
        var limit = max(1 << 28, State.physicalMemory / 2)

        mutating func allocate(bytes: Int) -> Block {
            let sizeClass = MemoryPool.sizeClass(forBytes: bytes)
            // A block of up to half as much again will do, which bounds what batches of varying
            // length leave behind.
            let reach = bytes >= 1 << 16 ? 4 : 0
            for candidate in sizeClass...(sizeClass + reach) where !free[candidate].isEmpty {
                let address = free[candidate].removeLast()
                let size = MemoryPool.bytes(inSizeClass: candidate)
                cachedBytes -= size
                grow(by: size)
                return Block(address: address, sizeClass: candidate)
            }
            missCount += 1
            let size = MemoryPool.bytes(inSizeClass: sizeClass)
            var address = State.systemMemory(size)
            if address == nil {
                trim()
                address = State.systemMemory(size)
            }
            guard let address else {
                invariantBroken("SesameTensor: out of memory: \(size) bytes for one tensor")
            }
            grow(by: size)
            return Block(address: UInt(bitPattern: address), sizeClass: sizeClass)
        }

        mutating func deallocate(_ block: Block) {
            let size = MemoryPool.bytes(inSizeClass: block.sizeClass)
            liveBytes -= size
            if cachedBytes + size > limit { trim() }
            if size > limit {
                free(block.address)
            } else {
                free[block.sizeClass].append(block.address)
                cachedBytes += size
            }
        }

        mutating func trim() {
            for sizeClass in free.indices {
                for address in free[sizeClass] { free(address) }
                free[sizeClass] = []
            }
            cachedBytes = 0
        }

        private mutating func grow(by size: Int) {
            liveBytes += size
            peakBytes = max(peakBytes, liveBytes)
        }

        private func free(_ number: UInt) {
            let address = UnsafeMutableRawPointer(bitPattern: number)
            #if canImport(Glibc)
                Glibc.free(address)
            #elseif canImport(Musl)
                Musl.free(address)
            #elseif canImport(Darwin)
                Darwin.free(address)
            #endif
        }

        private static func systemMemory(_ size: Int) -> UnsafeMutableRawPointer? {
            let hugePage = 1 << 21
            var address: UnsafeMutableRawPointer?
            guard posix_memalign(&address, size >= hugePage ? hugePage : 64, size) == 0 else {
                return nil
            }
            #if os(Linux)
                // Fewer, larger pages where the system offers them: matrix products and gathers walk
                // over more memory than the small pages' table reaches.
                if size >= hugePage { madvise(address, size, MADV_HUGEPAGE) }
            #endif
            return address
        }

        static var physicalMemory: Int {
            #if canImport(Darwin)
                var size: UInt64 = 0
                var length = MemoryLayout<UInt64>.size
                sysctlbyname("hw.memsize", &size, &length, nil, 0)
                return Int(size)
            #else
                return sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
            #endif
        }
    }
}
