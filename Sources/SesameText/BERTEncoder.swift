/// The fast way through BERT's stages: one stretch of raw text after the other, each looked up among
/// those met before, and run through the stages only where it is new.
///
/// It gives what the stages give over the whole text, offsets included; tests hold it to that.
final class BERTEncoder: StretchEncoder {
    /// What one thread works with.
    ///
    /// Sendable: in one thread's hands at a time, which ``ResourcePool`` sees to.
    private final class Workspace: @unchecked Sendable {
        let scanner: BERTScanner
        var cache = StretchCache()

        init(_ normalizer: BERTNormalizer) { scanner = BERTScanner(normalizer) }
    }

    private let normalizer: BERTNormalizer
    private let model: any TokenModel
    private let workspaces: ResourcePool<Workspace>

    init(normalizer: BERTNormalizer, model: any TokenModel) {
        self.normalizer = normalizer
        self.model = model
        workspaces = ResourcePool { Workspace(normalizer) }
    }

    /// Appends the tokens of a text without special tokens; offsets are moved by `offset`.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, at offset: Int, into buffer: inout TokenBuffer
    ) {
        guard let base = text.baseAddress else { return }
        workspaces.withResource { workspace in
            workspace.scanner.forEachStretch(text) { range, state in
                let start = base + range.lowerBound
                let hash = state.value
                let place = offset + range.lowerBound
                let known = workspace.cache.append(
                    start, range.count, hash: hash, at: place, to: &buffer)
                if known { return }
                let tokens = tokens(of: start, range.count)
                if range.count <= StretchCache.longestKey {
                    workspace.cache.insert(
                        start, range.count, hash: hash,
                        tokens: tokens.map {
                            .init(id: $0.id, start: UInt16($0.start), end: UInt16($0.end))
                        })
                }
                for token in tokens {
                    buffer.append(token.id, place + token.start, place + token.end)
                }
            }
        }
    }

    private func tokens(of start: UnsafePointer<UInt8>, _ count: Int) -> [TokenPiece] {
        let stretch = UnsafeBufferPointer(start: start, count: count)
        var pieces: [TokenPiece] = []
        // A stretch of plain ASCII is one pre-token, and only its case can change.
        if stretch.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            if !normalizer.lowercases {
                model.tokenize(stretch, into: &pieces)
            } else {
                let lower = stretch.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
                lower.withUnsafeBufferPointer { model.tokenize($0, into: &pieces) }
            }
            return pieces
        }
        var aligned = AlignedText(Array(stretch))
        normalizer.normalize(&aligned)
        var result: [TokenPiece] = []
        aligned.bytes.withUnsafeBufferPointer { bytes in
            var words: [Range<Int>] = []
            BERTPreTokenizer().split(bytes, into: &words)
            for word in words {
                pieces.removeAll(keepingCapacity: true)
                model.tokenize(UnsafeBufferPointer(rebasing: bytes[word]), into: &pieces)
                for piece in pieces {
                    let origin = aligned.originalRange(
                        word.lowerBound + piece.start..<word.lowerBound + piece.end)
                    result.append(
                        TokenPiece(id: piece.id, start: origin.lowerBound, end: origin.upperBound))
                }
            }
        }
        return result
    }
}
