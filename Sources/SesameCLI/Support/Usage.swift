import ArgumentParser
import Sesame

/// Runs a check whose errors are wrong usage: they are reported with the command's usage, and exit 64.
func usage(_ check: () throws -> Void) throws {
    do {
        try check()
    } catch let error as ValidationError {
        throw error
    } catch {
        throw ValidationError("\(error)")
    }
}

/// Requires of an option's value, where it was given, that it is not below `least`.
func atLeast(_ least: Int, _ option: String, _ value: Int?) throws {
    guard let value, value < least else { return }
    throw ValidationError("\(option) must be \(least) or more, not \(value).")
}

/// Runs what writes something; where that exists already, the error names the options that help.
func whereItExists<Result>(_ options: String, _ write: () throws -> Result) throws -> Result {
    do {
        return try write()
    } catch let error as TrainingError where error.code == .exists {
        throw CommandError("\(error) (\(options))")
    }
}
