import CSesameKernels
import SesameTensor

/// Reads word2vec's binary format.
///
/// Where a row begins is known only after the one before, so one pass finds all rows, touching their words
/// alone; values are copied, and checked, on all threads after it.
struct BinaryVectorReader {
    let file: MappedFile
    let keeps: RowFilter?

    private struct Row {
        var values: Int
        var number: Int
    }

    func read() throws(VectorError) -> VectorTable {
        let bytes = file.bytes.bindMemory(to: UInt8.self)
        guard let header = VectorHeader(file.bytes) else {
            throw malformed(
                "line 1", expected: "how many words and values a word",
                found: "no two whole numbers")
        }
        try header.check(path: file.path, size: bytes.count, bytesPerValue: 4)
        let valueBytes = header.width * 4
        var words = RowWords(
            path: file.path, capacity: keeps == nil ? header.count : 0, isFiltered: keeps != nil)
        var rows: [Row] = []
        rows.reserveCapacity(keeps == nil ? header.count : 0)
        var position = header.end
        for number in 1...header.count {
            // gensim puts no line break after a vector, word2vec does.
            if position < bytes.count, bytes[position] == UInt8(ascii: "\n") { position += 1 }
            let start = position
            while position < bytes.count, bytes[position] != UInt8(ascii: " ") { position += 1 }
            guard bytes.count - position - 1 >= valueBytes else {
                throw malformed(
                    "row \(number) of \(header.count)",
                    expected: "a word, a space and \(valueBytes) bytes of values",
                    found: "the file's end after \(bytes.count - start) bytes")
            }
            let word = UnsafeBufferPointer(rebasing: bytes[start..<position])
            if keeps?(word) ?? true {
                try words.add(word, place: "row \(number) of \(header.count)")
                rows.append(Row(values: position + 1, number: number))
            }
            position += 1 + valueBytes
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: "\n") { position += 1 }
        guard position == bytes.count else {
            throw malformed(
                nil, expected: "\(header.count) rows of \(header.width) values as line 1 announces",
                found: "\(bytes.count - position) bytes more")
        }
        let kept = try words.vocabulary()
        return VectorTable(
            kept, rows: VectorRows(try values(of: kept.kept(rows), header)), subwords: nil)
    }

    /// Copies the rows' values on all threads.
    private func values(of rows: [Row], _ header: VectorHeader) throws(VectorError) -> Tensor {
        let width = header.width
        let source = file.bytes
        let blockSize = max(1, 65_536 / width)
        // Written by each block at its own place alone.
        var bad = [Int?](repeating: nil, count: (rows.count + blockSize - 1) / blockSize)
        let tensor = Tensor(unsafeUninitializedShape: [rows.count, width]) { target in
            let target = UnsafeMutableRawBufferPointer(target)
            bad.withUnsafeMutableBufferPointer { bad in
                parallelBlocks(rows.count, of: blockSize) { block, range in
                    for row in range {
                        let start = rows[row].values
                        let place = UnsafeMutableRawBufferPointer(
                            rebasing: target[row * width * 4..<(row + 1) * width * 4])
                        place.copyMemory(
                            from: UnsafeRawBufferPointer(
                                rebasing: source[start..<start + width * 4]))
                        let floats = place.assumingMemoryBound(to: Float.self)
                        if !sesame_all_finite(width, floats.baseAddress), bad[block] == nil {
                            bad[block] = row
                        }
                    }
                }
            }
        }
        if let row = bad.lazy.compactMap({ $0 }).first {
            throw malformed(
                "row \(rows[row].number) of \(header.count)", expected: "finite values",
                found: tensor.withUnsafeBufferPointer { values in
                    let first = (0..<width).first { !values[row * width + $0].isFinite } ?? 0
                    return "\(values[row * width + first]) as value \(first + 1)"
                })
        }
        return tensor
    }

    private func malformed(_ place: String?, expected: String, found: String) -> VectorError {
        VectorError(.malformed(path: file.path, place: place, expected: expected, found: found))
    }
}
