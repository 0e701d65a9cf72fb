import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension VectorTable {
    /// Writes the table; the file appears complete or not at all.
    ///
    /// Text holds the shortest decimal numbers that give back the same 32-bit floats. Formats other than
    /// safetensors keep neither n-grams nor counts.
    /// - Parameters:
    ///   - url: The file, which is replaced where it exists.
    ///   - format: Any but fastText's.
    /// - Throws: ``VectorError`` with code `.file`, or `.unsupportedFile` where a word holds a space or a line break,
    ///   which the format takes for a word's end.
    public func save(to url: URL, as format: VectorFormat) throws {
        switch format {
        case .safetensors: try SafeTensorsVectors.write(self, to: url)
        case .word2vecBinary: try write(to: url, hasHeader: true, appendBinary)
        case .word2vecText: try write(to: url, hasHeader: true, appendText)
        case .gloveText: try write(to: url, hasHeader: false, appendText)
        case .fastText:
            throw VectorError(
                .unsupported(
                    path: url.path, problem: "fastText's format is read, not written",
                    remedy: "write safetensors, which keeps n-grams too"))
        }
    }

    private func appendBinary(_ row: UnsafeBufferPointer<Float>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: UnsafeRawBufferPointer(row))
        bytes.append(UInt8(ascii: "\n"))
    }

    private func appendText(_ row: UnsafeBufferPointer<Float>, to bytes: inout [UInt8]) {
        for value in row {
            bytes.append(UInt8(ascii: " "))
            bytes.append(contentsOf: value.description.utf8)
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Writes rows in rounds of blocks, the blocks of a round on all threads.
    private func write(
        to url: URL, hasHeader: Bool,
        _ append: (UnsafeBufferPointer<Float>, inout [UInt8]) -> Void
    ) throws(VectorError) {
        try checkWords(url.path)
        let (blockSize, blocksInRound) = (max(1, 65_536 / width), 16)
        do {
            try SafeTensors.replaceFile(url.path) { file in
                if hasHeader { try file.write(Array("\(count) \(width)\n".utf8)) }
                let roundSize = blockSize * blocksInRound
                for start in stride(from: 0, to: count, by: roundSize) {
                    let end = min(start + roundSize, count)
                    let blocks = parallelMap((end - start + blockSize - 1) / blockSize) { block in
                        let first = start + block * blockSize
                        return content(first..<min(first + blockSize, end), append)
                    }
                    for block in blocks { try file.write(block) }
                }
            }
        } catch let error as TensorError {
            throw VectorError(.below(error))
        } catch {
            throw VectorError(.file(path: url.path, operation: "write", reason: "\(error)"))
        }
    }

    private func content(
        _ range: Range<Int>, _ append: (UnsafeBufferPointer<Float>, inout [UInt8]) -> Void
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count * (width * 4 + 16))
        withUnsafeValues { values in
            for row in range {
                vocabulary.withBytes(of: Int32(row)) { bytes.append(contentsOf: $0) }
                append(
                    UnsafeBufferPointer(rebasing: values[row * width..<(row + 1) * width]), &bytes)
            }
        }
        return bytes
    }

    private func checkWords(_ path: String) throws(VectorError) {
        for id in 0..<Int32(count) {
            let isSplit = vocabulary.withBytes(of: id) { word in
                word.contains { $0 == 0x20 || $0 >= 0x09 && $0 <= 0x0D }
            }
            guard !isSplit else {
                throw VectorError(
                    .unsupported(
                        path: path,
                        problem:
                            "word \(id + 1) holds a space or a line break, which ends words there",
                        remedy: "write safetensors"))
            }
        }
    }
}
