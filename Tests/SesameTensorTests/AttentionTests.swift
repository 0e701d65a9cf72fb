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
}
