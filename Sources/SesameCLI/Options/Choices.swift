import ArgumentParser
import Sesame

// Enumerations of the libraries that are values of options; their cases are the words to type.

extension Split: ExpressibleByArgument {}

extension TextUnit: ExpressibleByArgument {}

extension Precision: ExpressibleByArgument {}

extension NgramSmoothing: ExpressibleByArgument {}

extension OptimizerChoice: ExpressibleByArgument {}

extension TextOrder: ExpressibleByArgument {}

extension SentencePooling: ExpressibleByArgument {}

extension RecurrentCell: ExpressibleByArgument {}

extension LearningRateSchedule.Shape: ExpressibleByArgument {}

extension NormPlacement: ExpressibleByArgument {}

extension TaggingScheme: ExpressibleByArgument {}

extension BERTVariant: ExpressibleByArgument {}

extension PromptScoring: ExpressibleByArgument {}

extension FinetuningInputs: ExpressibleByArgument {}

/// How entity tags are stored, as it is typed.
enum TagSchemeChoice: String, CaseIterable, ExpressibleByArgument {
    case bio, bioes, io
    /// As they are: no entities.
    case plain

    var scheme: TaggingScheme? { TaggingScheme(rawValue: rawValue) }
}

extension WarmUp: ExpressibleByArgument {
    /// A whole number is steps; "0.05" and "5%" are a share of the run.
    public init?(argument: String) {
        if let steps = Int(argument) {
            self = .steps(steps)
        } else if argument.hasSuffix("%"), let percent = Double(argument.dropLast()) {
            self = .fraction(percent / 100)
        } else if let share = Double(argument) {
            self = .fraction(share)
        } else {
            return nil
        }
    }

    /// The value as it is typed.
    public var defaultValueDescription: String {
        switch self {
        case .steps(let count): "\(count)"
        case .fraction(let share): "\(share)"
        }
    }
}
