import Foundation
import SesameTensor
import SesameTestSupport
import Testing

@Suite struct RandomTests {
    private let key = RandomKey(seed: 42, stream: 7)

    @Test("Equal keys give equal values, derived keys others")
    func keys() {
        let a = Tensor.uniform([1000], in: 0..<1, key: key)
        #expect(a.scalars == Tensor.uniform([1000], in: 0..<1, key: key).scalars)
        #expect(a.scalars.prefix(10) == Tensor.uniform([10], in: 0..<1, key: key).scalars[...])
        let derived = (0..<100).map { key.derived($0) }
        #expect(Set(derived).count == 100)
        #expect(key.derived(1).derived(2) != key.derived(2).derived(1))
        #expect(derived.allSatisfy { $0.seed == 42 })
        #expect(a.scalars != Tensor.uniform([1000], in: 0..<1, key: key.derived(0)).scalars)
    }

    @Test("Uniform and normal values have their moments")
    func moments() {
        let count = 100_000
        let uniform = Tensor.uniform([count], in: -1..<3, key: key)
        #expect(uniform.scalars.allSatisfy { $0 >= -1 && $0 < 3 })
        #expect(abs(uniform.mean().scalar - 1) < 0.02)
        #expect(abs((uniform * uniform).mean().scalar - (1 + 16.0 / 12)) < 0.04)
        let normal = Tensor.normal([count], mean: 2, standardDeviation: 0.5, key: key)
        #expect(abs(normal.mean().scalar - 2) < 0.01)
        let centered = normal - Tensor(2)
        #expect(abs((centered * centered).mean().scalar - 0.25) < 0.01)
    }

    @Test("A generator goes on where it was saved")
    func resume() throws {
        var generator = RandomGenerator(key: key)
        for _ in 0..<21 { _ = generator.nextBits() }
        let data = try JSONEncoder().encode(generator)
        var restored = try JSONDecoder().decode(RandomGenerator.self, from: data)
        #expect(restored == generator)
        #expect((0..<50).map { _ in restored.next() } == (0..<50).map { _ in generator.next() })
        var jumped = RandomGenerator(key: key, counter: 121)
        #expect(jumped.nextBits() == generator.nextBits())
    }

    @Test("A generator's values are the key's stream")
    func stream() {
        var generator = RandomGenerator(key: key)
        let uniform = (0..<40).map { _ -> Float in generator.nextUniform() }
        let tensor = Tensor.uniform([40], in: 0..<1, key: key)
        #expect(difference(uniform, from: tensor.scalars, absolute: 1e-6) == nil)
    }

    @Test("Integers are in range and even; shuffling keeps the elements")
    func integers() {
        var generator = RandomGenerator(seed: 3)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[generator.next(below: 7)] += 1 }
        #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
        var array = Array(0..<100)
        generator.shuffle(&array)
        #expect(array != Array(0..<100) && array.sorted() == Array(0..<100))
        var twin = RandomGenerator(seed: 3)
        var again = Array(0..<100)
        for _ in 0..<70_000 { _ = twin.next(below: 7) }
        twin.shuffle(&again)
        #expect(again == array)
        let double: Double = generator.nextUniform()
        #expect(double >= 0 && double < 1)
    }

    @Test("Dropout keeps the expected share, scaled, and the same elements in its gradient")
    func dropoutMask() {
        let x = Tensor(repeating: 1, shape: [10_000])
        let (_, y, gradients) = Inputs(tensors: [x]).valueWithGradients { module in
            let y = dropout(module.tensors[0], probability: 0.25, key: key)
            return (y.sum(), y.detached())
        }
        let kept = y.scalars.filter { $0 != 0 }
        #expect(abs(kept.count - 7500) < 200)
        #expect(kept.allSatisfy { abs($0 - 4.0 / 3) < 1e-6 })
        #expect(gradients[0]?.scalars == y.scalars)
        #expect(dropout(x, probability: 0, key: key).scalars == x.scalars)
    }
}
