import ArgumentParser
import Sesame

/// Greedy decoding with a key/value cache.
struct DecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Times greedy decoding: a prompt of 64 tokens, 64 new ones.",
        discussion: "Example: sesame-bench decode --config gpt2s")

    @Option(help: "Which model: nano, baby or gpt2s.")
    var config: LanguageModelSize = .gpt2s

    @Option(help: "Precision of matrix products: float32 or bfloat16.")
    var precision: Precision = .float32

    @OptionGroup var measurement: MeasurementOptions

    func validate() throws {
        guard config.causal else {
            throw ValidationError("--config is \(config.rawValue), expected nano, baby or gpt2s")
        }
    }

    func run() throws {
        measurement.apply()
        var configuration = config.gpt(dropout: 0)
        // Room for the prompt and the new tokens; GPT-2 itself has 1024 positions.
        configuration.maxSequenceLength = max(configuration.maxSequenceLength, 128)
        if config == .gpt2s { configuration.maxSequenceLength = 1024 }
        let model = GPT(configuration, key: RandomKey(seed: 1, stream: 0))
        var generator = RandomGenerator(seed: 2)
        let prompt = (0..<64).map { _ in
            Int32(generator.next(below: configuration.vocabularySize))
        }
        var sampler = Sampler.greedy
        var check = 0
        let times = try measurement.times {
            let text = try model.generate(
                prompt, count: 64, sampler: &sampler, precision: precision)
            check = text.reduce(0) { ($0 &* 31 &+ Int($1)) % 1_000_003 }
        }
        var line = MeasurementLine(
            name: "decode.\(config.rawValue)", amount: 64, unit: "tokens/s", times: times)
        line.add("precision", text: precision.rawValue)
        line.add("prompt", 64)
        line.add("check", Double(check))
        line.printed()
    }
}
