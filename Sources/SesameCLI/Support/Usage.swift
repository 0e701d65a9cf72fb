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
