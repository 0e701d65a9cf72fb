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
