import ArgumentParser
import Foundation
import Sesame

/// Making a vocabulary from a file.
struct VocabularyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vocabulary",
        abstract: "Times making a vocabulary from a file, line by line, on one thread.",
        discussion:
            "Example: sesame-bench vocabulary --model wordpiece --text train.txt --size 8000")

    /// The kinds of vocabulary that are timed.
    enum Model: String, CaseIterable, ExpressibleByArgument {
        case wordpiece, word, character
    }

    @Option(help: "Which vocabulary: wordpiece, word or character.")
    var model: Model = .wordpiece

    @Option(help: "The text, UTF-8.")
    var text: String

    @Option(help: "The most tokens.")
    var size: Int = 8000

    @OptionGroup var measurement: MeasurementOptions

    func validate() throws {
        guard size >= 16 else { throw ValidationError("--size is \(size), expected at least 16") }
    }

    func run() throws {
        let lines = try TextLines(path: text)
        var count = 0
        var last: Int32 = 0
        let times = try measurement.times {
            var trainer: any VocabularyTrainer =
                switch model {
                case .wordpiece: WordPieceTrainer(maximumSize: size, lowercase: true)
                case .word:
                    try WordTrainer(normalizer: CaseNormalizer(.lower), maximumSize: size)
                case .character: try CharacterTrainer(maximumSize: size)
                }
            for line in lines.lines { trainer.add(line) }
            let vocabulary = try trainer.finish()
            count = vocabulary.count
            last = vocabulary.id(of: vocabulary.token(Int32(count - 1))) ?? 0
        }
        var line = MeasurementLine(
            name: "vocabulary.\(model.rawValue)", amount: Double(lines.byteCount) / 1e6,
            unit: "MB/s", times: times, threads: 1)
        line.add("seconds", times[times.count / 2])
        line.add("bytes", Double(lines.byteCount))
        line.add("tokens", Double(count))
        line.add("check", Double(last))
        line.add("peakBytes", Double(peakResidentBytes()))
        line.printed()
    }

    /// The most memory that the process has had so far, in bytes.
    private func peakResidentBytes() -> Int {
        var usage = rusage()
        #if canImport(Darwin)
            getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss
        #else
            getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
            return usage.ru_maxrss * 1024  // Linux counts kilobytes
        #endif
    }
}
