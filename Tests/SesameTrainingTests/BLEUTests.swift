import Foundation
import SesameTraining
import Testing

/// sacreBLEU's scores and words, made by Goldens/make_bleu_goldens.py.
private struct BLEUGoldens: Decodable {
    struct Sentences: Decodable {
        var translations: [String]
        var references: [[String]]
    }
    struct Score: Decodable, CustomStringConvertible {
        var set: Int
        var tokenize: String
        var lowercase: Bool
        var smoothing: String
        var value: Double?
        var score: Double
        var bp: Double
        var precisions: [Double]
        var length: Int
        var referenceLength: Int
        var sentences: [Double]

        var description: String {
            "set \(set), \(tokenize), \(lowercase ? "lower case" : "case"), \(smoothing) \(value ?? 0)"
        }

        var bleu: BLEU {
            get throws {
                let smoothings: [String: BLEU.Smoothing] = [
                    "none": .none, "exp": .exponential, "floor": .floor(value ?? 0),
                    "add-k": .addK(value ?? 0),
                ]
                return BLEU(
                    tokenization: try #require(BLEU.Tokenization(rawValue: tokenize)),
                    smoothing: try #require(smoothings[smoothing]), lowercase: lowercase)
            }
        }
    }
    var tokenized: [[String]]
    var sets: [Sentences]
    var scores: [Score]

    init() throws {
        let url = try #require(
            Bundle.module.url(
                forResource: "bleu", withExtension: "json", subdirectory: "Goldens"))
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
    }

    private enum CodingKeys: String, CodingKey { case tokenized, sets, scores }
}

@Suite struct BLEUTests {
    @Test func scoresAreThoseOfSacreBLEU() throws {
        let goldens = try BLEUGoldens()
        #expect(goldens.scores.count == 240)
        for golden in goldens.scores {
            let sentences = goldens.sets[golden.set]
            let bleu = try golden.bleu
            let found = try bleu.score(sentences.translations, references: sentences.references)
            #expect(abs(found.score - golden.score) < 1e-6, "\(golden)")
            #expect(abs(found.brevityPenalty - golden.bp) < 1e-6, "\(golden)")
            #expect(found.statistics.length == golden.length, "\(golden)")
            #expect(found.statistics.referenceLength == golden.referenceLength, "\(golden)")
            for (a, b) in zip(found.precisions, golden.precisions) {
                #expect(abs(a - b) < 1e-5, "\(golden)")
            }
            for (index, expected) in golden.sentences.enumerated() {
                let found = bleu.sentenceScore(
                    sentences.translations[index], references: sentences.references[index])
                #expect(abs(found.score - expected) < 1e-5, "\(golden), sentence \(index)")
            }
        }
    }

    @Test func wordsAreThoseOfSacreBLEU() throws {
        for pair in try BLEUGoldens().tokenized {
            let words = BLEUTokenizer.words(pair[0], tokenization: .mteval13a, lowercase: false)
            #expect(
                words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ") == pair[1])
        }
    }

    @Test func countsAddUpOverSentences() throws {
        let (translations, references) = (["a b c d", "e f"], [["a b c x"], ["e f g"]])
        let bleu = BLEU(tokenization: .none)
        var sum = BLEUStatistics(maxOrder: 4)
        for (translation, references) in zip(translations, references) {
            sum.add(bleu.statistics(of: translation, references: references))
        }
        #expect(
            try bleu.score(translations, references: references) == bleu.score(of: sum))
        #expect(sum.matches == [5, 3, 1, 0] && sum.totals == [6, 4, 2, 1])
        #expect(sum.length == 6 && sum.referenceLength == 7)
    }

    @Test func refusesWhatDoesNotLineUp() {
        #expect {
            try BLEU().score(["a", "b"], references: [["a"]])
        } throws: { error in
            "\(error)"
                == "BLEU needs references for each of the 2 translations, found those of 1; "
                + "give both in the same order, one a sentence"
        }
        #expect {
            try BLEU().score(["a", "b"], references: [["a"], []])
        } throws: { ($0 as? TrainingError)?.code == .notEnoughData }
    }

    @Test func nothingScoresNothing() throws {
        #expect(try BLEU().score([], references: []).score == 0)
    }
}
