import ArgumentParser
import CSesameKernels
import Sesame

/// One matrix product on random data.
struct GemmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gemm",
        abstract: "Times a matrix product, m × k by k × n, checked against Double.",
        discussion: "Example: sesame-bench gemm --m 1024 --n 1024 --k 1024")

    @Option(help: "Rows of the result.")
    var m: Int

    @Option(help: "Columns of the result.")
    var n: Int

    @Option(help: "Length of the sums.")
    var k: Int

    @Option(help: "Precision of the product: float32 or bfloat16.")
    var precision: Precision = .float32

    @Flag(help: "B is stored n × k, as a layer stores its weights.")
    var transposeB = false

    @Flag(help: "B is packed beforehand, as for inference.")
    var prepacked = false

    @OptionGroup var measurement: MeasurementOptions

    func validate() throws {
        for (name, value) in [("m", m), ("n", n), ("k", k)] where !(1...65_536).contains(value) {
            throw ValidationError("--\(name) is \(value), expected 1 to 65536")
        }
    }

    func run() throws {
        measurement.apply()
        let kernel = precision == .float32 ? SESAME_FLOAT32 : SESAME_BFLOAT16
        let a = randomValues(m * k, stream: 1), b = randomValues(k * n, stream: 2)
        let c = alignedFloats(m * n)
        c.initialize(repeating: 0, count: m * n)
        let ldb = transposeB ? k : n
        let packed = UnsafeMutableRawPointer.allocate(
            byteCount: sesame_gemm_packed_b_size(kernel, n, k), alignment: 64)
        defer {
            packed.deallocate()
            for buffer in [a, b, c] { buffer.deallocate() }
        }
        if prepacked { sesame_gemm_pack_b(kernel, transposeB, n, k, b, ldb, packed) }

        let times = measurement.times {
            if prepacked {
                sesame_gemm_prepacked(
                    kernel, false, m, n, k, a, k, packed, false, c, n, nil)
            } else {
                sesame_gemm(
                    kernel, false, transposeB, m, n, k, a, k, b, ldb, false,
                    c, n, nil)
            }
        }
        let error = try relativeError(a, b, c)

        let operations = 2 * Double(m) * Double(n) * Double(k)
        var line = MeasurementLine(
            name: "gemm", amount: operations * 1e-9, unit: "GFLOP/s", times: times)
        line.add("precision", text: precision.rawValue)
        line.add("m", Double(m))
        line.add("n", Double(n))
        line.add("k", Double(k))
        line.add("transposeB", text: "\(transposeB)")
        line.add("prepacked", text: "\(prepacked)")
        line.add("isa", text: String(cString: sesame_isa_name(sesame_isa_current())))
        line.add("errorInMillionths", error * 1e6)
        line.printed()
    }

    /// Memory as tensors have it: an array's elements begin 32 bytes into a cache line, which costs
    /// a small product a tenth of its speed.
    private func alignedFloats(_ count: Int) -> UnsafeMutablePointer<Float> {
        UnsafeMutableRawPointer.allocate(
            byteCount: count * MemoryLayout<Float>.stride, alignment: 64
        ).bindMemory(to: Float.self, capacity: count)
    }

    private func randomValues(_ count: Int, stream: UInt64) -> UnsafeMutablePointer<Float> {
        let values = alignedFloats(count)
        sesame_random_uniform(
            count, sesame_key(seed: 1, stream: stream), 0, -1, 1, values)
        return values
    }

    /// The error of sampled elements against Double, relative to their root mean square.
    private func relativeError(
        _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>,
        _ c: UnsafeMutablePointer<Float>
    ) throws -> Double {
        var squares = 0.0, errors = 0.0
        for sample in 0..<200 {
            let i = sample * 7919 % m, j = sample * 104_729 % n
            var sum = 0.0
            for q in 0..<k {
                sum += Double(a[i * k + q]) * Double(transposeB ? b[j * k + q] : b[q * n + j])
            }
            squares += sum * sum
            errors += (sum - Double(c[i * n + j])) * (sum - Double(c[i * n + j]))
        }
        let error = (errors / squares).squareRoot()
        let limit = precision == .float32 ? 1e-5 : 2e-2
        guard error <= limit else {
            throw WrongProduct(error: error, limit: limit)
        }
        return error
    }
}

/// The product differs from the Double reference by more than its precision allows.
private struct WrongProduct: Error, CustomStringConvertible {
    let error: Double, limit: Double

    var description: String {
        "the product is wrong: relative error \(error), expected at most \(limit)"
    }
}
