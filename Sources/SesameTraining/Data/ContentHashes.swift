import SesameStore
import SesameText

// Hashes of all that a run is trained on. A checkpoint holds them, so that a run never goes on with
// other data, be it of equal size.

extension Vocabulary {
    /// XXH64 of the tokens in the order of their ids, in hexadecimal.
    var contentHash: String {
        var hash = ContentHash()
        for id in 0..<Int32(count) {
            withBytes(of: id) { bytes in
                hash.update(UInt64(bytes.count))
                hash.update(UnsafeRawBufferPointer(bytes))
            }
        }
        return ContentHash.text(hash.value)
    }
}

extension PackedTokens {
    /// XXH64 of the ids, in hexadecimal.
    var contentHash: String {
        var hash = ContentHash()
        withBytes { hash.update($0) }
        return ContentHash.text(hash.value)
    }
}

extension SentenceCorpus {
    /// XXH64 of the ids and of where sentences and documents begin, in hexadecimal.
    var contentHash: String {
        var hash = ContentHash()
        ids.withUnsafeBytes { hash.update($0) }
        sentenceStarts.withUnsafeBytes { hash.update($0) }
        documentStarts.withUnsafeBytes { hash.update($0) }
        return ContentHash.text(hash.value)
    }
}

extension WordSentences {
    /// XXH64 of the spelled words and of where sentences begin, in hexadecimal.
    var contentHash: String {
        var hash = ContentHash()
        for spelling in spellings {
            hash.update(UInt64(spelling.count))
            spelling.withUnsafeBytes { hash.update($0) }
        }
        tokens.withUnsafeBytes { hash.update($0) }
        starts.withUnsafeBytes { hash.update($0) }
        return ContentHash.text(hash.value)
    }
}

extension [LabelledText] {
    /// XXH64 of texts, pairs and labels, in hexadecimal.
    var contentHash: String {
        var hash = ContentHash()
        for text in self {
            for part in [text.text, text.pair, text.label] {
                guard var part else {
                    hash.update(.max)
                    continue
                }
                part.withUTF8 { bytes in
                    hash.update(UInt64(bytes.count))
                    hash.update(UnsafeRawBufferPointer(bytes))
                }
            }
        }
        return ContentHash.text(hash.value)
    }
}
