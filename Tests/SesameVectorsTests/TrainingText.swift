import SesameTensor
import SesameVectors

/// A made-up text in which words of one topic stand together: "a3 a1 a5 …", then "b2 b7 …".
enum TrainingText {
    static func sentences(_ count: Int, seed: UInt64 = 5, topics: String = "abcd") -> [[String]] {
        var random = RandomGenerator(seed: seed)
        let topics = Array(topics)
        return (0..<count).map { _ in
            let topic = topics[random.next(below: topics.count)]
            return (0..<4 + random.next(below: 12)).map { _ in
                // Products of two draws: frequent and rare words.
                "\(topic)\(random.next(below: 6) * random.next(below: 6))"
            }
        }
    }

    static func builder(_ sentences: [[String]]) -> WordStreamBuilder {
        var builder = WordStreamBuilder()
        for sentence in sentences { builder.add(words: sentence) }
        return builder
    }

    static func stream(_ count: Int, seed: UInt64 = 5) throws -> WordStream {
        try builder(sentences(count, seed: seed)).finish(minimumCount: 2)
    }

    /// The mean cosine of words of one topic less that of words of two.
    static func separation(_ table: VectorTable) -> Double {
        var (same, other) = ([Double](), [Double]())
        for a in 0..<table.count {
            for b in 0..<a {
                let cosine = cosine(table[a], table[b])
                if table.word(a).first == table.word(b).first {
                    same.append(cosine)
                } else {
                    other.append(cosine)
                }
            }
        }
        return same.reduce(0, +) / Double(same.count) - other.reduce(0, +) / Double(other.count)
    }

    private static func cosine(_ a: [Float], _ b: [Float]) -> Double {
        func dot(_ x: [Float], _ y: [Float]) -> Double {
            zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }
}

extension VectorTable {
    /// The bits of all vectors.
    var bits: [UInt32] { withUnsafeValues { $0.map(\.bitPattern) } }
}
