import Foundation
import SesameModels
import SesameNN
import SesameTensor
import SesameTraining
import Testing

private let environment = ProcessInfo.processInfo.environment
private let encoderFolder = environment["SESAME_ENCODER"].map { URL(fileURLWithPath: $0) }

/// all-MiniLM-L6-v2 as published, against values from transformers; Benchmarks/peers/encoder_peer.py made them.
@Suite(.enabled(if: encoderFolder != nil, "SESAME_ENCODER names no encoder's folder"))
struct PublishedEncoderTests {
    struct Expectation: Sendable {
        let text: String
        let ids: [Int32]
        /// The first numbers of the first token's last state, and of the normalized mean.
        let first: [Float]
        let mean: [Float]
    }

    static let expectations = [
        Expectation(
            text: "A ferry crosses the bay at dawn.",
            ids: [101, 1037, 7115, 7821, 1996, 3016, 2012, 6440, 1012, 102],
            first: [
                -0.110374, 0.166029, 0.664272, -0.179419, -0.040736, 0.168332, -0.046692, 0.276544,
            ],
            mean: [
                0.0208322, 0.033768, 0.0628066, 0.0160157, 0.0132235, 0.0003321, -0.0031236,
                0.0166355,
            ]),
        Expectation(
            text: "Snow!", ids: [101, 4586, 999, 102],
            first: [
                -0.581115, 0.076128, 0.564685, 0.424888, 0.085458, -0.17067, 0.05265, -0.064595,
            ],
            mean: [
                -0.0583752, 0.0262701, 0.0609433, 0.0877796, -0.0302427, 0.0494806, 0.0700828,
                -0.0253879,
            ]),
        Expectation(
            text: "Why do cats purr, and what does it mean when they stop?",
            ids: [
                101, 2339, 2079, 8870, 16405, 12171, 1010, 1998, 2054, 2515, 2009, 2812, 2043, 2027,
                2644, 1029, 102,
            ],
            first: [
                0.343621, -0.10652, 0.022834, 0.249627, -0.23379, 0.085405, -0.109883, -0.442582,
            ],
            mean: [
                0.0566823, -0.0840309, 0.0166532, 0.0523457, -0.0369026, -0.0117427, 0.030522,
                -0.0819563,
            ]),
    ]

    @Test func vectorsMatch() throws {
        let encoder = try SentenceEncoder(modelFolder: try #require(encoderFolder))
        #expect(encoder.pooling == .mean && encoder.vectorSize == 384 && encoder.maxLength == 256)
        let texts = Self.expectations.map(\.text)
        let means = try encoder.vectors(for: texts)
        let firsts = try encoder.vectors(for: texts, pooling: .cls, normalized: false)
        for (i, row) in Self.expectations.enumerated() {
            #expect(encoder.tokenizer.encode(row.text).ids == row.ids)
            for (found, expected) in zip(means[i], row.mean) {
                #expect(abs(found - expected) < 1e-5)
            }
            for (found, expected) in zip(firsts[i], row.first) {
                #expect(abs(found - expected) < 1e-4)
            }
        }
    }

    @Test(
        .enabled(
            if: environment["SESAME_ENCODER_STATES"] != nil, "SESAME_ENCODER_STATES is not set"))
    func lastStatesMatch() throws {
        let folder = try #require(encoderFolder)
        let file = try SafeTensorsFile(
            URL(fileURLWithPath: try #require(environment["SESAME_ENCODER_STATES"])))
        let texts = try #require(file.metadata["texts"]).split(
            separator: "\n", omittingEmptySubsequences: false)
        let model = try BERT.load(from: folder)
        let tokenizer = try TrainedModelFolder(folder).tokenizer
        var worst: Float = 0
        for (i, text) in texts.enumerated() {
            let ids = try file.ids(named: "ids/\(i)")
            #expect(tokenizer.encode(String(text)).ids == ids.scalars, "text \(i)")
            let states = model.hidden(
                ids.reshaped([1, ids.elementCount]), context: .evaluation())
            let expected = try file.tensor(named: "states/\(i)")
            for (a, b) in zip(states.scalars, expected.scalars) { worst = max(worst, abs(a - b)) }
        }
        print("last states of \(texts.count) texts differ by at most \(worst)")
        #expect(worst < 1e-4)
    }
}
