import CSesameKernels
import SesameTensor
import SesameText

/// Reads fastText's `.bin` files, of any kind of model: words, n-grams and the input matrix.
///
/// The file: magic number and version; the arguments; the dictionary with its entries and, where it was pruned, which
/// buckets were kept; the input matrix, words first and n-grams' buckets behind them; then the output matrix, which is
/// not needed. A listed word's vector is the mean of its own row and those of its n-grams, as fastText's
/// `getWordVector` has it.
struct FastTextReader {
    let file: MappedFile
    let keeps: RowFilter?

    private static let magic: Int32 = 793_712_314

    static func isFastText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 4
            && Int32(littleEndian: bytes.loadUnaligned(as: Int32.self)) == magic
    }

    /// The file's bytes from the start on; a read beyond the end throws.
    private struct Cursor {
        let bytes: UnsafeRawBufferPointer
        let path: String
        var position = 0

        mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(
            _: Number.Type, _ what: String
        ) throws(VectorError) -> Number {
            guard bytes.count - position >= MemoryLayout<Number>.size else {
                throw truncated(what)
            }
            defer { position += MemoryLayout<Number>.size }
            return Number(
                littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
        }

        func truncated(_ what: String) -> VectorError {
            VectorError(
                .malformed(
                    path: path, place: nil, expected: what,
                    found: "the file's end at byte \(bytes.count)"))
        }
    }

    private struct Words {
        var listed: RowWords
        var counts: [Int] = []
        /// The input matrix's row of each kept word.
        var rows: [Int] = []
    }

    func read() throws(VectorError) -> VectorTable {
        var cursor = Cursor(bytes: file.bytes, path: file.path)
        guard try cursor.integer(Int32.self, "fastText's magic number") == Self.magic else {
            throw malformed(nil, expected: "fastText's magic number", found: "another")
        }
        let version = try cursor.integer(Int32.self, "a version")
        guard version == 11 || version == 12 else {
            throw VectorError(
                .unsupported(
                    path: file.path, problem: "it is of fastText's version \(version)",
                    remedy: "versions 11 and 12 are read"))
        }
        var arguments: [Int] = []
        for name in [
            "dim", "ws", "epoch", "minCount", "neg", "wordNgrams", "loss", "model", "bucket",
            "minn", "maxn", "lrUpdateRate",
        ] {
            arguments.append(Int(try cursor.integer(Int32.self, "the argument \(name)")))
        }
        _ = try cursor.integer(UInt64.self, "the argument t")
        let (width, isSupervised) = (arguments[0], arguments[7] == 3)
        // Supervised models of version 11 had no n-grams.
        let longest = version == 11 && isSupervised ? 0 : arguments[10]

        let size = Int(try cursor.integer(Int32.self, "the size of the dictionary"))
        let wordCount = Int(try cursor.integer(Int32.self, "the number of words"))
        let labelCount = Int(try cursor.integer(Int32.self, "the number of labels"))
        _ = try cursor.integer(Int64.self, "the number of tokens")
        let prunedCount = Int(try cursor.integer(Int64.self, "the number of kept n-grams"))
        guard wordCount > 0, labelCount >= 0, size == wordCount + labelCount,
            size <= file.bytes.count / 10
        else {
            throw malformed(
                "dictionary", expected: "as many entries as words and labels",
                found: "\(size) entries, \(wordCount) words and \(labelCount) labels")
        }
        let words = try words(size: size, wordCount: wordCount, &cursor)
        var kept: [Int32: Int32]?
        if prunedCount >= 0 {
            guard prunedCount <= file.bytes.count / 8 else {
                throw malformed(
                    "dictionary", expected: "kept n-grams within the file",
                    found: "\(prunedCount)")
            }
            var rows: [Int32: Int32] = [:]
            for _ in 0..<prunedCount {
                let bucket = try cursor.integer(Int32.self, "a kept n-gram")
                let row = try cursor.integer(Int32.self, "a kept n-gram's row")
                guard row >= 0, Int(row) < prunedCount else {
                    throw malformed(
                        "dictionary", expected: "rows below \(prunedCount) of kept n-grams",
                        found: "\(row)")
                }
                rows[bucket] = row
            }
            kept = rows
        }
        let isQuantized = try cursor.integer(UInt8.self, "whether it is quantized") != 0
        guard !isQuantized else {
            throw VectorError(
                .unsupported(
                    path: file.path, problem: "a quantized fastText model holds no vectors as such",
                    remedy: "use the .bin file that it was made from"))
        }
        let rowCount = Int(try cursor.integer(Int64.self, "the input matrix's rows"))
        let columnCount = Int(try cursor.integer(Int64.self, "the input matrix's columns"))
        let gramRows = longest > 0 ? (kept == nil ? arguments[8] : prunedCount) : 0
        guard width > 0, width <= VectorHeader.widest, columnCount == width,
            rowCount >= wordCount + gramRows, gramRows >= 0,
            rowCount <= (file.bytes.count - cursor.position) / 4 / width
        else {
            throw malformed(
                "input matrix",
                expected: "\(wordCount + gramRows) rows of \(width) values within the file",
                found: "\(rowCount) of \(columnCount), and \(file.bytes.count - cursor.position) "
                    + "bytes")
        }
        let listed = try words.listed.vocabulary(counts: words.counts)
        let start = cursor.position
        var subwords: SubwordTable?
        if gramRows > 0 {
            let grams = try SubwordGrams(
                path: file.path, minimumLength: max(1, arguments[9]), maximumLength: longest,
                bucketCount: arguments[8])
            let values = try matrix(
                start + wordCount * width * 4, count: gramRows, width: width, first: wordCount)
            subwords = SubwordTable(grams: grams, rows: VectorRows(values), keptRows: kept)
        }
        return VectorTable(
            listed,
            rows: VectorRows(
                try values(
                    of: listed.vocabulary, listed.kept(words.rows), start: start, width: width,
                    subwords)),
            subwords: subwords)
    }

    private func words(
        size: Int, wordCount: Int, _ cursor: inout Cursor
    ) throws(VectorError) -> Words {
        var words = Words(
            listed: RowWords(path: file.path, capacity: 0, isFiltered: keeps != nil))
        let bytes = file.bytes.bindMemory(to: UInt8.self)
        for entry in 1...size {
            let start = cursor.position
            guard let end = bytes[start...].firstIndex(of: 0) else {
                throw cursor.truncated("entry \(entry) of \(size) of the dictionary")
            }
            cursor.position = end + 1
            let what = "the count of entry \(entry) of \(size)"
            let count = Int(try cursor.integer(Int64.self, what))
            let isLabel = try cursor.integer(UInt8.self, what) != 0
            guard isLabel == (entry > wordCount) else {
                throw malformed(
                    "entry \(entry) of \(size)", expected: "\(wordCount) words before all labels",
                    found: "a \(isLabel ? "label" : "word")")
            }
            guard !isLabel else { continue }
            let word = UnsafeBufferPointer(rebasing: bytes[start..<end])
            if keeps?(word) ?? true {
                try words.listed.add(word, place: "row \(entry) of \(wordCount)")
                words.counts.append(count)
                words.rows.append(entry - 1)
            }
        }
        return words
    }

    /// Rows of the input matrix that lie together, copied to where floats may lie, and checked.
    private func matrix(
        _ start: Int, count: Int, width: Int, first: Int
    ) throws(VectorError) -> Tensor {
        let tensor = Tensor(unsafeUninitializedShape: [count, width]) { target in
            let target = UnsafeMutableRawBufferPointer(target)
            parallelBlocks(target.count, of: 1 << 20) { _, range in
                let from = start + range.lowerBound..<start + range.upperBound
                UnsafeMutableRawBufferPointer(rebasing: target[range]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: file.bytes[from]))
            }
        }
        try check(tensor, first: first)
        return tensor
    }

    private func check(_ tensor: Tensor, first: Int) throws(VectorError) {
        let width = tensor.shape[1]
        let bad = tensor.withUnsafeBufferPointer { values in
            sesame_all_finite(values.count, values.baseAddress)
                ? nil : values.firstIndex { !$0.isFinite }
        }
        if let bad {
            throw malformed(
                "row \(first + bad / width + 1)", expected: "finite values",
                found: "another as value \(bad % width + 1)")
        }
    }

    /// The vectors of listed words: the means of their rows and their n-grams'.
    private func values(
        of vocabulary: Vocabulary, _ rows: [Int], start: Int, width: Int, _ subwords: SubwordTable?
    ) throws(VectorError) -> Tensor {
        let tensor = Tensor(unsafeUninitializedShape: [rows.count, width]) { target in
            parallelBlocks(rows.count, of: 256) { _, range in
                var sum = [Float](repeating: 0, count: width)
                for row in range {
                    let offset = start + rows[row] * width * 4
                    for place in 0..<width {
                        sum[place] = file.bytes.loadUnaligned(
                            fromByteOffset: offset + place * 4, as: Float.self)
                    }
                    let grams =
                        subwords.map { table in
                            vocabulary.withBytes(of: Int32(row)) { table.rows(of: $0) }
                        } ?? []
                    subwords?.add(grams, to: &sum)
                    let share = 1 / Float(grams.count + 1)
                    for place in 0..<width { target[row * width + place] = sum[place] * share }
                }
            }
        }
        try check(tensor, first: 0)
        return tensor
    }

    private func malformed(_ place: String?, expected: String, found: String) -> VectorError {
        VectorError(.malformed(path: file.path, place: place, expected: expected, found: found))
    }
}
