import Foundation
import SesameModels
import SesameTensor
import SesameTraining
import Testing

/// Vectors in context tell the senses of a word apart: of an ELMo whose folder SESAME_ELMO names.
struct PolysemyTests {
    struct Word: Sendable, CustomTestStringConvertible {
        let word: String
        let senses: [[String]]

        var testDescription: String { word }
    }

    static let words = [
        Word(
            word: "bank",
            senses: [
                [
                    "The house stands on the south bank of the river .",
                    "They crossed the stream and camped on its eastern bank .",
                    "The town lies on the left bank of the river , below the bridge .",
                ],
                [
                    "He worked as a clerk at the bank and later became its director .",
                    "The company borrowed the money from a bank in London .",
                    "She sold her shares and put the money in the bank .",
                ],
            ]),
        Word(
            word: "play",
            senses: [
                [
                    "He wrote a play about the life of the queen .",
                    "The first act of the play is set in a village .",
                    "Critics praised the new play and its author .",
                ],
                [
                    "He did not play in the next three games .",
                    "She learned to play for the team when she was young .",
                    "The club asked him to play in the final match .",
                ],
            ]),
        Word(
            word: "left",
            senses: [
                [
                    "He left the city in 1915 and went to France .",
                    "She left school to work on a farm .",
                    "They left the club after two seasons .",
                ],
                [
                    "He was wounded in the left arm during the battle .",
                    "The road turns to the left side of the valley .",
                    "She wore a ring on her left hand .",
                ],
            ]),
        Word(
            word: "rose",
            senses: [
                [
                    "The water rose to the level of the street .",
                    "The number of people in the town rose to 5 million .",
                    "He rose to the rank of captain within two years .",
                ],
                [
                    "She gave him a red rose and a letter .",
                    "The flower on the flag is a white rose .",
                    "He planted a wild rose in the garden .",
                ],
            ]),
        Word(
            word: "second",
            senses: [
                [
                    "The second season began in the autumn of 1990 .",
                    "It was his second goal of the game .",
                    "The second part of the book was never written .",
                ],
                [
                    "The wind reached a speed of 30 metres per second .",
                    "He finished one tenth of a second behind the winner .",
                    "The clock stops for a second and then moves on .",
                ],
            ]),
    ]

    private static var folder: URL? {
        ProcessInfo.processInfo.environment["SESAME_ELMO"].map { URL(fileURLWithPath: $0) }
    }

    @Test(
        "Occurrences of one sense are nearer to each other than to the other sense",
        .enabled(if: folder != nil, "set SESAME_ELMO to the folder of a trained ELMo"))
    func senses() throws {
        let encoder = try WordEncoder(modelFolder: try #require(Self.folder))
        for word in Self.words {
            let senses = word.senses.map { sentences in
                let split = sentences.map { $0.split(separator: " ").map(String.init) }
                return zip(split, encoder.layers(for: split)).compactMap { words, layers in
                    words.firstIndex(of: word.word).map { place in
                        // The mean of the layers that see the context.
                        layers.dropFirst().map {
                            $0.sliced(axis: 0, place..<(place + 1)).scalars
                        }.reduce([Float](repeating: 0, count: encoder.vectorSize)) {
                            zip($0, $1).map(+)
                        }
                    }
                }
            }
            #expect(senses.map(\.count) == [3, 3])
            let across = senses[0].flatMap { a in senses[1].map { cosine(a, $0) } }
            for (index, sense) in senses.enumerated() {
                let within = [(0, 1), (0, 2), (1, 2)].map { cosine(sense[$0.0], sense[$0.1]) }
                #expect(mean(within) > mean(across), "\(word.word), sense \(index)")
            }
        }
    }

    private func cosine(_ a: [Float], _ b: [Float]) -> Double {
        func dot(_ a: [Float], _ b: [Float]) -> Double {
            zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }

    private func mean(_ values: [Double]) -> Double {
        values.reduce(0, +) / Double(values.count)
    }
}
