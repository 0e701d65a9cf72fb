import CSesameICU
import Synchronization

/// Finds graphemes, words, sentences and places to break a line, with ICU's rules and dictionaries.
///
/// Chinese, Japanese, Thai, Lao, Khmer and Burmese words come from dictionaries. All offsets are
/// half-open byte ranges of the text's UTF-8. Ill-formed UTF-8 in the byte versions counts as U+FFFD.
///
/// A segmenter is a value that any number of threads may use at once: each call borrows one of ICU's
/// iterators, and clones one (microseconds) where all are in use.
public struct Segmenter: Sendable {
    /// What to look for.
    public enum Boundary: String, Codable, Sendable, CaseIterable {
        /// User-perceived characters (extended grapheme clusters, UAX 29).
        case grapheme
        /// Words and what lies between them (UAX 29, and dictionaries).
        case word
        /// Sentences, with the white space that follows them (UAX 29).
        case sentence
        /// Places where a line may be broken (UAX 14).
        case line
    }

    /// What a segment between two word boundaries holds.
    public enum WordKind: UInt8, Sendable, CaseIterable {
        /// White space, punctuation or symbols: no word.
        case none
        /// A number.
        case number
        /// Letters, including Hangul and the dictionary scripts other than Chinese and Japanese.
        case letter
        /// Kana that no dictionary covers (ICU marks what its dictionary finds as ideographs).
        case kana
        /// Chinese and Japanese words: ideographs, kana, or both.
        case ideograph
    }

    /// A stretch of text between two boundaries.
    public struct Segment: Sendable, Hashable {
        /// Byte offsets into the UTF-8 of the text.
        public let range: Range<Int>
        /// The kind, for words; `none` for other boundaries.
        public let kind: WordKind
    }

    /// The locale whose rules are used, such as "en"; empty for the root locale.
    public let locale: String

    private let pools: [HandlePool]

    /// A segmenter with the rules of a locale.
    ///
    /// The root locale is right for most text, dictionary scripts included; a locale matters for a few
    /// tailorings (Finnish and Swedish words, Greek sentences). ICU treats unknown locales as the root.
    /// - Throws: ``TextError`` with code `unicodeUnavailable` if ICU has no data.
    public init(locale: String = "") throws {
        self.locale = locale
        pools = try Boundary.allCases.map { try HandlePool($0, locale: locale) }
    }

    /// All segments of `text`, in order and without gaps.
    public func segments(_ boundary: Boundary, in text: String) -> [Segment] {
        withUTF8Bytes(of: text) { bytes in
            var segments: [Segment] = []
            forEach(boundary, in: bytes) { segments.append(Segment(range: $0, kind: $1)) }
            return segments
        }
    }

    /// The words of `text`: numbers, letters, kana and ideographs, without spaces and punctuation.
    public func words(in text: String) -> [Range<Int>] {
        withUTF8Bytes(of: text) { bytes in
            var ranges: [Range<Int>] = []
            forEach(.word, in: bytes) { if $1 != .none { ranges.append($0) } }
            return ranges
        }
    }

    /// The sentences of `text`, without gaps; white space after a sentence belongs to it.
    public func sentences(in text: String) -> [Range<Int>] { ranges(.sentence, in: text) }

    /// The grapheme clusters of `text`, without gaps.
    public func graphemes(in text: String) -> [Range<Int>] { ranges(.grapheme, in: text) }

    private func ranges(_ boundary: Boundary, in text: String) -> [Range<Int>] {
        withUTF8Bytes(of: text) { bytes in
            var ranges: [Range<Int>] = []
            forEach(boundary, in: bytes) { range, _ in ranges.append(range) }
            return ranges
        }
    }

    /// Calls `body` with each segment of UTF-8 bytes, in order and without gaps.
    ///
    /// Text above 256 MiB is taken in pieces of that size, each segmented by itself.
    public func forEach(
        _ boundary: Boundary, in bytes: UnsafeBufferPointer<UInt8>,
        _ body: (_ range: Range<Int>, _ kind: WordKind) -> Void
    ) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        let pool = pools[Boundary.allCases.firstIndex(of: boundary) ?? 0]
        let handle = pool.borrow()
        defer { pool.giveBack(handle) }
        var pieceStart = 0
        while pieceStart < bytes.count {
            var pieceEnd = min(bytes.count, pieceStart + 1 << 28)
            // Cut between scalars.
            while pieceEnd < bytes.count && bytes[pieceEnd] & 0xC0 == 0x80
                && pieceEnd > pieceStart + 1
            {
                pieceEnd -= 1
            }
            handle.forEach(base + pieceStart, count: pieceEnd - pieceStart) { range, kind in
                body(range.lowerBound + pieceStart..<range.upperBound + pieceStart, kind)
            }
            pieceStart = pieceEnd
        }
    }
}

/// One of ICU's iterators, used by one thread at a time.
private struct Handle: @unchecked Sendable {
    // Sendable: a handle moves between threads only through HandlePool's lock, and is in one
    // thread's hands between borrow() and giveBack().
    let pointer: OpaquePointer

    func forEach(
        _ bytes: UnsafePointer<UInt8>, count: Int,
        _ body: (Range<Int>, Segmenter.WordKind) -> Void
    ) {
        let status = sesame_icu_segmenter_set_text(pointer, bytes, count)
        precondition(
            status == SESAME_ICU_OK, "segmenter: status \(status.rawValue), \(count) bytes")
        let batch = 256
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: batch) { ends in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: batch) { kinds in
                var start = 0
                while true {
                    let found = sesame_icu_segmenter_next(
                        pointer, ends.baseAddress, kinds.baseAddress, batch)
                    for i in 0..<found {
                        let end = Int(ends[i])
                        body(start..<end, Segmenter.WordKind(rawValue: kinds[i]) ?? .none)
                        start = end
                    }
                    if found < batch { break }
                }
            }
        }
    }
}

/// The iterators of one kind and locale: a prototype and the clones that are not in use.
private final class HandlePool: Sendable {
    private let prototype: Handle
    private let idle = Mutex<[Handle]>([])

    init(_ boundary: Segmenter.Boundary, locale: String) throws {
        let kind: sesame_icu_boundary =
            switch boundary {
            case .grapheme: SESAME_ICU_GRAPHEME
            case .word: SESAME_ICU_WORD
            case .sentence: SESAME_ICU_SENTENCE
            case .line: SESAME_ICU_LINE
            }
        var pointer: OpaquePointer?
        let status = locale.withCString { sesame_icu_segmenter_open(kind, $0, &pointer) }
        guard status == SESAME_ICU_OK, let pointer else {
            throw TextError(
                .unicodeUnavailable(
                    operation: "open \(boundary.rawValue) rules", status: Int(status.rawValue)))
        }
        prototype = Handle(pointer: pointer)
    }

    deinit {
        idle.withLock { $0.forEach { sesame_icu_segmenter_close($0.pointer) } }
        sesame_icu_segmenter_close(prototype.pointer)
    }

    func borrow() -> Handle {
        if let handle = idle.withLock({ $0.popLast() }) { return handle }
        var pointer: OpaquePointer?
        let status = sesame_icu_segmenter_clone(prototype.pointer, &pointer)
        guard status == SESAME_ICU_OK, let pointer else {
            preconditionFailure("segmenter clone: status \(status.rawValue)")  // out of memory
        }
        return Handle(pointer: pointer)
    }

    func giveBack(_ handle: Handle) {
        idle.withLock { $0.append(handle) }
    }
}
