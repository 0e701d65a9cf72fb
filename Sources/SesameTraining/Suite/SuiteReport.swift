#if canImport(FoundationEssentials)
    import FoundationEssentials
#elseif canImport(Foundation)
    import Foundation
#endif

/// What came of one set with one seed.
public struct SuiteResult: Sendable, Hashable, Codable {
    /// The set's name.
    public var set: String
    /// The seed of its training.
    public var seed: UInt64
    /// All figures of the scored documents, by ``MetricName``.
    public var metrics: Metrics
    /// Seconds of training.
    public var seconds: Double
    /// Optimizer steps.
    public var steps: Int
    /// The run's number in the suite's workspace.
    public var run: Int64
}

/// A set that a model cannot be put to.
public struct SuiteOmission: Sendable, Hashable, Codable {
    /// The set's name.
    public var set: String
    /// Why, as "tagging needs a BERT or an ELMo, and this is a GPT".
    public var reason: String
}

/// A metric of a set over all its seeds.
public struct SuiteRow: Sendable, Hashable, Codable {
    /// The set's name.
    public var set: String
    /// Which documents were scored.
    public var split: String
    /// How many of them there are.
    public var count: Int
    /// The metric, by ``MetricName``.
    public var metric: String
    /// Its values, in the order of the seeds.
    public var values: [Double]
    /// Why there are none, for a set that the model cannot be put to.
    public var omission: String?

    /// Their mean.
    public var mean: Double { values.reduce(0, +) / Double(max(1, values.count)) }

    /// Their standard deviation, with n − 1; nil for fewer than two.
    public var deviation: Double? {
        guard values.count > 1 else { return nil }
        let mean = mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }
}

/// What came of a suite, as `results.json` keeps it after every run.
public struct SuiteReport: Sendable, Hashable, Codable {
    /// The model's folder, as it was named.
    public var model: String
    /// What the figures depend on: the model's weights, the sets and the settings. Results of another suite are
    /// not added to.
    public var fingerprint: String
    /// The sets.
    public var suite: EvaluationSuite
    /// The seeds.
    public var seeds: [UInt64]
    /// The sets that the model cannot be put to.
    public var omissions: [SuiteOmission]
    /// What has been done, in order.
    public var results: [SuiteResult]

    /// How many trainings there are to do.
    public var trainingCount: Int { (suite.sets.count - omissions.count) * seeds.count }

    /// Whether every set that the model can be put to has been run with every seed.
    public var isComplete: Bool { results.count == trainingCount }

    /// The sets' metrics so far, the most important one of each set first; of a set that the model cannot be put to
    /// one row without values.
    public var rows: [SuiteRow] {
        suite.sets.flatMap { set -> [SuiteRow] in
            if let omission = omissions.first(where: { $0.set == set.name }) {
                return [
                    SuiteRow(
                        set: set.name, split: set.scored.rawValue, count: 0,
                        metric: set.shownMetrics[0], values: [], omission: omission.reason)
                ]
            }
            let done = results.filter { $0.set == set.name }
            return set.shownMetrics.compactMap { metric -> SuiteRow? in
                let values = done.compactMap { $0.metrics[metric] }
                guard !values.isEmpty else { return nil }
                return SuiteRow(
                    set: set.name, split: set.scored.rawValue,
                    count: Int(done.first?.metrics[MetricName.count] ?? 0), metric: metric,
                    values: values)
            }
        }
    }

    func result(_ set: EvaluationSet, _ seed: UInt64) -> SuiteResult? {
        results.first { $0.set == set.name && $0.seed == seed }
    }
}

extension SuiteReport {
    /// Reads the results in a suite's folder.
    /// - Throws: ``TrainingError`` with code `.file` for a file that is missing or something else.
    public init(folder: URL) throws {
        let file = Self.file(in: folder)
        do {
            self = try DurableFiles.decodeJSON(Self.self, from: DurableFiles.read(file))
        } catch let error as DecodingError {
            throw TrainingError(
                .file(
                    path: file.path,
                    problem: "expected results of a suite (\(error)); choose another folder"))
        }
    }

    /// `results.json`.
    static func file(in folder: URL) -> URL { folder.appendingPathComponent("results.json") }
}
