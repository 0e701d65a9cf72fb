import ArgumentParser
import Sesame

/// Causal self-attention, forward and backward, dense or in a band.
struct AttentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attention",
        abstract: "Times causal self-attention alone, forward and backward.",
        discussion: """
            Prints a line for dense attention and, with --band, one for the band, whose `speedup` is how many times \
            as fast it is; the two take turns, so that a busy moment hits both.

            Example: sesame-bench attention --context 2048 --band 256
            """)

    @Option(help: "Tokens a sequence.")
    var context = 2048

    @Option(help: "How many tokens each sees, itself included.")
    var band: Int?

    @Option(help: "Sequences a batch.")
    var batch = 1

    @Option(help: "Attention heads.")
    var heads = 12

    @Option(help: "Channels of a head.")
    var headSize = 64

    @Option(help: "Precision of matrix products: float32 or bfloat16.")
    var precision: Precision = .float32

    @OptionGroup var measurement: MeasurementOptions

    func validate() throws {
        for (name, value) in [
            ("--context", context), ("--band", band ?? 1), ("--batch", batch), ("--heads", heads),
            ("--head-size", headSize),
        ] where value < 1 {
            throw ValidationError("\(name) is \(value), expected at least 1")
        }
    }

    /// A module whose only parameter is the packed projection.
    private struct Projection: Module {
        var qkv: Tensor

        mutating func visitParameters(
            _ visitor: inout some ParameterVisitor, at path: ParameterPath
        ) {
            visitor.visit(&qkv, at: path / "qkv")
        }
    }

    func run() throws {
        measurement.apply()
        let channels = heads * headSize
        let projection = Projection(
            qkv: Tensor.normal([batch, context, 3 * channels], key: RandomKey(seed: 1)))
        let weights = Tensor.normal([batch, context, channels], key: RandomKey(seed: 2))
        let clock = ContinuousClock()
        var check: Float = 0
        func seconds(band: Int?) -> Double {
            let start = clock.now
            let (value, gradients) = projection.valueWithGradients {
                (attention(
                    packed: $0.qkv, headCount: heads, causal: true, band: band,
                    precision: precision) * weights).sum()
            }
            check = value + (gradients[0]?.scalars.first ?? 0)
            return (clock.now - start).inSeconds
        }
        let bands: [Int?] = band == nil ? [nil] : [nil, band]
        var times: [[Double]] = bands.map { _ in [] }
        for band in bands + bands { _ = seconds(band: band) }
        let begin = clock.now
        while times[0].count < 3 || (clock.now - begin).inSeconds < measurement.seconds {
            for (index, band) in bands.enumerated() { times[index].append(seconds(band: band)) }
        }
        for index in times.indices { times[index].sort() }
        for (index, band) in bands.enumerated() {
            var line = MeasurementLine(
                name: band == nil ? "attention.dense" : "attention.band",
                amount: Double(batch * context), unit: "tokens/s", times: times[index])
            line.add("precision", text: precision.rawValue)
            line.add("context", Double(context))
            if let band { line.add("band", Double(band)) }
            line.add("heads", Double(heads))
            line.add("headSize", Double(headSize))
            line.add("check", Double(check))
            if band != nil {
                let middle = times[0].count / 2
                line.add("speedup", times[0][middle] / times[index][middle], decimals: 2)
            }
            line.printed()
        }
    }
}
