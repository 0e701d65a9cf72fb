import SesameModels
import Testing

struct SamplerTests {
    /// The logarithms of 0.1, 0.4, 0.2 and 0.3, and a constant.
    static let logits: [Float] = [2.6974149, 4.0837093, 3.3905621, 3.7960272]

    private static func frequencies(_ start: Sampler, _ count: Int = 20000) -> [Double] {
        var sampler = start
        var counts = [Double](repeating: 0, count: 4)
        for _ in 0..<count { counts[Int(sampler.next(logits))] += 1 }
        return counts.map { $0 / Double(count) }
    }

    struct Row: Sendable {
        var temperature: Float = 1
        var topK: Int?
        var topP: Float = 1
        let expected: [Double]
    }

    @Test(arguments: [
        Row(expected: [0.1, 0.4, 0.2, 0.3]),
        // Squares of the chances, 0.01 0.16 0.04 0.09 of 0.30.
        Row(temperature: 0.5, expected: [0.0333, 0.5333, 0.1333, 0.3]),
        Row(topK: 2, expected: [0, 4.0 / 7, 0, 3.0 / 7]),
        Row(topK: 9, expected: [0.1, 0.4, 0.2, 0.3]),
        // 0.4 and 0.3 first reach 0.65.
        Row(topP: 0.65, expected: [0, 4.0 / 7, 0, 3.0 / 7]),
        Row(topP: 0.85, expected: [0, 4.0 / 9, 2.0 / 9, 3.0 / 9]),
        // Of the three likeliest, 4/9 and 3/9 reach 0.7.
        Row(topK: 3, topP: 0.7, expected: [0, 4.0 / 7, 0, 3.0 / 7]),
        Row(topP: 0.01, expected: [0, 1, 0, 0]),
        Row(temperature: 0, expected: [0, 1, 0, 0]),
        Row(topK: 1, expected: [0, 1, 0, 0]),
    ])
    func frequenciesFollowTheChances(_ row: Row) throws {
        let sampler = try Sampler(
            temperature: row.temperature, topK: row.topK, topP: row.topP, seed: 9)
        let found = Self.frequencies(sampler)
        for (a, b) in zip(found, row.expected) {
            #expect(abs(a - b) < 0.012, "\(found), expected \(row.expected)")
            if b == 0 { #expect(a == 0) }
        }
    }

    @Test func sameSeedSameTokens() throws {
        func run(_ seed: UInt64) throws -> [Int32] {
            var sampler = try Sampler(seed: seed)
            return (0..<50).map { _ in sampler.next(Self.logits) }
        }
        #expect(try run(1) == run(1))
        #expect(try run(1) != run(2))
    }

    @Test func equalLogitsGoToTheFirst() {
        var sampler = Sampler.greedy
        #expect(sampler.next([1, 3, 3, 2]) == 1)
        #expect(sampler.next([.nan, -5, .nan]) == 1)
    }

    @Test func valuesOutOfRangeAreRefused() {
        #expect(throws: ModelError.self) { try Sampler(temperature: -1) }
        #expect(throws: ModelError.self) { try Sampler(temperature: .infinity) }
        #expect(throws: ModelError.self) { try Sampler(topK: 0) }
        #expect(throws: ModelError.self) { try Sampler(topP: 0) }
        #expect(throws: ModelError.self) { try Sampler(topP: 1.5) }
    }
}
