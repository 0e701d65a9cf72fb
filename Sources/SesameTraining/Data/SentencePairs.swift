import SesameTensor

/// One pretraining sequence: two ranges of a ``SentenceCorpus``'s ids, before special tokens.
public struct SentencePair: Sendable, Hashable {
    /// The first segment.
    public var first: Range<Int>
    /// The second segment; empty where the sequence has only one.
    public var second: Range<Int>
    /// Whether the second segment follows the first in its document; nil for a single segment.
    /// Swapped segments do not.
    public var isNext: Bool?

    /// A sequence of one or two ranges.
    public init(first: Range<Int>, second: Range<Int>, isNext: Bool?) {
        self.first = first
        self.second = second
        self.isNext = isNext
    }

    /// Number of tokens without special ones.
    public var tokenCount: Int { first.count + second.count }
}

/// Draws the sequences that BERT is pretrained on.
public struct SentencePairSampler: Sendable {
    /// Longest sequence, special tokens included.
    public let maxLength: Int
    /// Share of the sequences packed to a random shorter length.
    public let shortFraction: Double

    /// A sampler for sequences of up to `maxLength` tokens, `[CLS]` and `[SEP]`s included.
    public init(maxLength: Int, shortFraction: Double = 0.1) {
        precondition(maxLength >= 8, "maxLength \(maxLength) leaves no room for two segments")
        self.maxLength = maxLength
        self.shortFraction = shortFraction
    }

    /// Pairs of segments for next-sentence prediction, in the order of the documents.
    ///
    /// BERT's procedure: sentences are gathered up to the target length and cut at a random sentence
    /// boundary; half of the time the second part is replaced by sentences from another document,
    /// and the unused ones go into the next sequence. Pairs that are too long lose tokens of the
    /// longer segment, at its front or back.
    ///
    /// Two departures. BERT's code makes a sequence of a single sentence a negative pair, always, which
    /// gives the answer away; here a sequence always gathers two sentences or more, so that each pair is
    /// a fair coin toss. And documents of one sentence take no part: where headings are documents of
    /// their own, a very short second segment would give negatives away (on WikiText-2 the segments'
    /// lengths alone then tell three pairs of four).
    ///
    /// Source: google-research/bert, create_pretraining_data.py, `create_instances_from_document`.
    /// - Parameters:
    ///   - corpus: At least two documents of two sentences or more.
    ///   - generator: Source of the choices.
    public func pairs(
        of corpus: SentenceCorpus, generator: inout RandomGenerator
    ) -> [SentencePair] {
        let documents = corpus.pairableDocuments
        precondition(
            documents.count >= 2,
            "\(documents.count) documents of two sentences; negatives need two")
        let starts = corpus.sentenceStarts
        let room = maxLength - 3  // [CLS] first [SEP] second [SEP]
        var result: [SentencePair] = []
        for (place, document) in documents.enumerated() {
            let documentEnd = corpus.documentStarts[document + 1]
            var next = corpus.documentStarts[document]
            while documentEnd - next >= 2 {
                let (target, end, cut) = gathered(
                    from: next, before: documentEnd, starts, room: room, &generator)
                let first = starts[next]..<starts[cut]
                if generator.next(below: 2) == 0 {
                    var choice = generator.next(below: documents.count - 1)
                    if choice >= place { choice += 1 }
                    let other = documents[choice]
                    let otherStart = corpus.documentStarts[other]
                    let otherEnd = corpus.documentStarts[other + 1]
                    let start = otherStart + generator.next(below: otherEnd - otherStart)
                    var stop = start + 1
                    while stop < otherEnd, starts[stop] - starts[start] < target - first.count {
                        stop += 1
                    }
                    result.append(
                        truncated(
                            SentencePair(
                                first: first, second: starts[start]..<starts[stop], isNext: false),
                            to: room, &generator))
                    next = cut
                } else {
                    result.append(
                        truncated(
                            SentencePair(
                                first: first, second: starts[cut]..<starts[end], isNext: true),
                            to: room, &generator))
                    next = end
                }
            }
        }
        return result
    }

    /// Pairs of segments that follow each other, half of them swapped, in the order of the documents.
    ///
    /// Sentences are gathered and cut as for next-sentence prediction.
    ///
    /// Source: Lan et al. 2020, ALBERT, https://arxiv.org/abs/1909.11942, section 3.1.
    /// - Parameters:
    ///   - corpus: At least one document of two sentences or more; those of one take no part.
    ///   - generator: Source of the choices.
    public func orderedPairs(
        of corpus: SentenceCorpus, generator: inout RandomGenerator
    ) -> [SentencePair] {
        let starts = corpus.sentenceStarts
        let room = maxLength - 3  // [CLS] first [SEP] second [SEP]
        var result: [SentencePair] = []
        for document in corpus.pairableDocuments {
            let documentEnd = corpus.documentStarts[document + 1]
            var next = corpus.documentStarts[document]
            while documentEnd - next >= 2 {
                let (_, end, cut) = gathered(
                    from: next, before: documentEnd, starts, room: room, &generator)
                let (first, second) = (starts[next]..<starts[cut], starts[cut]..<starts[end])
                let isSwapped = generator.next(below: 2) == 0
                result.append(
                    truncated(
                        SentencePair(
                            first: isSwapped ? second : first,
                            second: isSwapped ? first : second, isNext: !isSwapped),
                        to: room, &generator))
                next = end
            }
        }
        return result
    }

    /// Sentences from `next` on, up to a length that is drawn, and where they are cut in two.
    private func gathered(
        from next: Int, before documentEnd: Int, _ starts: [Int], room: Int,
        _ generator: inout RandomGenerator
    ) -> (target: Int, end: Int, cut: Int) {
        var target = room
        if drawsShort(&generator) { target = 2 + generator.next(below: room - 1) }
        var end = next + 2
        while end < documentEnd, starts[end] - starts[next] < target { end += 1 }
        if documentEnd - end == 1 { end = documentEnd }
        return (target, end, next + 1 + generator.next(below: end - next - 1))
    }

    /// Single segments of whole sentences, packed up to the length, in the order of the documents.
    ///
    /// For pretraining without next-sentence prediction. A sentence longer than a sequence is cut.
    /// - Parameters:
    ///   - corpus: Any number of documents.
    ///   - generator: Source of the choice of short sequences.
    public func segments(
        of corpus: SentenceCorpus, generator: inout RandomGenerator
    ) -> [SentencePair] {
        let starts = corpus.sentenceStarts
        let room = maxLength - 2  // [CLS] first [SEP]
        var result: [SentencePair] = []
        for document in 0..<corpus.documentCount {
            let end = starts[corpus.documentStarts[document + 1]]
            var sentence = corpus.documentStarts[document]
            var position = starts[sentence]
            while position < end {
                var target = room
                if drawsShort(&generator) { target = 2 + generator.next(below: room - 1) }
                var stop = position
                while sentence < corpus.documentStarts[document + 1],
                    starts[sentence + 1] - position <= target
                {
                    sentence += 1
                    stop = starts[sentence]
                }
                if stop == position { stop = min(end, position + target) }
                result.append(
                    SentencePair(first: position..<stop, second: stop..<stop, isNext: nil))
                position = stop
            }
        }
        return result
    }

    private func drawsShort(_ generator: inout RandomGenerator) -> Bool {
        let choice: Double = generator.nextUniform()
        return choice < shortFraction
    }

    /// Takes tokens off the longer segment, at either end by a coin toss, until the pair fits.
    package func truncated(
        _ pair: SentencePair, to room: Int, _ generator: inout RandomGenerator
    ) -> SentencePair {
        var pair = pair
        while pair.tokenCount > room {
            let front = generator.next(below: 2) == 0
            if pair.first.count > pair.second.count {
                pair.first = pair.first.shortened(atFront: front)
            } else {
                pair.second = pair.second.shortened(atFront: front)
            }
        }
        return pair
    }
}

extension Range<Int> {
    fileprivate func shortened(atFront: Bool) -> Range<Int> {
        atFront ? lowerBound + 1..<upperBound : lowerBound..<upperBound - 1
    }
}
