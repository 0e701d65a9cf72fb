#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How a run stands.
public enum RunStatus: String, Codable, Sendable, CaseIterable {
    /// It goes on.
    case running
    /// It came to its end.
    case finished
    /// It was stopped, or its process went away.
    case interrupted
    /// An error ended it.
    case failed
}

/// One value of a metric.
public struct Metric: Sendable, Hashable, Codable {
    /// The training step, from 0.
    public let step: Int
    /// What it was measured on, as `train` or `validation`.
    public let split: String
    /// Its name, as `loss` or `tokensPerSecond`.
    public let name: String
    /// The value; not-a-number stays one.
    public let value: Double

    /// The split's name for what the mean of a run's last checkpoints' weights does on the validation documents.
    public static let averageSplit = "average"

    /// One value of a metric.
    public init(step: Int, split: String, name: String, value: Double) {
        self.step = step
        self.split = split
        self.name = name
        self.value = value
    }
}

/// A checkpoint that a run wrote.
public struct CheckpointRecord: Sendable, Hashable, Codable {
    /// The step after which it was written.
    public let step: Int
    /// Its folder.
    public let path: String
    /// The metric that it is judged by.
    public let metric: String?
    /// That metric's value.
    public let value: Double?
    /// When it was written.
    public let createdAt: Date
}

/// A text that a run generated.
public struct SampleRecord: Sendable, Hashable, Codable {
    /// The step after which it was made.
    public let step: Int
    /// What was given.
    public let prompt: String
    /// What came of it.
    public let text: String
    /// When it was made.
    public let createdAt: Date
}

/// A result that was attached to a run, as a confusion matrix.
public struct RunArtifact: Sendable, Hashable {
    /// What it is, as `confusion`.
    public let name: String
    /// The result, as a JSON document in UTF-8.
    public let json: Data
    /// When it was attached.
    public let createdAt: Date
}

/// A run in a line or two.
public struct RunSummary: Sendable, Hashable, Codable, Identifiable {
    /// Identifies the run in its workspace; counts up from 1 and is never used twice.
    public let id: Int64
    /// What it does, as `pretrain gpt`.
    public let kind: String
    /// How it stands.
    public let status: RunStatus
    /// Its settings, as JSON.
    public let configuration: String
    /// How it ended, where there is something to say.
    public let message: String?
    /// When it began.
    public let startedAt: Date
    /// When it last wrote something.
    public let updatedAt: Date
    /// When it ended.
    public let finishedAt: Date?
    /// The last step with a metric; nil before the first.
    public let lastStep: Int?
    /// The last value of each metric.
    public let lastMetrics: [Metric]
    /// The last checkpoint's folder.
    public let lastCheckpoint: String?
}
