import Foundation
import SesameTensor
import SesameTestSupport
import Testing

@Suite struct SafeTensorsTests {
    /// A folder that is removed after `body`.
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private let tensors: [(name: String, tensor: Tensor)] = [
        ("z.weight", Tensor([1, -2.5, 3.25, 1e-20, 3e38, 0.1], shape: [2, 3])),
        ("a \"quoted\" \\ ünïcode\n", Tensor([7], shape: [])),
        ("empty", Tensor([], shape: [0, 4])),
    ]

    @Test("What is written is read back, bit by bit, in order")
    func roundTrip() throws {
        try withFolder { folder in
            let url = folder.appendingPathComponent("model.safetensors")
            try SafeTensors.write(tensors, metadata: ["format": "pt", "b": "ü\"\u{1}"], to: url)
            let file = try SafeTensorsFile(url)
            #expect(file.names == tensors.map(\.name))
            #expect(file.metadata == ["format": "pt", "b": "ü\"\u{1}"])
            for (name, tensor) in tensors {
                let read = try file.tensor(named: name)
                #expect(read.shape == tensor.shape && file.sizes(of: name) == Array(tensor.shape))
                #expect(bitDifference(read.scalars, from: tensor.scalars) == nil)
            }
            #expect(try SafeTensors.read(url).count == 3)
            // The file is replaced, and nothing is left beside it.
            let first = try Data(contentsOf: url)
            try SafeTensors.write(tensors, metadata: ["b": "ü\"\u{1}", "format": "pt"], to: url)
            #expect(try Data(contentsOf: url) == first)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path)
                    == ["model.safetensors"])
        }
    }

    @Test("Half the bytes, rounded", arguments: [SafeTensors.Storage.bfloat16, .float16])
    func halfStorage(_ storage: SafeTensors.Storage) throws {
        try withFolder { folder in
            let url = folder.appendingPathComponent("half.safetensors")
            let tensor = Tensor.normal([70_001], key: RandomKey(seed: 1))
            try SafeTensors.write([("x", tensor)], to: url, storage: storage)
            let read = try SafeTensorsFile(url).tensor(named: "x")
            #expect(
                difference(
                    read.scalars, from: tensor.scalars, absolute: 1e-7,
                    relative: storage == .bfloat16 ? 0x1p-8 : 0x1p-11) == nil)
            #expect(try Data(contentsOf: url).count < 2 * 70_001 + 200)
        }
    }

    @Test("Every float type is converted, integers become ids")
    func types() throws {
        try withFolder { folder in
            let url = folder.appendingPathComponent("types.safetensors")
            let header = """
                {"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},\
                "b":{"dtype":"BF16","shape":[1],"data_offsets":[4,6]},\
                "d":{"dtype":"F64","shape":[1],"data_offsets":[6,14]},\
                "i":{"dtype":"I64","shape":[1,2],"data_offsets":[14,30]},\
                "j":{"dtype":"I32","shape":[1],"data_offsets":[30,34]},\
                "u":{"dtype":"U8","shape":[1],"data_offsets":[34,35]}}
                """
            var data: [UInt8] = [0x00, 0x3C, 0x00, 0xC1, 0x40, 0x40]
            withUnsafeBytes(of: 0.5.bitPattern.littleEndian) { data += $0 }
            for id in [Int64(5), -1] { withUnsafeBytes(of: id.littleEndian) { data += $0 } }
            data += [9, 0, 0, 0, 1]
            try write(header: Array(header.utf8), data: data, to: url)
            let file = try SafeTensorsFile(url)
            #expect(try file.tensor(named: "h").scalars == [1, -2.5])
            #expect(try file.tensor(named: "b").scalars == [3])
            #expect(try file.tensor(named: "d").scalars == [0.5])
            #expect(try file.ids(named: "i") == IDTensor([[5, -1]]))
            #expect(try file.ids(named: "j").scalars == [9])
            #expect(try SafeTensors.read(url).keys.sorted() == ["b", "d", "h"])
            expect(.unsupportedType, "'u': expected elements of type F32") {
                _ = try file.tensor(named: "u")
            }
            expect(.unsupportedType, "expected elements of type I32 or I64, found F16") {
                _ = try file.ids(named: "h")
            }
            expect(.missingTensor, "expected a tensor 'x', found h, b, d, i, j, u") {
                _ = try file.tensor(named: "x")
            }
        }
    }

    /// One malformed header a row: what it is, its text, and what the error must say.
    static let malformed: [(header: String, dataSize: Int, message: String)] = [
        ("", 0, "expected a value at byte 8, found its end"),
        ("[]", 0, "expected a JSON object as header"),
        ("{} x", 0, "expected the end of the header at byte 11, found 'x'"),
        ("{", 0, "expected '\"' at byte 9, found its end"),
        ("{\"a\":{}}", 0, "'a': expected one member 'dtype', found 0"),
        ("{\"a\":3}", 0, "'a': expected an object"),
        (entry("a", "F31", "[1]", "[0,4]"), 4, "'a': expected a dtype such as F32"),
        (entry("a", "F32", "[1]", "[0,8]"), 8, "expected 1 elements of 4 bytes"),
        (entry("a", "F32", "[-1]", "[0,4]"), 4, "whole numbers from 0 in shape, found -1"),
        (entry("a", "F32", "[1.5]", "[0,4]"), 4, "whole numbers from 0 in shape, found 1.5"),
        (entry("a", "F32", "[\"1\"]", "[0,4]"), 4, "whole numbers from 0 in shape, found '1'"),
        (entry("a", "F32", "1", "[0,4]"), 4, "expected an array as shape, found 1"),
        (
            entry("a", "F32", "[99999999999999999999]", "[0,4]"), 4,
            "whole numbers from 0 in shape, found 99999999999999999999"
        ),
        (
            entry("a", "F32", "[4611686018427387904,4,0]", "[0,0]"), 0,
            "a shape whose elements can be counted"
        ),
        (
            entry("a", "F32", "[4611686018427387904]", "[0,0]"), 0,
            "expected 4611686018427387904 elements of 4 bytes"
        ),
        (entry("a", "F32", "[1]", "[0]"), 4, "expected data_offsets [begin, end], found [0]"),
        (entry("a", "F32", "[1]", "[4,0]"), 4, "expected data_offsets [begin, end]"),
        (entry("a", "F32", "[1]", "[0,3]"), 3, "found 3 bytes at [0, 3]"),
        (entry("a", "F32", "[1]", "[2,6]"), 6, "'a': expected its bytes to begin at 0"),
        (entry("a", "F32", "[2]", "[0,8]"), 4, "'a': expected its bytes to end by 4"),
        (
            entry("a", "F32", "[1]", "[9223372036854775803,9223372036854775807]"), 4,
            "'a': expected its bytes to begin at 0"
        ),
        (
            entry("a", "F32", "[1]", "[0,4]"), 8,
            "expected 4 bytes of tensors after the header, found 8"
        ),
        (
            joined(entry("a", "F32", "[2]", "[0,8]"), entry("b", "F32", "[1]", "[4,8]")), 8,
            "'b': expected its bytes to begin at 8, the end of 'a'"
        ),
        (
            joined(entry("a", "F32", "[1]", "[0,4]"), entry("a", "F32", "[1]", "[0,4]")), 4,
            "'a': expected each name once in the header, found it twice"
        ),
        ("{\"__metadata__\":[]}", 0, "expected an object as __metadata__"),
        ("{\"__metadata__\":{\"a\":1}}", 0, "expected text as __metadata__ value 'a'"),
        ("{\"\\ud800\":1}", 0, "expected a Unicode character"),
        ("{\"\\q\":1}", 0, "expected a known escape"),
        (String(repeating: "[", count: 100_000), 0, "expected less nesting"),
        ("{\"a\":tru}", 0, "expected 'true'"),
        ("{\"a\":1e999e}", 0, "expected a number"),
    ]

    @Test("Malformed headers are refused, with what and where", arguments: malformed)
    func malformedHeaders(_ row: (header: String, dataSize: Int, message: String)) throws {
        try withFolder { folder in
            let url = folder.appendingPathComponent("bad.safetensors")
            let data = [UInt8](repeating: 0, count: row.dataSize)
            try write(header: Array(row.header.utf8), data: data, to: url)
            let error = expect(.malformedFile, row.message) { _ = try SafeTensorsFile(url) }
            #expect(error?.description.hasPrefix(url.path + ": ") == true)
            #expect(error?.description.contains("\n") == false)
        }
    }

    @Test("Bytes that are no text, and files that are too short")
    func damagedFiles() throws {
        try withFolder { folder in
            let url = folder.appendingPathComponent("bad.safetensors")
            try write(header: [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], data: [], to: url)
            expect(.malformedFile, "a string in UTF-8") { _ = try SafeTensorsFile(url) }
            try Data().write(to: url)
            expect(.malformedFile, "found a file of 0 bytes") { _ = try SafeTensorsFile(url) }
            try Data([9, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D]).write(to: url)
            expect(.malformedFile, "found a header length of 9") { _ = try SafeTensorsFile(url) }
            try Data([UInt8](repeating: 0xFF, count: 64)).write(to: url)
            expect(.malformedFile, "header length of 18446744073709551615") {
                _ = try SafeTensorsFile(url)
            }
            expect(.file, "cannot read: it is not a file") { _ = try SafeTensorsFile(folder) }
            expect(.file, "cannot open: No such file") {
                _ = try SafeTensorsFile(folder.appendingPathComponent("none"))
            }
        }
    }

    @Test("Cuts of a good file, and random damage to its header, are an error or a good read")
    func fuzz() throws {
        try withFolder { folder in
            let url = folder.appendingPathComponent("good.safetensors")
            try SafeTensors.write(tensors, metadata: ["k": "v"], to: url)
            let good = try Data(contentsOf: url)
            for length in stride(from: 0, to: good.count, by: 3) {
                try good.prefix(length).write(to: url)
                #expect(throws: TensorError.self, "\(length) bytes") { try SafeTensorsFile(url) }
            }
            var generator = RandomGenerator(seed: 1)
            for _ in 0..<300 {
                var bytes = good
                for _ in 0..<3 {
                    bytes[generator.next(below: min(bytes.count, 300))] = UInt8(
                        generator.next(below: 256))
                }
                try bytes.write(to: url)
                do {
                    _ = try SafeTensors.read(url)
                } catch {
                    #expect(error is TensorError)
                }
            }
        }
    }

    @Test("Writing refuses bad names and folders, and leaves nothing behind")
    func writeErrors() throws {
        try withFolder { folder in
            let url = folder.appendingPathComponent("x.safetensors")
            expect(.malformedFile, "unique names") {
                try SafeTensors.write([("a", Tensor(1)), ("a", Tensor(2))], to: url)
            }
            expect(.malformedFile, "unique names") {
                try SafeTensors.write([("__metadata__", Tensor(1))], to: url)
            }
            expect(.file, "cannot write: No such file") {
                try SafeTensors.write(
                    [("a", Tensor(1))], to: folder.appendingPathComponent("none/x.safetensors"))
            }
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            expect(.file, "cannot replace") {
                try SafeTensors.write([("a", Tensor(1))], to: url)
            }
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path)
                    == ["x.safetensors"])
        }
    }

    // MARK: Helpers

    private static func entry(_ name: String, _ type: String, _ shape: String, _ offsets: String)
        -> String
    {
        "{\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}}"
    }

    private static func joined(_ first: String, _ second: String) -> String {
        first.dropLast() + "," + second.dropFirst()
    }

    private func write(header: [UInt8], data: [UInt8], to url: URL) throws {
        let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
        try Data(length + header + data).write(to: url)
    }

    @discardableResult
    private func expect(
        _ code: TensorError.Code, _ message: String,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () throws -> Void
    ) -> TensorError? {
        let error = #expect(throws: TensorError.self, sourceLocation: sourceLocation) { try body() }
        #expect(error?.code == code, sourceLocation: sourceLocation)
        #expect(
            error?.description.contains(message) == true, "\(error?.description ?? "no error")",
            sourceLocation: sourceLocation)
        return error
    }
}
