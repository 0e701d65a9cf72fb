import Foundation
import SesameVectors
import Testing

/// Phrases against gensim 4.4; see Goldens/make_goldens.py.
struct PhraseTests {
    private struct Pass: Decodable {
        let phrases: [String: Double]
        let sentences: [String]
    }

    private struct Case: Decodable {
        let scoring: String
        let threshold: Double
        let minimum: Int
        let connectors: [String]
        let passes: [Pass]
    }

    @Test func phrasesAreGensims() throws {
        let text = try String(contentsOf: VectorGoldens.url("corpus.txt"), encoding: .utf8)
        let corpus = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        for item in try VectorGoldens.json("phrases.json", as: [Case].self) {
            var options = PhraseOptions()
            options.score = item.scoring == "npmi" ? .npmi : .mikolov
            options.threshold = item.threshold
            options.minimumCount = item.minimum
            options.connectors = Set(item.connectors)
            var sentences = corpus
            for pass in item.passes {
                var detector = try PhraseDetector(options: options)
                for sentence in sentences { detector.count(sentence) }
                var phrases: [String: Double] = [:]
                for sentence in sentences { detector.findPhrases(in: sentence, into: &phrases) }
                #expect(Set(phrases.keys) == Set(pass.phrases.keys))
                for (phrase, score) in phrases {
                    let expected = try #require(pass.phrases[phrase])
                    #expect(abs(score - expected) <= 1e-12 * max(1, abs(expected)), "\(phrase)")
                }
                sentences = sentences.map(detector.joined)
                #expect(
                    sentences.prefix(40).map { $0.joined(separator: " ") } == pass.sentences)
            }
        }
        #expect(PhraseOptions.englishConnectors.count == 15)
    }

    @Test func badOptionsAreRefused() {
        for change: (inout PhraseOptions) -> Void in [
            { $0.minimumCount = 0 }, { $0.threshold = 0 }, { $0.threshold = .nan },
            { $0.joiner = "" }, { $0.joiner = " " },
            {
                $0.score = .npmi
                $0.threshold = 1.5
            },
        ] {
            var options = PhraseOptions()
            change(&options)
            let error = #expect(throws: VectorError.self) {
                try PhraseDetector(options: options)
            }
            #expect(error?.code == .invalidOption)
        }
    }
}
