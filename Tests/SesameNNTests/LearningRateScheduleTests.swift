import Foundation
import SesameNN
import Testing

struct LearningRateScheduleTests {
    struct Row: Sendable {
        let schedule: LearningRateSchedule
        let step: Int
        let rate: Float
    }

    static let cosine = LearningRateSchedule.cosine(
        peak: 1e-3, floor: 1e-4, warmupSteps: 100, totalSteps: 2000)
    static let linear = LearningRateSchedule.linear(
        peak: 2e-3, floor: 1e-3, warmupSteps: 3, totalSteps: 13)

    static let inverse = LearningRateSchedule.inverseSquareRoot(
        peak: 1, floor: 0.3, warmupSteps: 3)

    @Test(arguments: [
        Row(schedule: .constant(0.5), step: 0, rate: 0.5),
        Row(schedule: .constant(0.5), step: 100_000, rate: 0.5),
        Row(schedule: .constant(0.5, warmupSteps: 4), step: 0, rate: 0.1),
        Row(schedule: .constant(0.5, warmupSteps: 4), step: 3, rate: 0.4),
        Row(schedule: .constant(0.5, warmupSteps: 4), step: 4, rate: 0.5),
        Row(schedule: cosine, step: 0, rate: 1e-3 / 101),
        Row(schedule: cosine, step: 99, rate: 1e-3 * 100 / 101),
        Row(schedule: cosine, step: 100, rate: 1e-3),
        Row(schedule: cosine, step: 575, rate: 8.6819805e-4),
        Row(schedule: cosine, step: 1050, rate: 5.5e-4),
        Row(schedule: cosine, step: 2000, rate: 1e-4),
        Row(schedule: cosine, step: 5000, rate: 1e-4),
        Row(schedule: linear, step: 1, rate: 1e-3),
        Row(schedule: linear, step: 3, rate: 2e-3),
        Row(schedule: linear, step: 8, rate: 1.5e-3),
        Row(schedule: linear, step: 13, rate: 1e-3),
        Row(schedule: .linear(peak: 1, totalSteps: 4), step: 1, rate: 0.75),
        Row(schedule: .linear(peak: 1, totalSteps: 4), step: 4, rate: 0),
        Row(schedule: inverse, step: 0, rate: 0.25),
        Row(schedule: inverse, step: 3, rate: 1),
        Row(schedule: inverse, step: 15, rate: 0.5),
        Row(schedule: inverse, step: 99, rate: 0.3),
        // The paper's: 1/√hidden · min(1/√n, n · warm-up^-1.5), n from 1.
        Row(
            schedule: .inverseSquareRoot(peak: 1 / (512.0 * 4000).squareRoot(), warmupSteps: 3999),
            step: 9999, rate: 1 / (512.0 * 10_000).squareRoot()),
    ])
    func rates(_ row: Row) {
        let rate = row.schedule.rate(at: row.step)
        #expect(abs(rate - row.rate) <= 1e-6 * row.rate, "\(rate), expected \(row.rate)")
    }

    @Test func surviveJSON() throws {
        let data = try JSONEncoder().encode(Self.cosine)
        #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: data) == Self.cosine)
    }
}
