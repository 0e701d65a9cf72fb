import Foundation
import SesameModels
import SesameTensor
import Testing

private let publishedGPTs: [URL]? = ProcessInfo.processInfo.environment["SESAME_GPT2_MODELS"]
    .flatMap {
        let root = URL(fileURLWithPath: $0)
        return try? FileManager.default.contentsOfDirectory(atPath: $0).sorted().map {
            root.appendingPathComponent($0)
        }
    }

/// GPT-2 models that transformers made, where Benchmarks/peers/gpt2_random.py has left them.
///
/// They are too large for the repository: set `SESAME_GPT2_MODELS` to the script's folder to run this.
@Suite(.enabled(if: publishedGPTs != nil, "SESAME_GPT2_MODELS is not set"))
struct PublishedGPTTests {
    @Test(arguments: publishedGPTs ?? [])
    func logitsAndGreedyTextMatch(_ folder: URL) throws {
        let expectations = folder.appendingPathComponent("expected.safetensors")
        guard FileManager.default.fileExists(atPath: expectations.path) else { return }
        let file = try SafeTensorsFile(expectations)
        let (prompts, greedy) = (try file.ids(named: "prompts"), try file.ids(named: "greedy"))
        let expected = try file.tensor(named: "logits")
        let model = try GPT.load(from: folder)
        let logits = model.logits(prompts, context: .evaluation())
        let (T, V) = (prompts.shape[1], model.configuration.vocabularySize)
        // Of a large vocabulary the file keeps every 16th column.
        let columns = expected.shape.last
        let stride = columns == V ? 1 : 16
        let (found, wanted) = (logits.scalars, expected.scalars)
        var worst: Float = 0
        for row in 0..<prompts.elementCount {
            for column in 0..<columns {
                let difference = abs(
                    found[row * V + column * stride] - wanted[row * columns + column])
                worst = difference > worst ? difference : worst
            }
        }
        print("\(folder.lastPathComponent): logits differ by at most \(worst)")
        #expect(worst < 1e-4)
        for i in 0..<prompts.shape[0] {
            var sampler = Sampler.greedy
            let text = try model.generate(
                Array(prompts.scalars[i * T..<(i + 1) * T]), count: 50, sampler: &sampler)
            #expect(text == Array(greedy.scalars[i * 50..<(i + 1) * 50]), "prompt \(i)")
        }
    }
}
