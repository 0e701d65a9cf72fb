import Foundation
import SesameTestSupport
import SesameText
import Testing

/// Unicode's own test files. ICU's version of Unicode is another than the files', so what is expected to
/// differ is named here, case by case.
@Suite struct UnicodeConformanceTests {
    /// A line of a break test: the text, and the byte offsets at which it may be broken.
    private struct BreakCase {
        let line: Int
        let text: String
        let boundaries: [Int]
        let scalars: [UInt32]

        /// Whether the file has no boundary before a colon.
        var hasJoiningColon: Bool {
            scalars.firstIndex(of: 0x3A).map { place in
                !boundaries.contains(SesameTextTests.text(Array(scalars[..<place])).utf8.count)
            } ?? false
        }

        /// What changed between ICU 72 (Unicode 15) and the file (Unicode 17): the colon of CLDR,
        /// characters whose properties changed (U+06DD, U+070F, U+2701), and conjuncts of further
        /// scripts in the grapheme rules (Gujarati to Khmer).
        var isNewerThanICU: Bool {
            hasJoiningColon
                || scalars.contains {
                    switch $0 {
                    case 0x06DD, 0x070F, 0x2701, 0x0900...0x0DFF, 0x1000...0x109F, 0x1780...0x17FF,
                        0x1A20...0x1AAF, 0x1B00...0x1BFF:
                        true
                    default: false
                    }
                }
        }
    }

    private static func breakCases(_ file: String) throws -> [BreakCase] {
        let url = try #require(TestData.file(file))
        let content = try String(contentsOf: url, encoding: .utf8)
        var cases: [BreakCase] = []
        for (index, line) in content.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let data = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard !data.isEmpty else { continue }
            var (boundaries, scalars): ([Int], [UInt32]) = ([], [])
            var offset = 0
            for word in data {
                switch word {
                case "÷": boundaries.append(offset)
                case "×": break
                default:
                    let scalar = try #require(
                        UInt32(word, radix: 16).flatMap(Unicode.Scalar.init))
                    scalars.append(scalar.value)
                    offset += String(Character(scalar)).utf8.count
                }
            }
            cases.append(
                BreakCase(
                    line: index + 1, text: SesameTextTests.text(scalars), boundaries: boundaries,
                    scalars: scalars))
        }
        return cases
    }

    private static func isAssigned(_ scalars: [UInt32]) -> Bool {
        scalars.allSatisfy {
            Unicode.Scalar($0).map { CharacterProperties.generalCategory(of: $0) } != .unassigned
        }
    }

    private static let hasData = TestData.file("unicode/conformance-14.0/WordBreakTest.txt") != nil

    @Test(
        "Break tests of Unicode 14", .enabled(if: hasData, "SESAME_DATA is not set"),
        arguments: [
            (Segmenter.Boundary.grapheme, "GraphemeBreakTest", 602),
            (.word, "WordBreakTest", 1823), (.sentence, "SentenceBreakTest", 502),
        ])
    func breaks14(boundary: Segmenter.Boundary, file: String, count: Int) throws {
        let cases = try Self.breakCases("unicode/conformance-14.0/\(file).txt")
        #expect(cases.count == count)
        let segmenter = try Segmenter()
        var differing: [Int] = []
        for item in cases {
            let segments = segmenter.segments(boundary, in: item.text)
            if [0] + segments.map(\.range.upperBound) != item.boundaries {
                differing.append(item.line)
            }
        }
        // ICU follows CLDR's root locale, in which a colon no longer joins letters (CLDR 42).
        let colons = cases.filter { boundary == .word && $0.hasJoiningColon }.map(\.line)
        #expect(differing == colons || differing == [], "\(file): lines \(differing)")
    }

    @Test(
        "Break tests of Unicode 17, where all characters are known",
        .enabled(if: hasData, "SESAME_DATA is not set"),
        arguments: [
            (Segmenter.Boundary.grapheme, "GraphemeBreakTest"), (.word, "WordBreakTest"),
            (.sentence, "SentenceBreakTest"),
        ])
    func breaks17(boundary: Segmenter.Boundary, file: String) throws {
        let segmenter = try Segmenter()
        var differing: [Int] = []
        let cases = try Self.breakCases("unicode/conformance-17.0/\(file).txt")
        for item in cases
        where Self.isAssigned(item.scalars) && !item.isNewerThanICU {
            let segments = segmenter.segments(boundary, in: item.text)
            if [0] + segments.map(\.range.upperBound) != item.boundaries {
                differing.append(item.line)
            }
        }
        #expect(differing == [], "\(file): lines that differ")
    }

    @Test(
        "The normalization test of Unicode 17, where all characters are known",
        .enabled(
            if: TestData.file("unicode/conformance-17.0/NormalizationTest.txt") != nil,
            "SESAME_DATA is not set"))
    func normalization() throws {
        let url = try #require(TestData.file("unicode/conformance-17.0/NormalizationTest.txt"))
        let content = try String(contentsOf: url, encoding: .utf8)
        func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
        var (count, skipped) = (0, 0)
        for line in content.split(separator: "\n") {
            let fields = line.prefix { $0 != "#" }.split(separator: ";")
            guard fields.count >= 5, !line.hasPrefix("@") else { continue }
            let columns = fields.prefix(5).map { field in
                field.split(separator: " ").compactMap { UInt32($0, radix: 16) }
            }
            guard columns.allSatisfy(Self.isAssigned) else {
                skipped += 1
                continue
            }
            let c = columns.map(text)
            count += 1
            for (index, source) in c.enumerated() {
                let canonical = index < 3
                let ok =
                    same(TextNormalization.normalize(source, .nfc), canonical ? c[1] : c[3])
                    && same(TextNormalization.normalize(source, .nfd), canonical ? c[2] : c[4])
                    && same(TextNormalization.normalize(source, .nfkc), c[3])
                    && same(TextNormalization.normalize(source, .nfkd), c[4])
                #expect(ok, "\(line.prefix(60))")
                // The account of what came from where does not change the text.
                var aligned = AlignedText(source)
                aligned.normalize(.nfd)
                #expect(same(aligned.text, canonical ? c[2] : c[4]))
                let size = source.utf8.count
                #expect(
                    aligned.bytes.indices.allSatisfy {
                        let origin = aligned.originalRange($0..<$0 + 1)
                        return !origin.isEmpty && origin.upperBound <= size
                    })
            }
            #expect(TextNormalization.isNormalized(c[1], .nfc))
            #expect(TextNormalization.isNormalized(c[4], .nfkd))
        }
        #expect(count > 19_000)
        #expect(skipped < 1000)
    }
}
