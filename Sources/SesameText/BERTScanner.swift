/// What BERT's normalizer and pre-tokenizer together make of each character, remembered in a table.
///
/// Both treat every character by itself (but for the order of combining marks), so one look-up says
/// whether a character separates words, stands alone, belongs to a word or vanishes, and what it becomes.
/// Entries are filled in from the stages themselves the first time a character is met, so the table and the
/// stages cannot disagree. It is used by one thread at a time.
final class BERTCharacterTable {
    enum Class: UInt32 {
        /// Not looked up yet.
        case unknown = 0
        /// Separates words.
        case space
        /// Leaves nothing, and does not separate.
        case dropped
        /// Part of a word.
        case word
        /// A word of its own: punctuation or an ideograph.
        case alone
        /// Becomes several characters that do not all belong to a word; goes through the stages.
        case mixed
    }

    /// Low three bits: class. Bit 3: a mark that stays, whose order among others may change. The rest:
    /// 0 where the character stays itself, or the place of its replacement plus one.
    struct Entry {
        var bits: UInt32 = 0

        @inline(__always) var isKnown: Bool { bits != 0 }
        @inline(__always) var rawClass: UInt32 { bits & 7 }
        @inline(__always) var isMark: Bool { bits & 8 != 0 }
        @inline(__always) var replacement: Int { Int(bits >> 4) - 1 }

        @inline(__always)
        func has(_ other: Class) -> Bool { rawClass == other.rawValue }
    }

    private let normalizer: BERTNormalizer
    /// The part of the normalizer that maps characters: accents and case.
    private let mapper: BERTNormalizer
    private let ascii: UnsafeMutablePointer<Entry>
    private let pages: UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>
    private static let pageCount = 0x1100
    private(set) var replacements: [[UInt8]] = []

    init(_ normalizer: BERTNormalizer) {
        self.normalizer = normalizer
        mapper = BERTNormalizer(
            cleansText: false, spacesIdeographs: false,
            stripsAccents: normalizer.stripsAccents, lowercases: normalizer.lowercases)
        ascii = .allocate(capacity: 128)
        pages = .allocate(capacity: Self.pageCount)
        pages.initialize(repeating: nil, count: Self.pageCount)
        for scalar in 0..<128 { ascii[scalar] = makeEntry(UInt32(scalar)) }
    }

    deinit {
        for page in 0..<Self.pageCount { pages[page]?.deallocate() }
        pages.deallocate()
        ascii.deallocate()
    }

    @inline(__always)
    func asciiEntry(_ byte: UInt8) -> Entry { ascii[Int(byte)] }

    @inline(__always)
    func entry(_ scalar: UInt32) -> Entry {
        if let page = pages[Int(scalar >> 8)] {
            let entry = page[Int(scalar & 0xFF)]
            if entry.isKnown { return entry }
        }
        return fill(scalar)
    }

    private func fill(_ scalar: UInt32) -> Entry {
        let index = Int(scalar >> 8)
        let page: UnsafeMutablePointer<Entry>
        if let existing = pages[index] {
            page = existing
        } else {
            page = .allocate(capacity: 256)
            page.initialize(repeating: Entry(), count: 256)
            pages[index] = page
        }
        let entry = makeEntry(scalar)
        page[Int(scalar & 0xFF)] = entry
        return entry
    }

    private func makeEntry(_ scalar: UInt32) -> Entry {
        if normalizer.cleansText && BERTCharacters.isDropped(scalar) {
            return Entry(bits: Class.dropped.rawValue)
        }
        if BERTCharacters.isSpace(scalar) { return Entry(bits: Class.space.rawValue) }
        var original: [UInt8] = []
        UTF8Decoding.append(scalar, to: &original)
        var text = AlignedText(original)
        mapper.normalize(&text)
        let result = text.bytes
        let isIdeograph = normalizer.spacesIdeographs && BERTCharacters.isIdeograph(scalar)
        var (spaces, punctuation, letters, marks) = (0, 0, 0, 0)
        for scalar in text.text.unicodeScalars {
            if BERTCharacters.isSpace(scalar.value) {
                spaces += 1
            } else if BERTCharacters.isPunctuation(scalar.value) {
                punctuation += 1
            } else {
                letters += 1
            }
            if CharacterProperties.combiningClass(of: scalar) != 0 { marks += 1 }
        }
        let kind: Class =
            switch (spaces, punctuation, letters) {
            case (0, 0, 0): .dropped
            case (1, 0, 0): .space
            case (0, 1, 0): .alone
            case (0, 0, _): isIdeograph ? .alone : .word
            default: .mixed
            }
        var bits = kind.rawValue
        // Decomposing puts marks in order; without it they stay as they are.
        if marks > 0 && normalizer.stripsAccents { bits |= 8 }
        if result != original {
            replacements.append(result)
            bits |= UInt32(replacements.count) << 4
        }
        return Entry(bits: bits)
    }
}

extension BERTCharacterTable {
    /// What is known of a stretch that the scanner reports.
    struct Stretch {
        var isASCII = true
        /// Holds a mixed character, or more than one mark that stays.
        var needsStages = false
        var markCount = 0
    }

    /// Walks over a text and reports each word, and each character that is a word by itself.
    ///
    /// - Parameters:
    ///   - word: A word's range, with the characters in it that will be dropped.
    ///   - alone: The range of a character that stands alone, and its entry.
    @inline(__always)
    func scan(
        _ text: UnsafeBufferPointer<UInt8>,
        word: (_ range: Range<Int>, _ stretch: Stretch) -> Void,
        alone: (_ range: Range<Int>, _ entry: Entry) -> Void
    ) {
        guard let base = text.baseAddress else { return }
        let count = text.count
        var index = 0
        while index < count {
            let start = index
            var entry: Entry
            if base[index] < 0x80 {
                entry = asciiEntry(base[index])
                index += 1
            } else {
                entry = self.entry(UTF8Decoding.nextReplacing(base, at: &index, count: count))
            }
            if entry.has(.space) { continue }
            if entry.has(.alone) {
                alone(start..<index, entry)
                continue
            }
            // A word: all that follows up to a space or a character that stands alone.
            var stretch = Stretch()
            index = start
            while index < count {
                let byte = base[index]
                if byte < 0x80 {
                    entry = asciiEntry(byte)
                    guard entry.has(.word) || entry.has(.dropped) else { break }
                    // NUL and the like are rare; they leave the fast path.
                    if entry.has(.dropped) { stretch.isASCII = false }
                    index += 1
                } else {
                    var next = index
                    entry = self.entry(UTF8Decoding.nextReplacing(base, at: &next, count: count))
                    if entry.has(.space) || entry.has(.alone) { break }
                    stretch.isASCII = false
                    if entry.has(.mixed) { stretch.needsStages = true }
                    if entry.isMark {
                        stretch.markCount += 1
                        if stretch.markCount > 1 { stretch.needsStages = true }
                    }
                    index = next
                }
            }
            word(start..<index, stretch)
        }
    }
}
