import Foundation
import SesameVectors
import Testing

/// Files beside the tests; see Goldens/make_goldens.py.
enum VectorGoldens {
    static func url(_ name: String) throws -> URL {
        try #require(
            Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Goldens"))
    }

    static func json<Value: Decodable>(_ name: String, as _: Value.Type) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(contentsOf: url(name)))
    }
}

/// A folder of a test's own, gone with it.
final class VectorScratch {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-vectors-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ content: Data, name: String = "vectors") throws -> URL {
        let file = url.appendingPathComponent(name)
        try content.write(to: file)
        return file
    }
}

/// Bytes of files as other programs write them.
enum VectorBytes {
    static func little(_ values: any FixedWidthInteger...) -> Data {
        var data = Data()
        for value in values { append(value, to: &data) }
        return data
    }

    private static func append(_ value: some FixedWidthInteger, to data: inout Data) {
        withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
    }

    static func floats(_ values: [Float]) -> Data {
        values.reduce(into: Data()) { append($1.bitPattern, to: &$0) }
    }

    static func binary(
        _ words: [(String, [Float])], lineBreaks: Bool = true, count: Int? = nil, width: Int? = nil
    ) -> Data {
        var data = Data("\(count ?? words.count) \(width ?? words.first?.1.count ?? 0)\n".utf8)
        for (word, vector) in words {
            data.append(Data("\(word) ".utf8))
            data.append(floats(vector))
            if lineBreaks { data.append(UInt8(ascii: "\n")) }
        }
        return data
    }

    /// A fastText model of two words and some n-grams, in which single things can be wrong.
    struct FastText {
        var magic: Int32 = 793_712_314
        var version: Int32 = 12
        var width: Int32 = 2
        var buckets: Int32 = 3
        var entries: [(word: String, count: Int64, type: Int8)] = [("cat", 5, 0), ("</s>", 2, 0)]
        var wordCount: Int32 = 2
        var labelCount: Int32 = 0
        var pruned: [(Int32, Int32)]?
        var isQuantized: UInt8 = 0
        var rows: [[Float]] = [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]
        var rowCount: Int64?

        var data: Data {
            var data = little(magic, version)
            // dim ws epoch minCount neg wordNgrams loss model bucket minn maxn lrUpdateRate, then t
            data += little(width, Int32(5), Int32(1), Int32(1), Int32(5), Int32(1), Int32(2))
            data += little(Int32(2), buckets, Int32(3), Int32(4), Int32(100), UInt64(0))
            data += little(Int32(entries.count), wordCount, labelCount, Int64(7))
            data += little(Int64(pruned?.count ?? -1))
            for entry in entries {
                data += Data(entry.word.utf8) + [0] + little(entry.count, entry.type)
            }
            for (bucket, row) in pruned ?? [] { data += little(bucket, row) }
            data += little(isQuantized, rowCount ?? Int64(rows.count), Int64(width))
            for row in rows { data += floats(row) }
            return data
        }
    }
}
