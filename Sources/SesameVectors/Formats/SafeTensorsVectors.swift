import SesameTensor
import SesameText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Our own format: a safetensors file that holds words beside vectors.
enum SafeTensorsVectors {
    private static let vectors = "vectors"
    private static let words = "words"
    private static let counts = "counts"
    private static let subwords = "subwords"
    private static let keptBuckets = "kept_buckets"

    private enum Key {
        static let minimum = "subword_minimum_length"
        static let maximum = "subword_maximum_length"
        static let buckets = "subword_buckets"
    }

    static func read(_ url: URL, keeps: RowFilter?) throws(VectorError) -> VectorTable {
        let file: SafeTensorsFile
        do {
            file = try SafeTensorsFile(url)
        } catch let error as TensorError {
            throw VectorError(.below(error))
        } catch {
            throw VectorError(.file(path: url.path, operation: "read", reason: "\(error)"))
        }
        return try Reader(file: file, path: url.path).table(keeps)
    }

    private struct Reader {
        let file: SafeTensorsFile
        let path: String

        func table(_ keeps: RowFilter?) throws(VectorError) -> VectorTable {
            let rows = try matrix(vectors)
            let bytes = try content(words, type: "U8", sizes: nil)
            var listed = RowWords(
                path: path, capacity: keeps == nil ? rows.count : 0, isFiltered: keeps != nil)
            var kept: [Int] = []
            var start = 0
            var row = 0
            let text = bytes.bindMemory(to: UInt8.self)
            while start < text.count {
                guard let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) else {
                    throw malformed(words, "a line feed behind each word", "none at the end")
                }
                row += 1
                guard row <= rows.count else { break }
                let word = UnsafeBufferPointer(rebasing: text[start..<end])
                if keeps?(word) ?? true {
                    try listed.add(word, place: "word \(row)")
                    kept.append(row - 1)
                }
                start = end + 1
            }
            guard row == rows.count else {
                throw malformed(
                    words, "\(rows.count) words, one a vector",
                    row < rows.count ? "\(row)" : "more than \(rows.count)")
            }
            let all = try readCounts(rows.count)
            let found = try listed.vocabulary(
                counts: all.map { counts in kept.map { counts[$0] } })
            // Where they lie in the file, unless some are left out.
            let isWhole = keeps == nil && found.places == nil
            return VectorTable(
                found, rows: isWhole ? rows : rows.gathered(found.kept(kept)),
                subwords: try readSubwords())
        }

        private func readCounts(_ count: Int) throws(VectorError) -> [Int]? {
            guard file.sizes(of: counts) != nil else { return nil }
            let bytes = try content(counts, type: "I64", sizes: [count])
            return (0..<count).map {
                Int(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self))
            }
        }

        private func readSubwords() throws(VectorError) -> SubwordTable? {
            guard file.sizes(of: subwords) != nil else { return nil }
            let rows = try matrix(subwords)
            func number(_ key: String) throws(VectorError) -> Int {
                guard let value = file.metadata[key].flatMap({ Int($0) }) else {
                    throw malformed("__metadata__", "a whole number as \(key)", "none")
                }
                return value
            }
            let grams = try SubwordGrams(
                path: path, minimumLength: try number(Key.minimum),
                maximumLength: try number(Key.maximum),
                bucketCount: try number(Key.buckets))
            guard file.sizes(of: keptBuckets) != nil else {
                guard rows.count == grams.bucketCount else {
                    throw malformed(
                        subwords, "\(grams.bucketCount) rows, one a bucket", "\(rows.count)")
                }
                return SubwordTable(grams: grams, rows: rows, keptRows: nil)
            }
            let bytes = try content(keptBuckets, type: "I32", sizes: [rows.count])
            var kept: [Int32: Int32] = [:]
            for row in 0..<rows.count {
                kept[bytes.loadUnaligned(fromByteOffset: row * 4, as: Int32.self)] = Int32(row)
            }
            return SubwordTable(grams: grams, rows: rows, keptRows: kept)
        }

        /// The rows of a matrix, in the file where it lies so that they can be read in place.
        private func matrix(_ name: String) throws(VectorError) -> VectorRows {
            let sizes = file.sizes(of: name) ?? []
            guard sizes.count == 2, sizes[0] > 0, sizes[1] > 0, sizes[1] <= VectorHeader.widest
            else {
                throw malformed(
                    name, "a matrix of rows and at most \(VectorHeader.widest) columns",
                    file.sizes(of: name).map { "\($0)" } ?? "none")
            }
            if file.typeName(of: name) == "F32", let range = file.byteRange(of: name),
                range.lowerBound % MemoryLayout<Float>.alignment == 0
            {
                return VectorRows(
                    file.file, offset: range.lowerBound, count: sizes[0], width: sizes[1])
            }
            do {
                return VectorRows(try file.tensor(named: name))
            } catch let error as TensorError {
                throw VectorError(.below(error))
            } catch {
                throw VectorError(.file(path: path, operation: "read", reason: "\(error)"))
            }
        }

        private func content(
            _ name: String, type: String, sizes: [Int]?
        ) throws(VectorError) -> UnsafeRawBufferPointer {
            guard let range = file.byteRange(of: name), file.typeName(of: name) == type,
                sizes == nil || file.sizes(of: name) == sizes
            else {
                throw malformed(
                    name, "elements of type \(type)" + (sizes.map { ", shape \($0)" } ?? ""),
                    file.typeName(of: name).map { "\($0), \(file.sizes(of: name) ?? [])" }
                        ?? "no such tensor")
            }
            return UnsafeRawBufferPointer(rebasing: file.file.bytes[range])
        }

        private func malformed(_ place: String, _ expected: String, _ found: String) -> VectorError
        {
            VectorError(.malformed(path: path, place: place, expected: expected, found: found))
        }
    }

    static func write(_ table: VectorTable, to url: URL) throws(VectorError) {
        let text = try WordList.bytes(of: table.vocabulary, path: url.path)
        var tensors = [
            SafeTensors.RawTensor(vectors, of: Float.self, sizes: [table.count, table.width]) {
                try table.withUnsafeValues($0)
            }
        ]
        var metadata = ["format": "sesame.vectors", "version": "1"]
        if let table = table.subwords {
            metadata[Key.minimum] = "\(table.grams.minimumLength)"
            metadata[Key.maximum] = "\(table.grams.maximumLength)"
            metadata[Key.buckets] = "\(table.grams.bucketCount)"
            tensors.append(
                SafeTensors.RawTensor(
                    subwords, of: Float.self, sizes: [table.rows.count, table.width]
                ) { try table.withUnsafeValues($0) })
            if let rows = table.keptRows {
                let buckets = rows.sorted { $0.value < $1.value }.map(\.key)
                tensors.append(
                    SafeTensors.RawTensor(keptBuckets, of: Int32.self, sizes: [buckets.count]) {
                        try buckets.withUnsafeBufferPointer($0)
                    })
            }
        }
        if let counts = table.vocabulary.counts?.map(Int64.init) {
            tensors.append(
                SafeTensors.RawTensor(Self.counts, of: Int64.self, sizes: [counts.count]) {
                    try counts.withUnsafeBufferPointer($0)
                })
        }
        tensors.append(
            SafeTensors.RawTensor(words, of: UInt8.self, sizes: [text.count]) {
                try text.withUnsafeBufferPointer($0)
            })
        do {
            try SafeTensors.write(raw: tensors, metadata: metadata, to: url)
        } catch let error as TensorError {
            throw VectorError(.below(error))
        } catch {
            throw VectorError(.file(path: url.path, operation: "write", reason: "\(error)"))
        }
    }
}
