/// What byte-level tokenizers do once the tokens are found: leave white space out of their offsets, where
/// asked for, and put special tokens around by a template, where there is one.
public struct ByteLevelPostProcessor: PostProcessor, Equatable {
    /// Whether offsets leave out the white space that starts or ends a token.
    public let trimsOffsets: Bool
    /// Whether the first token's space may have been put in, so that it has no place in the text.
    public let addsPrefixSpace: Bool
    /// Puts special tokens around; nil puts none.
    public let template: TemplatePostProcessor?

    /// A post-processor for byte-level tokenizers.
    public init(
        trimsOffsets: Bool, addsPrefixSpace: Bool, template: TemplatePostProcessor? = nil
    ) {
        self.trimsOffsets = trimsOffsets
        self.addsPrefixSpace = addsPrefixSpace
        self.template = template
    }

    /// See ``PostProcessor``.
    public func template(isPair: Bool) -> [TemplatePiece] {
        template?.template(isPair: isPair)
            ?? (isPair ? [.first(typeID: 0), .second(typeID: 1)] : [.first(typeID: 0)])
    }

    /// Takes white space off the offsets, by Hugging Face's rule: a single space of a token that starts
    /// the text is kept where it may have been put in.
    func trim(_ buffer: inout TokenBuffer, _ vocabulary: Vocabulary) {
        guard trimsOffsets else { return }
        for index in buffer.offsets.indices {
            var (before, behind) = vocabulary.withBytes(of: buffer.ids[index], Self.spaces)
            var (start, end) = (buffer.offsets[index].lowerBound, buffer.offsets[index].upperBound)
            if (index == 0 || start == 0) && addsPrefixSpace && before == 1 {
                before = 0
                // A token of nothing but the space put in has the range of a whole character.
                if behind == 1 && vocabulary.withBytes(of: buffer.ids[index], \.count) <= 2 {
                    behind = end - start
                }
            }
            start = min(start + before, end)
            if behind > end { behind = 0 }
            end = max(end - behind, start)
            buffer.offsets[index] = start..<end
        }
    }

    /// How many spaces a token starts and ends with, in GPT-2's spelling (C4 A0) or plain.
    private static func spaces(
        _ token: UnsafeBufferPointer<UInt8>
    ) -> (before: Int, behind: Int) {
        func isSpace(_ index: Int) -> Int {
            if token[index] == 0x20 { return 1 }
            return index + 1 < token.count && token[index] == 0xC4 && token[index + 1] == 0xA0
                ? 2 : 0
        }
        var (before, behind) = (0, 0)
        var index = 0
        while index < token.count, isSpace(index) > 0 {
            index += isSpace(index)
            before += 1
        }
        index = token.count
        while index > 0 {
            if token[index - 1] == 0x20 {
                index -= 1
            } else if index > 1, isSpace(index - 2) == 2 {
                index -= 2
            } else {
                break
            }
            behind += 1
        }
        return (before, behind)
    }

    /// See ``TokenizerStage``; ids of special tokens are put in when a tokenizer is written.
    public var configuration: StageConfiguration {
        let own = StageConfiguration(
            "ByteLevel",
            [
                "add_prefix_space": .flag(addsPrefixSpace), "trim_offsets": .flag(trimsOffsets),
                "use_regex": .flag(true),
            ])
        guard let template else { return own }
        return .init(
            "Sequence", ["processors": .list([own.value, template.configuration.value])])
    }
}
