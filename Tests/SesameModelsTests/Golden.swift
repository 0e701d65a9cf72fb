import Foundation
import SesameTensor
import SesameTensorTestSupport
import Testing

extension Golden {
    /// Goldens of this module's tests.
    init(_ name: String) throws { try self.init(name, in: .module) }
}

/// Expects |found − expected| ≤ tolerance · (1 + |expected|) elementwise.
func expectClose(
    _ found: Tensor, _ expected: Tensor, _ what: @autoclosure () -> String,
    tolerance: Float = 1e-5, sourceLocation: SourceLocation = #_sourceLocation
) {
    if let problem = difference(found, from: expected, tolerance: tolerance) {
        Issue.record("\(what()): \(problem)", sourceLocation: sourceLocation)
    }
}

/// Expects the same values of `body` with 1, 2, 3 and 8 threads.
func expectSameForEachThreadCount(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> [[Float]]
) throws {
    var first: [[UInt32]]?
    for threads in [1, 2, 3, 8] {
        Threads.count = threads
        let bits = try body().map { $0.map(\.bitPattern) }
        #expect(
            first == nil || bits == first, "\(what) differs with \(threads) threads",
            sourceLocation: sourceLocation)
        first = first ?? bits
    }
}
