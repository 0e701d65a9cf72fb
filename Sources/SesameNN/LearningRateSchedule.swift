#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The learning rate of each step: a warm-up, then a constant, or a line, half a cosine or an inverse square
/// root down to a floor.
///
/// Steps count from 0. The conventions are nanoGPT's: during warm-up the rate is
/// `peak · (step + 1) / (warmupSteps + 1)`, so the first step already learns and step `warmupSteps` has the
/// peak; the decay runs from there to step `totalSteps`, where the floor is reached and kept.
public struct LearningRateSchedule: Codable, Sendable, Hashable {
    /// What follows the warm-up.
    public enum Shape: String, Codable, Sendable, CaseIterable {
        /// The peak for ever.
        case constant
        /// A line from the peak to the floor.
        case linear
        /// floor + (peak − floor) · (1 + cos(π · progress)) / 2.
        case cosine
        /// peak · √((warmupSteps + 1) / (step + 1)), at least the floor.
        ///
        /// Source: Vaswani et al. 2017, Attention Is All You Need, eq. 3, where the peak is
        /// 1 / √(hidden size · warm-up steps).
        case inverseSquareRoot = "inverse-sqrt"
    }

    /// What follows the warm-up.
    public var shape: Shape
    /// The highest rate.
    public var peak: Float
    /// The lowest rate after the warm-up; not used where the shape is constant.
    public var floor: Float
    /// How many steps the rate rises.
    public var warmupSteps: Int
    /// The step at which the floor is reached; not used where the shape is constant or an inverse square root.
    public var totalSteps: Int

    /// A schedule from its parts.
    public init(
        _ shape: Shape, peak: Float, floor: Float = 0, warmupSteps: Int = 0, totalSteps: Int = 0
    ) {
        self.shape = shape
        self.peak = peak
        self.floor = floor
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
    }

    /// The peak for ever, after the warm-up.
    public static func constant(_ rate: Float, warmupSteps: Int = 0) -> LearningRateSchedule {
        LearningRateSchedule(.constant, peak: rate, warmupSteps: warmupSteps)
    }

    /// A line from the peak to the floor, after the warm-up.
    public static func linear(
        peak: Float, floor: Float = 0, warmupSteps: Int = 0, totalSteps: Int
    ) -> LearningRateSchedule {
        LearningRateSchedule(
            .linear, peak: peak, floor: floor, warmupSteps: warmupSteps, totalSteps: totalSteps)
    }

    /// Half a cosine from the peak to the floor, after the warm-up.
    public static func cosine(
        peak: Float, floor: Float = 0, warmupSteps: Int = 0, totalSteps: Int
    ) -> LearningRateSchedule {
        LearningRateSchedule(
            .cosine, peak: peak, floor: floor, warmupSteps: warmupSteps, totalSteps: totalSteps)
    }

    /// The inverse square root of the step, after the warm-up.
    public static func inverseSquareRoot(
        peak: Float, floor: Float = 0, warmupSteps: Int
    ) -> LearningRateSchedule {
        LearningRateSchedule(
            .inverseSquareRoot, peak: peak, floor: floor, warmupSteps: warmupSteps)
    }

    /// The rate of a step, from 0 on.
    public func rate(at step: Int) -> Float {
        precondition(step >= 0, "step \(step) is negative")
        if step < warmupSteps {
            return Float(Double(peak) * Double(step + 1) / Double(warmupSteps + 1))
        }
        func falling(_ share: (_ progress: Double) -> Double) -> Float {
            guard step < totalSteps else { return floor }
            let progress = Double(step - warmupSteps) / Double(totalSteps - warmupSteps)
            return Float(Double(floor) + Double(peak - floor) * share(progress))
        }
        switch shape {
        case .constant: return peak
        case .linear: return falling { 1 - $0 }
        case .cosine: return falling { (1 + cos(Double.pi * $0)) / 2 }
        case .inverseSquareRoot:
            let share = (Double(warmupSteps + 1) / Double(step + 1)).squareRoot()
            return max(floor, Float(Double(peak) * share))
        }
    }
}
