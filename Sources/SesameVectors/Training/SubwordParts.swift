import SesameText

/// The rows that each word's input is the mean of: its own, then its n-grams', the buckets coming after the words.
package struct SubwordParts {
    /// Word w's rows are `rows[offsets[w]..<offsets[w + 1]]`.
    package private(set) var offsets: [UInt64] = [0]
    package private(set) var rows: [UInt32] = []

    package init(vocabulary: Vocabulary, grams: SubwordGrams) {
        offsets.reserveCapacity(vocabulary.count + 1)
        for word in 0..<vocabulary.count {
            rows.append(UInt32(word))
            vocabulary.withBytes(of: Int32(word)) { bytes in
                for bucket in grams.buckets(of: bytes) {
                    rows.append(UInt32(vocabulary.count) + UInt32(bucket))
                }
            }
            offsets.append(UInt64(rows.count))
        }
    }

    package func rows(of word: Int) -> ArraySlice<UInt32> {
        rows[Int(offsets[word])..<Int(offsets[word + 1])]
    }
}
