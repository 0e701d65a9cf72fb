import SesameTensor
import SesameTestSupport
import Testing

/// What must hold of every attention.
@Suite struct AttentionTests {
    private let qkv = Tensor.normal([2, 9, 24], key: RandomKey(seed: 21))

    private func part(_ index: Int) -> Tensor {
        qkv.sliced(axis: 2, index * 8..<(index + 1) * 8)
    }

    @Test("Packed and separate forms give the same bits")
    func forms() {
        let mask = AttentionMask(lengths: [9, 6], keyCount: 9)
        let packed = attention(packed: qkv, headCount: 2, causal: true, keyMask: mask)
        let separate = attention(
            query: part(0), key: part(1), value: part(2), headCount: 2, causal: true, keyMask: mask)
        #expect(packed.shape == [2, 9, 8])
        #expect(bitDifference(packed.scalars, from: separate.scalars) == nil)
    }

    @Test("A causal position does not see the future")
    func causality() {
        var changed = qkv
        changed.withUnsafeMutableBufferPointer { buffer in
            for index in 5 * 24..<9 * 24 { buffer[index] += 3 }
        }
        let before = attention(packed: qkv, headCount: 2, causal: true)
        let after = attention(packed: changed, headCount: 2, causal: true)
        let past = 0..<5
        #expect(
            bitDifference(
                after.sliced(axis: 1, past).sliced(axis: 0, 0..<1).scalars,
                from: before.sliced(axis: 1, past).sliced(axis: 0, 0..<1).scalars) == nil)
        #expect(after.scalars != before.scalars)
    }

    @Test("What is hidden changes nothing, and receives no gradient")
    func padding() {
        let mask = AttentionMask(lengths: [9, 4], keyCount: 9)
        let (_, y, gradients) = Inputs(tensors: [part(0), part(1), part(2)]).valueWithGradients {
            let y = attention(
                query: $0.tensors[0], key: $0.tensors[1], value: $0.tensors[2], headCount: 2,
                causal: false, keyMask: mask)
            return ((y * y).sum(), y.detached())
        }
        for input in [1, 2] {
            let hidden = gradients[input]?.sliced(axis: 0, 1..<2).sliced(axis: 1, 4..<9)
            #expect(hidden?.scalars == [Float](repeating: 0, count: 40))
        }
        // The short sequence by itself, without padding.
        let alone = attention(
            packed: qkv.sliced(axis: 0, 1..<2).sliced(axis: 1, 0..<4), headCount: 2, causal: false)
        #expect(
            difference(
                y.sliced(axis: 0, 1..<2).sliced(axis: 1, 0..<4).scalars, from: alone.scalars,
                absolute: 1e-6) == nil)
    }

    /// Sequences of several lengths: queries and keys of each.
    private static let lengths = (queries: [3, 9, 1], keys: [7, 2, 9])

    /// Tensors `[3, 9, 8]` and their rows end to end, by the lengths.
    private func packed(_ tensor: Tensor, _ lengths: [Int]) -> Tensor {
        concatenated(
            lengths.enumerated().map { row, length in
                tensor.sliced(axis: 0, row..<row + 1).sliced(axis: 1, 0..<length)
            }, axis: 1)
    }

    private func ranges(_ lengths: [Int]) -> [Range<Int>] {
        var start = 0
        return lengths.map { length in
            defer { start += length }
            return start..<start + length
        }
    }

    @Test("Sequences end to end give what padded ones give, gradients and dropout included")
    func sequences() {
        let parts = (0..<3).map { Tensor.normal([3, 9, 8], key: RandomKey(seed: 30 + $0)) }
        let upstream = Tensor.normal([3, 9, 8], key: RandomKey(seed: 33))
        let dropout = DropoutSite(probability: 0.4, key: RandomKey(seed: 34))
        let (queries, keys) = Self.lengths
        let mask = AttentionMask(lengths: keys, keyCount: 9)
        let padded = Inputs(tensors: parts).valueWithGradients {
            let y = attention(
                query: $0.tensors[0], key: $0.tensors[1], value: $0.tensors[2], headCount: 2,
                causal: false, keyMask: mask, dropout: dropout)
            return ((packed(y, queries) * packed(upstream, queries)).sum(), packed(y, queries))
        }
        let inputs = Inputs(tensors: [
            packed(parts[0], queries), packed(parts[1], keys), packed(parts[2], keys),
        ])
        let found = inputs.valueWithGradients {
            let y = attention(
                query: $0.tensors[0], key: $0.tensors[1], value: $0.tensors[2], headCount: 2,
                causal: false,
                sequences: AttentionSequences(queries: ranges(queries), keys: ranges(keys)),
                dropout: dropout)
            return ((y * packed(upstream, queries)).sum(), y)
        }
        #expect(difference(found.1.scalars, from: padded.1.scalars, absolute: 1e-6) == nil)
        for (input, lengths) in [queries, keys, keys].enumerated() {
            let expected = padded.2[input].map { packed($0, lengths).scalars } ?? []
            #expect(
                difference(found.2[input]?.scalars ?? [], from: expected, absolute: 2e-6) == nil)
        }
    }

    @Test("Causal self-attention of sequences end to end is that of each by itself")
    func packedSequences() {
        let lengths = [4, 1, 9, 4]
        let x = Tensor.normal([1, 18, 24], key: RandomKey(seed: 40))
        let (_, y, gradients) = Inputs(tensors: [x]).valueWithGradients {
            let y = attention(
                packed: $0.tensors[0], headCount: 2, causal: true, sequences: ranges(lengths))
            return ((y * y).sum(), y.detached())
        }
        for range in ranges(lengths) {
            let part = x.sliced(axis: 1, range)
            let (_, alone, gradient) = Inputs(tensors: [part]).valueWithGradients {
                let y = attention(packed: $0.tensors[0], headCount: 2, causal: true)
                return ((y * y).sum(), y.detached())
            }
            #expect(bitDifference(y.sliced(axis: 1, range).scalars, from: alone.scalars) == nil)
            #expect(
                bitDifference(
                    gradients[0]?.sliced(axis: 1, range).scalars ?? [],
                    from: gradient[0]?.scalars ?? []) == nil)
        }
    }

    @Test("Weights are those that attention takes, padded or end to end")
    func weights() {
        let (q, k, v) = (part(0), part(1), part(2))
        let mask = AttentionMask(lengths: [9, 4], keyCount: 9)
        let cases: [(causal: Bool, mask: AttentionMask?)] = [
            (true, nil), (false, mask), (true, mask),
        ]
        for (causal, mask) in cases {
            let weights = attentionWeights(
                query: q, key: k, headCount: 2, causal: causal, keyMask: mask)
            #expect(weights.shape == [2, 2, 9, 9])
            // Each head's weights times its values.
            var expected: [Tensor] = []
            for b in 0..<2 {
                let heads = (0..<2).map { h in
                    matmul(
                        weights.sliced(axis: 0, b..<b + 1).sliced(axis: 1, h..<h + 1)
                            .reshaped([9, 9]),
                        v.sliced(axis: 0, b..<b + 1).sliced(axis: 2, h * 4..<h * 4 + 4)
                            .reshaped([9, 4]))
                }
                expected.append(concatenated(heads, axis: 1).reshaped([1, 9, 8]))
            }
            let y = attention(
                query: q, key: k, value: v, headCount: 2, causal: causal, keyMask: mask)
            #expect(
                difference(
                    y.scalars, from: concatenated(expected, axis: 0).scalars, absolute: 1e-6)
                    == nil)
        }
        // Two sequences of queries may look at the same keys.
        let shared = attentionWeights(
            query: q.sliced(axis: 0, 0..<1), key: k.sliced(axis: 0, 0..<1), headCount: 2,
            causal: false,
            sequences: AttentionSequences(queries: [0..<2, 2..<9], keys: [3..<7, 3..<7]))
        #expect(shared.shape == [2, 2, 7, 4])
        #expect(
            shared.sliced(axis: 0, 0..<1).sliced(axis: 2, 2..<7).scalars
                == [Float](repeating: 0, count: 40))
    }

    @Test("A query that sees no key gives zeros, and zero gradients")
    func nothingVisible() {
        let mask = AttentionMask(lengths: [9, 0], keyCount: 9)
        let (_, y, gradients) = Inputs(tensors: [qkv]).valueWithGradients { module in
            let y = attention(packed: module.tensors[0], headCount: 2, causal: false, keyMask: mask)
            return (y.sum(), y.detached())
        }
        #expect(y.sliced(axis: 0, 1..<2).scalars == [Float](repeating: 0, count: 72))
        #expect(
            gradients[0]?.sliced(axis: 0, 1..<2).scalars == [Float](repeating: 0, count: 9 * 24))
        #expect(gradients.allFinite)
    }

    @Test("Dropout depends on its key alone, and keeps the mean")
    func dropoutKey() {
        func run(_ seed: UInt64) -> Tensor {
            attention(
                packed: qkv, headCount: 2, causal: false,
                dropout: DropoutSite(probability: 0.3, key: RandomKey(seed: seed)))
        }
        #expect(run(1).scalars == run(1).scalars)
        #expect(run(1).scalars != run(2).scalars)
        var mean = Tensor(zeros: [2, 9, 8])
        for seed in 0..<400 { mean.add(scaled: 1 / 400, run(UInt64(seed))) }
        let exact = attention(packed: qkv, headCount: 2, causal: false)
        #expect(difference(mean.scalars, from: exact.scalars, absolute: 0.15) == nil)
    }

    @Test("Keeping keys and values gives what the whole sequence gives")
    func appending() {
        let whole = attention(packed: qkv, headCount: 2, causal: true)
        var keys = Tensor(zeros: [2, 12, 8])
        var values = Tensor(zeros: [2, 12, 8])
        var parts: [Tensor] = []
        for range in [0..<4, 4..<5, 5..<9] {
            parts.append(
                attentionAppending(
                    qkv.sliced(axis: 1, range), keys: &keys, values: &values,
                    count: range.lowerBound, headCount: 2, precision: .float32))
        }
        #expect(
            difference(
                concatenated(parts, axis: 1).scalars, from: whole.scalars, absolute: 1e-6) == nil)
    }

    /// Softmax over what a mask leaves of all scores, without the kernel, for one head.
    private func maskedDense(_ q: Tensor, _ k: Tensor, _ v: Tensor, band: Int) -> Tensor {
        let time = q.shape[0]
        let scores = matmul(q, k, transposeB: true) * (1 / Float(q.shape[1]).squareRoot())
        var mask = Tensor(zeros: [time, time])
        mask.withUnsafeMutableBufferPointer { mask in
            for i in 0..<time {
                for j in 0..<time where j > i || j <= i - band { mask[i * time + j] = -1e30 }
            }
        }
        return matmul(softmax(scores + mask), v)
    }

    @Test(
        "A band gives what masked dense attention gives, forward and backward",
        arguments: [1, 7, 40])
    func banded(band: Int) {
        let (time, size) = (90, 8)
        let inputs = (0..<3).map { Tensor.normal([time, size], key: RandomKey(seed: 30 + $0)) }
        let weights = Tensor.normal([time, size], key: RandomKey(seed: 40))
        let dense = Inputs(tensors: inputs).valueWithGradients {
            let y = self.maskedDense($0.tensors[0], $0.tensors[1], $0.tensors[2], band: band)
            return ((y * weights).sum(), y.detached())
        }
        let found = Inputs(tensors: inputs).valueWithGradients {
            let y = attention(
                query: $0.tensors[0].reshaped([1, time, size]),
                key: $0.tensors[1].reshaped([1, time, size]),
                value: $0.tensors[2].reshaped([1, time, size]), headCount: 1, causal: true,
                band: band
            ).reshaped([time, size])
            return ((y * weights).sum(), y.detached())
        }
        #expect(difference(found.1.scalars, from: dense.1.scalars, absolute: 1e-5) == nil)
        for index in 0..<3 {
            #expect(
                difference(
                    found.2[index]?.scalars ?? [], from: dense.2[index]?.scalars ?? [],
                    absolute: 1e-5) == nil, "input \(index)")
        }
    }

    @Test(
        "Keeping keys and values gives what the whole sequence gives in a band",
        arguments: [1, 3, 8])
    func bandedAppending(band: Int) {
        let whole = attention(packed: qkv, headCount: 2, causal: true, band: band)
        var keys = Tensor(zeros: [2, 12, 8])
        var values = Tensor(zeros: [2, 12, 8])
        var parts: [Tensor] = []
        for range in [0..<4, 4..<5, 5..<9] {
            parts.append(
                attentionAppending(
                    qkv.sliced(axis: 1, range), keys: &keys, values: &values,
                    count: range.lowerBound, headCount: 2, band: band, precision: .float32))
        }
        #expect(
            difference(
                concatenated(parts, axis: 1).scalars, from: whole.scalars, absolute: 1e-6) == nil)
    }
}
