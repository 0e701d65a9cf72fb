import Foundation
import SesameModels
import SesameNN
import SesameTensor
import Testing

/// Log-likelihoods of continuations, with keys and values kept, against all logits.
struct LogLikelihoodTests {
    /// Answers side by side and one by one, from a cache that holds a part of the prompt or nothing.
    @Test func neitherBatchesNorCachesChangeLikelihoods() throws {
        let model = GPT(
            GPTConfig(
                vocabularySize: 50, maxSequenceLength: 40, hiddenSize: 32, layerCount: 3,
                headCount: 4, initializerDeviation: 0.3), key: RandomKey(seed: 5, stream: 0))
        var generator = RandomGenerator(seed: 9)
        func ids(_ count: Int) -> [Int32] {
            (0..<count).map { _ in Int32(generator.next(below: 50)) }
        }
        let answers = [1, 4, 4, 2, 7, 1, 3].map(ids)
        let shared = ids(20)
        var kept = model.makePromptCache()
        for prompt in [shared + ids(5), shared + ids(9), shared, ids(3), ids(1)] {
            let together = try model.logLikelihoods(of: answers, after: prompt, cache: &kept)
            for (answer, found) in zip(answers, together) {
                // All logits, without a cache.
                let text = prompt + answer
                let logits = model.logits(
                    IDTensor(text, shape: [1, text.count]), context: .evaluation())
                let logs = softmax(logits).scalars.map { log($0) }
                #expect(found.count == answer.count)
                for (i, token) in answer.enumerated() {
                    let expected = logs[(prompt.count - 1 + i) * 50 + Int(token)]
                    #expect(abs(found[i] - expected) < 2e-5 * (1 + abs(expected)))
                }
            }
            var fresh = model.makePromptCache()
            let alone = try model.logLikelihoods(
                of: answers, after: prompt, cache: &fresh, tokensPerPass: 1)
            for (a, b) in zip(alone.joined(), together.joined()) { #expect(abs(a - b) < 1e-5) }
        }
        #expect(throws: ModelError.self) {
            try model.logLikelihoods(of: [ids(7)], after: ids(35), cache: &kept)
        }
        #expect(try model.logLikelihoods(of: [ids(6)], after: ids(35), cache: &kept)[0].count == 6)
        #expect(throws: ModelError.self) {
            try model.logLikelihoods(of: [[50]], after: [1], cache: &kept)
        }
        #expect(throws: ModelError.self) {
            try model.logLikelihoods(of: [[1]], after: [], cache: &kept)
        }
    }
}
