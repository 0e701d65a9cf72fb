/// A small picture of weights as a PNG: one colour, the more opaque the larger the weight, in sixteen steps.
///
/// The bytes are stored rather than compressed, four bits a square, which a page of many small pictures can bear.
struct ShadePicture {
    /// Weights from 0 to 1, row by row.
    let weights: [Float]
    /// Squares a row.
    let width: Int

    init(weights: [Float], width: Int) {
        precondition(
            width > 0 && !weights.isEmpty && weights.count.isMultiple(of: width),
            "\(weights.count) weights in rows of \(width)")
        self.weights = weights
        self.width = width
    }

    /// The picture for an element's `src`.
    var dataURI: String { "data:image/png;base64," + Self.base64(png) }

    /// The file.
    var png: [UInt8] {
        let height = weights.count / width
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        // Four bits a square, colours by number.
        file += Self.chunk("IHDR", Self.bytes(width) + Self.bytes(height) + [4, 3, 0, 0, 0])
        file += Self.chunk("PLTE", (0..<16).flatMap { _ in Self.colour })
        file += Self.chunk("tRNS", (0..<16).map { $0 * 17 })
        file += Self.chunk("IDAT", Self.stored(rows))
        return file + Self.chunk("IEND", [])
    }

    /// A blue that shows on white and on black.
    private static let colour: [UInt8] = [0x3B, 0x82, 0xF6]

    /// Each row begins with the number of its filter, which is none.
    private var rows: [UInt8] {
        stride(from: 0, to: weights.count, by: width).flatMap { start -> [UInt8] in
            let levels = weights[start..<start + width].map {
                UInt8((max(0, min(1, $0)) * 15).rounded())
            }
            return [0]
                + stride(from: 0, to: width, by: 2).map { place in
                    levels[place] << 4 | (place + 1 < width ? levels[place + 1] : 0)
                }
        }
    }

    /// Four bytes, the highest first.
    private static func bytes(_ value: Int) -> [UInt8] { bytes(UInt32(value)) }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        stride(from: 24, through: 0, by: -8).map { UInt8(value >> UInt32($0) & 0xFF) }
    }

    private static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + content
        return bytes(content.count) + body + bytes(checksum(body))
    }

    /// CRC-32 as PNG and zlib have it.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in
                value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0)
            }
        }
    }

    /// A zlib stream of stored blocks, with its Adler-32.
    private static func stored(_ content: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in content {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        for start in stride(from: 0, to: content.count, by: 65535) {
            let block = content[start..<min(start + 65535, content.count)]
            let count = UInt16(block.count)
            stream.append(block.endIndex == content.count ? 1 : 0)
            for value in [count, ~count] { stream += [UInt8(value & 0xFF), UInt8(value >> 8)] }
            stream += block
        }
        return stream + bytes(b << 16 | a)
    }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func base64(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let value =
                group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                result.append(
                    place <= group.count
                        ? alphabet[Int(value >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
