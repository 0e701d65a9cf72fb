import CSesameKernels

/// Calls `body(i)` once for each i below `count`, on the kernels' threads; returns when all have run.
///
/// `body` may write what belongs to its own i alone. Calls of kernels inside it run on the thread that makes them.
func parallelFor(_ count: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        withUnsafePointer(to: body) { pointer in
            sesame_parallel_for(
                count,
                { context, index in
                    context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(index)
                }, UnsafeMutableRawPointer(mutating: pointer))
        }
    }
}

/// Calls `body` with each block of at most `size` of `0..<count`, on the kernels' threads.
func parallelBlocks(_ count: Int, of size: Int, _ body: (Int, Range<Int>) -> Void) {
    parallelFor((count + size - 1) / size) { block in
        body(block, block * size..<min((block + 1) * size, count))
    }
}

/// A result for each i below `count`, computed on the kernels' threads.
func parallelMap<Result>(_ count: Int, _ body: (Int) -> Result) -> [Result] {
    var results = [Result?](repeating: nil, count: count)
    results.withUnsafeMutableBufferPointer { results in
        parallelFor(count) { results[$0] = body($0) }
    }
    return results.compactMap { $0 }
}
