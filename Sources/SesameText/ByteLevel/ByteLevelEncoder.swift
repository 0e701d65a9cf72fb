/// The fast way through byte-level BPE: one stretch of text after the other, each looked up among those
/// met before, and merged only where it is new.
///
/// It gives what the stages give, offsets included; tests hold it to that.
final class ByteLevelEncoder: StretchEncoder {
    /// What one thread works with.
    ///
    /// Sendable: in one thread's hands at a time, which ``ResourcePool`` sees to.
    private final class Workspace: @unchecked Sendable {
        var cache = WordCache()
        var ids: [Int32] = []
    }

    private let addsPrefixSpace: Bool
    private let model: ByteLevelBPEModel
    private let workspaces = ResourcePool { Workspace() }
    /// How many bytes each token stands for.
    private let byteCounts: [Int32]

    /// Nil where tokens leave gaps, or stand for more or less than they spell.
    init?(addsPrefixSpace: Bool, model: ByteLevelBPEModel) {
        guard model.coversAllBytes else { return nil }
        self.addsPrefixSpace = addsPrefixSpace
        self.model = model
        let vocabulary = model.vocabulary
        byteCounts = (0..<Int32(vocabulary.count)).map { id in
            vocabulary.withBytes(of: id) { Int32(ByteAlphabet.byteCount(of: $0) ?? $0.count) }
        }
    }

    func encode(
        _ text: UnsafeBufferPointer<UInt8>, at offset: Int, into buffer: inout TokenBuffer
    ) {
        guard addsPrefixSpace, let first = text.first, first != 0x20 else {
            return encodeAsItIs(text, at: offset, into: &buffer)
        }
        let before = buffer.offsets.count
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count + 1) { spaced in
            spaced[0] = 0x20
            _ = spaced[1...].update(fromContentsOf: text)
            encodeAsItIs(UnsafeBufferPointer(spaced), at: offset - 1, into: &buffer)
        }
        // The space put in counts as the first character.
        let lead = ByteLevelBPEModel.wholeCharacters(0, 1, in: text).upperBound
        for index in before..<buffer.offsets.count {
            let range = buffer.offsets[index]
            guard range.lowerBound < offset else { break }
            buffer.offsets[index] = offset..<max(range.upperBound, offset + lead)
        }
    }

    private func encodeAsItIs(
        _ text: UnsafeBufferPointer<UInt8>, at offset: Int, into buffer: inout TokenBuffer
    ) {
        guard let base = text.baseAddress else { return }
        workspaces.withResource { workspace in
            ByteLevelScanner.forEachStretch(text) { start, end in
                let key = WordCache.Key(base, from: start, to: end, count: text.count)
                let firstToken = buffer.ids.count
                if !workspace.cache.append(key, to: &buffer.ids) {
                    add(
                        UnsafeBufferPointer(start: base + start, count: end - start), key,
                        to: &buffer.ids, workspace)
                }
                if buffer.wantsOffsets {
                    appendOffsets(text, from: start, at: offset, firstToken, to: &buffer)
                }
            }
        }
    }

    /// Works out the tokens of a stretch and keeps them.
    @inline(never)
    private func add(
        _ stretch: UnsafeBufferPointer<UInt8>, _ key: WordCache.Key, to ids: inout [Int32],
        _ workspace: Workspace
    ) {
        workspace.ids.removeAll(keepingCapacity: true)
        model.forEachToken(of: stretch) { id, _, _ in workspace.ids.append(id) }
        ids.append(contentsOf: workspace.ids)
        workspace.cache.insert(key, tokens: workspace.ids)
    }

    /// Tokens cover a stretch without gaps, so their lengths say where they lie.
    private func appendOffsets(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, at offset: Int, _ firstToken: Int,
        to buffer: inout TokenBuffer
    ) {
        var at = start
        for index in firstToken..<buffer.ids.count {
            let end = at + Int(byteCounts[Int(buffer.ids[index])])
            let range = ByteLevelBPEModel.wholeCharacters(at, end, in: text)
            buffer.offsets.append(offset + range.lowerBound..<offset + range.upperBound)
            at = end
        }
    }
}

/// A way through a tokenizer's stages that gives what they give, only faster.
protocol StretchEncoder: Sendable {
    /// Appends the tokens of a text without special tokens; offsets are moved by `offset`.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, at offset: Int, into buffer: inout TokenBuffer)
}
