import Foundation
import SesameVectors
import Testing

/// What a fuzzer does, in small: damaged files are an error or a good read.
struct VectorDamageTests {
    static let files: [String: [UInt8]] = {
        let words: [(String, [Float])] = [
            ("the", [1, 2]), ("naïve", [0.25, 4e-7]), ("new york", [5, 6]), ("cat", [-1, 0]),
        ]
        let text = words.map { "\($0.0) \($0.1[0]) \($0.1[1])\n" }.joined()
        var pruned = VectorBytes.FastText()
        pruned.pruned = [(1, 0)]
        pruned.rows.removeLast(2)
        return [
            "glove": Array(text.utf8), "word2vec-text": Array("4 2\n\(text)".utf8),
            "word2vec": Array(VectorBytes.binary(words.filter { $0.0 != "new york" })),
            "fasttext": Array(VectorBytes.FastText().data), "pruned": Array(pruned.data),
        ]
    }()

    @Test(arguments: ["glove", "word2vec-text", "word2vec", "fasttext", "pruned"])
    func damageIsAnErrorOrAGoodRead(name: String) throws {
        let bytes = try #require(Self.files[name])
        let scratch = try VectorScratch()
        let copy = scratch.url.appendingPathComponent("copy")
        var files = [bytes]
        // Our own format, made of this one.
        let whole = try VectorTable.load(scratch.file(Data(bytes)))
        try whole.save(to: copy, as: .safetensors)
        files.append(Array(try Data(contentsOf: copy)))
        var state: UInt64 = 7
        func random(below limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var readable = 0
        for round in 0..<600 {
            var damaged = files[round % files.count]
            switch round % 5 {
            case 0: damaged.removeLast(random(below: damaged.count))
            case 1: damaged.insert(UInt8(random(below: 256)), at: random(below: damaged.count))
            case 2:
                let start = random(below: damaged.count)
                damaged.removeSubrange(
                    start..<min(damaged.count, start + 1 + random(below: 8)))
            default:
                for _ in 0...random(below: 3) {
                    damaged[random(below: damaged.count)] = UInt8(random(below: 256))
                }
            }
            let file = try scratch.file(Data(damaged), name: "damaged")
            for format in [nil] + VectorFormat.allCases.map({ $0 as VectorFormat? }) {
                do {
                    let table = try VectorTable.load(file, format: format)
                    readable += 1
                    #expect(table.count > 0 && table.width > 0)
                    #expect(table.values.elementCount == table.count * table.width)
                    _ = table.vector(of: "unheard")
                } catch let error as VectorError {
                    #expect(error.description.contains("damaged"), "\(error)")
                }
            }
        }
        #expect(readable > 20, "\(readable) of \(name)")
    }
}
