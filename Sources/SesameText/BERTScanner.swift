/// Finds the stretches of raw text that BERT's normalizer and pre-tokenizer can treat one by one.
///
/// Both treat every character by itself, but for the order of combining marks, which never crosses a
/// space, a punctuation mark or an ideograph. So whether a character separates, stands alone or belongs to
/// a word can be said once and remembered, and running the stages over each word of the raw text gives
/// what they give over the whole. What a character is comes from the stages themselves the first time it
/// is met, so the table and the stages cannot disagree.
///
/// Sendable: filled in as it is used, hence in one thread's hands at a time; ``ResourcePool`` sees to it.
final class BERTScanner: @unchecked Sendable {
    private enum Class: UInt8 {
        /// Not looked up yet.
        case unknown
        /// Separates words.
        case space
        /// A stretch of its own: punctuation or an ideograph.
        case alone
        /// Anything else: part of a stretch, whatever the stages make of it.
        case part
    }

    private let normalizer: BERTNormalizer
    private let ascii: UnsafeMutablePointer<Class>
    private let pages: UnsafeMutablePointer<UnsafeMutablePointer<Class>?>
    private static let pageCount = 0x1100

    init(_ normalizer: BERTNormalizer) {
        self.normalizer = normalizer
        ascii = .allocate(capacity: 128)
        pages = .allocate(capacity: Self.pageCount)
        pages.initialize(repeating: nil, count: Self.pageCount)
        for scalar in 0..<128 { ascii[scalar] = classify(UInt32(scalar)) }
    }

    deinit {
        for page in 0..<Self.pageCount { pages[page]?.deallocate() }
        pages.deallocate()
        ascii.deallocate()
    }

    /// Reports each stretch of `text` that is not white space, in order, with the hash of its bytes.
    @inline(__always)
    func forEachStretch(
        _ text: UnsafeBufferPointer<UInt8>, _ body: (_ range: Range<Int>, _ hash: ByteHash) -> Void
    ) {
        guard let base = text.baseAddress else { return }
        let count = text.count
        var index = 0
        while index < count {
            let start = index
            let first = nextClass(base, at: &index, count: count)
            if first == .space { continue }
            var hash = ByteHash()
            for i in start..<index { hash.combine(base[i]) }
            if first == .part {
                while index < count {
                    let byte = base[index]
                    if byte < 0x80 {
                        guard ascii[Int(byte)] == .part else { break }
                        hash.combine(byte)
                        index += 1
                    } else {
                        var next = index
                        guard nextClass(base, at: &next, count: count) == .part else { break }
                        for i in index..<next { hash.combine(base[i]) }
                        index = next
                    }
                }
            }
            body(start..<index, hash)
        }
    }

    @inline(__always)
    private func nextClass(
        _ base: UnsafePointer<UInt8>, at index: inout Int, count: Int
    ) -> Class {
        if base[index] < 0x80 {
            index += 1
            return ascii[Int(base[index - 1])]
        }
        let scalar = UTF8Decoding.nextReplacing(base, at: &index, count: count)
        if let page = pages[Int(scalar >> 8)] {
            let known = page[Int(scalar & 0xFF)]
            if known != .unknown { return known }
        }
        return lookUp(scalar)
    }

    private func lookUp(_ scalar: UInt32) -> Class {
        let index = Int(scalar >> 8)
        let page: UnsafeMutablePointer<Class>
        if let existing = pages[index] {
            page = existing
        } else {
            page = .allocate(capacity: 256)
            page.initialize(repeating: .unknown, count: 256)
            pages[index] = page
        }
        let result = classify(scalar)
        page[Int(scalar & 0xFF)] = result
        return result
    }

    private func classify(_ scalar: UInt32) -> Class {
        // What is cleaned away does not separate, though U+0085 is white space too.
        if normalizer.cleansText && BERTCharacters.isDropped(scalar) { return .part }
        if BERTCharacters.isSpace(scalar) { return .space }
        if normalizer.spacesIdeographs && BERTCharacters.isIdeograph(scalar) { return .alone }
        var bytes: [UInt8] = []
        UTF8Decoding.append(scalar, to: &bytes)
        var aligned = AlignedText(bytes)
        normalizer.normalize(&aligned)
        let result = Array(aligned.text.unicodeScalars)
        return result.count == 1 && BERTCharacters.isPunctuation(result[0].value) ? .alone : .part
    }
}
