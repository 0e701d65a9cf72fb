import CSesameICU

/// Text on its way through the normalizers: its bytes now, and where in the original each came from.
///
/// Each byte carries the half-open byte range of the original text it stands for. Characters that a
/// normalizer puts in take the range of what they replace, or of their neighbour; what it takes out
/// leaves no trace, so a token's range runs from the start of its first character's origin to the end of
/// its last one's.
public struct AlignedText: Sendable, Equatable {
    /// The UTF-8 as it is now.
    public private(set) var bytes: [UInt8]
    /// Start and end of each byte's origin; nil while nothing has changed.
    private var origins: (starts: [UInt32], ends: [UInt32])?

    /// Original text, not yet changed.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Original text, not yet changed.
    public init(_ text: String) { self.init(Array(text.utf8)) }

    /// The text as it is now.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The range of the original text that a range of ``bytes`` stands for.
    public func originalRange(_ range: Range<Int>) -> Range<Int> {
        guard let origins else { return range }
        guard !range.isEmpty else {
            let at =
                range.lowerBound < bytes.count
                ? Int(origins.starts[range.lowerBound]) : Int(origins.ends.last ?? 0)
            return at..<at
        }
        let start = Int(origins.starts[range.lowerBound])
        return start..<max(start, Int(origins.ends[range.upperBound - 1]))
    }

    /// Rewrites the text scalar by scalar.
    ///
    /// - Parameter body: Gets each scalar (U+FFFD for ill-formed bytes) and what to append to.
    ///   Appending nothing takes the scalar out.
    public mutating func mapScalars(_ body: (_ scalar: UInt32, _ output: inout [UInt8]) -> Void) {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 16)
        var starts: [UInt32] = []
        var ends: [UInt32] = []
        starts.reserveCapacity(bytes.count + 16)
        ends.reserveCapacity(bytes.count + 16)
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var index = 0
            while index < buffer.count {
                let start = index
                let scalar = UTF8Decoding.nextReplacing(base, at: &index, count: buffer.count)
                body(scalar, &result)
                let origin = originalRange(start..<index)
                while starts.count < result.count {
                    starts.append(UInt32(origin.lowerBound))
                    ends.append(UInt32(origin.upperBound))
                }
            }
        }
        bytes = result
        origins = (starts, ends)
    }

    /// Puts a space before the text unless it is empty or starts with one; the space takes the range of
    /// the first character.
    mutating func prependSpace() {
        guard let first = bytes.first, first != 0x20 else { return }
        var isFirst = true
        mapScalars { scalar, output in
            if isFirst { output.append(0x20) }
            isFirst = false
            UTF8Decoding.append(scalar, to: &output)
        }
    }

    /// Puts the text in a normal form.
    public mutating func normalize(_ form: NormalForm) { rewrite(.form(form)) }

    /// Maps the case of the whole text, with the context rules of a locale.
    public mutating func mapCase(_ mapping: CaseMapping, locale: String = "") {
        rewrite(.mapping(mapping, locale))
    }

    private mutating func rewrite(_ rewriting: TextNormalization.Rewriting) {
        let (result, edits) = bytes.withUnsafeBufferPointer {
            TextNormalization.rewritten($0, by: rewriting, wantsEdits: true)
        }
        if !edits.contains(where: { $0.changed }) && result.count == bytes.count {
            bytes = result
            return
        }
        var starts: [UInt32] = []
        var ends: [UInt32] = []
        starts.reserveCapacity(result.count)
        ends.reserveCapacity(result.count)
        var source = 0
        for edit in edits {
            let length = Int(edit.source_length)
            if edit.changed {
                let parts = parts(of: source..<source + length, under: rewriting)
                let sizes = parts.reduce(0) { $0 + $1.size }
                if sizes == Int(edit.result_length) {
                    for part in parts {
                        let origin = originalRange(part.source)
                        for _ in 0..<part.size {
                            starts.append(UInt32(origin.lowerBound))
                            ends.append(UInt32(origin.upperBound))
                        }
                    }
                } else {
                    let origin = originalRange(source..<source + length)
                    for _ in 0..<edit.result_length {
                        starts.append(UInt32(origin.lowerBound))
                        ends.append(UInt32(origin.upperBound))
                    }
                }
            } else {
                for i in source..<source + length {
                    let origin = originalRange(i..<i + 1)
                    starts.append(UInt32(origin.lowerBound))
                    ends.append(UInt32(origin.upperBound))
                }
            }
            source += length
        }
        precondition(
            starts.count == result.count,
            "edits account for \(starts.count) of \(result.count) bytes")
        bytes = result
        origins = (starts, ends)
    }

    /// For a decomposition, the characters it makes of a stretch, in their order: which source character
    /// each is from, and its size in bytes. Empty for other rewritings.
    ///
    /// ICU accounts for a base with several marks as a whole; but decomposing is done scalar by scalar,
    /// and then marks are stably sorted by combining class, so each mark's origin can be told.
    private func parts(
        of range: Range<Int>, under rewriting: TextNormalization.Rewriting
    ) -> [(source: Range<Int>, size: Int)] {
        guard case .form(let form) = rewriting, form == .nfd || form == .nfkd else { return [] }
        var parts: [(source: Range<Int>, size: Int, combiningClass: UInt8)] = []
        bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            var index = range.lowerBound
            while index < range.upperBound {
                let start = index
                _ = UTF8Decoding.next(base, at: &index, count: range.upperBound)
                let scalar = UnsafeBufferPointer(rebasing: bytes[start..<index])
                let decomposed = TextNormalization.rewritten(scalar, by: rewriting).bytes
                for scalar in String(decoding: decomposed, as: UTF8.self).unicodeScalars {
                    let combiningClass = CharacterProperties.combiningClass(of: scalar)
                    // Behind all marks of a class no higher; a starter is never passed.
                    var place = parts.count
                    while combiningClass > 0 && place > 0
                        && parts[place - 1].combiningClass > combiningClass
                    {
                        place -= 1
                    }
                    parts.insert(
                        (start..<index, UTF8Decoding.width(scalar.value), combiningClass), at: place
                    )
                }
            }
        }
        return parts.map { ($0.source, $0.size) }
    }

    /// Equal bytes with equal origins.
    public static func == (a: AlignedText, b: AlignedText) -> Bool {
        a.bytes == b.bytes
            && a.bytes.indices.allSatisfy {
                a.originalRange($0..<$0 + 1) == b.originalRange($0..<$0 + 1)
            }
    }
}
