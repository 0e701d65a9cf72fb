import SesameTensor
import SesameTestSupport
import Testing

@Suite struct ShapeTests {
    @Test("Sizes, counts and parts")
    func parts() {
        let shape: Shape = [2, 3, 4]
        #expect(shape.count == 3 && Array(shape) == [2, 3, 4])
        #expect(shape.elementCount == 24 && shape.last == 4 && shape.leading == 6)
        #expect(shape.droppingLast == [2, 3])
        #expect(shape.replacingLast(with: 5) == [2, 3, 5])
        #expect(shape.appending(1) == [2, 3, 4, 1])
        #expect(shape.replacing(axis: 1, with: 7) == [2, 7, 4])
        #expect(shape.removing(axis: 0) == [3, 4])
        #expect(shape.description == "[2, 3, 4]")
        #expect(Shape([3, 4]).isSuffix(of: shape) && !Shape([2, 3]).isSuffix(of: shape))
        #expect(Set([shape, [2, 3, 4], [4, 3, 2]]).count == 2)
    }

    @Test("The empty shape has one element; an empty axis none")
    func edges() {
        let scalar: Shape = []
        #expect(scalar.elementCount == 1 && scalar.last == 1 && scalar.leading == 1)
        #expect(scalar.isSuffix(of: [2]) && scalar.droppingLast == [])
        let empty: Shape = [3, 0]
        #expect(empty.elementCount == 0 && empty.leading == 3)
    }
}

@Suite struct TensorTests {
    @Test("Elements go in and come out")
    func elements() {
        #expect(Tensor([1, 2, 3, 4], shape: [2, 2]).scalars == [1, 2, 3, 4])
        #expect(Tensor(zeros: [2]).scalars == [0, 0])
        #expect(Tensor(repeating: 2, shape: [3]).scalars == [2, 2, 2])
        #expect(Tensor(7).scalar == 7)
        #expect(Tensor([], shape: [0, 5]).scalars.isEmpty)
        let counted = Tensor(unsafeUninitializedShape: [3]) { buffer in
            for index in buffer.indices { buffer[index] = Float(index) }
        }
        #expect(counted.scalars == [0, 1, 2])
        #expect(counted.description == "Tensor [3]: 0.0, 1.0, 2.0")
    }

    @Test("A copy is a value of its own")
    func copyOnWrite() {
        let original = Tensor([1, 2, 3, 4], shape: [4])
        var copy = original.reshaped([2, 2])
        copy.withUnsafeMutableBufferPointer { $0[0] = 9 }
        #expect(original.scalars == [1, 2, 3, 4])
        #expect(copy.scalars == [9, 2, 3, 4])
        copy.scale(by: 2)
        copy.add(scaled: -1, original.reshaped([2, 2]))
        #expect(copy.scalars == [17, 2, 3, 4])
    }

    @Test("Memory is aligned to 64 bytes")
    func alignment() {
        for count in [0, 1, 15, 17, 1000, 100_000] {
            let tensor = Tensor(zeros: [count])
            tensor.withUnsafeBufferPointer {
                #expect(UInt(bitPattern: $0.baseAddress) % 64 == 0)
                #expect($0.count == count)
            }
        }
    }

    @Test("Empty tensors pass through operators")
    func emptyTensors() {
        let empty = Tensor(zeros: [0, 3])
        let weight = Tensor(zeros: [2, 3])
        let (_, gradients) = Inputs(tensors: [empty, weight]).valueWithGradients {
            linear($0.tensors[0], weight: $0.tensors[1], bias: nil, activation: .gelu).sum()
        }
        #expect(gradients[0]?.shape == [0, 3])
        #expect(gradients[1]?.scalars == [0, 0, 0, 0, 0, 0])
        #expect(softmax(empty).shape == [0, 3])
        #expect((empty + Tensor(1)).shape == [0, 3])
        #expect(empty.sum(axis: 0).scalars == [0, 0, 0])
        #expect(embedding(weight, ids: IDTensor([], shape: [0])).shape == [0, 3])
    }

    @Test("A broken invariant says which values broke it, in release builds too")
    func messages() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = linear(Tensor(zeros: [4, 3]), weight: Tensor(zeros: [5, 2]), bias: nil)
        }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(
            message.contains(
                "linear: expected x [..., in] and weight [out, in], found [4, 3] and [5, 2]"))
    }
}

@Suite struct IDTensorTests {
    @Test("Ids in range pass, the first bad one is named")
    func validation() throws {
        let ids = IDTensor([[0, 4], [2, 5], [-1, 1]])
        #expect(ids.shape == [3, 2] && ids.scalars == [0, 4, 2, 5, -1, 1])
        #expect(try IDTensor([3, 0], shape: [2]).validated(below: 4).scalars == [3, 0])
        #expect(
            try IDTensor([3, -100], shape: [2]).validated(below: 4, allowing: -100).shape == [2])
        let error = #expect(throws: TensorError.self) { try ids.validated(below: 5) }
        #expect(error?.code == .idOutOfRange)
        #expect(
            error?.description
                == "id 5 at position 3 of [3, 2] is outside 0..<5; "
                + "check that the ids were made with this model's vocabulary")
        #expect(throws: TensorError.self) { try ids.validated(below: 6) }
        #expect(throws: TensorError.self) { try ids.validated(below: 5, allowing: -1) }
        #expect(try IDTensor([], shape: [0]).validated(below: 0).elementCount == 0)
    }

    @Test("Masks from lengths and rows")
    func masks() {
        let mask = AttentionMask(lengths: [2, 0], keyCount: 3)
        #expect(mask == AttentionMask([[1, 1, 0], [0, 0, 0]]))
        #expect(!mask.keepsAll && AttentionMask([[1, 1]]).keepsAll && mask.shape == [2, 3])
    }
}

@Suite struct MemoryPoolTests {
    @Test("A size class holds what is asked and wastes at most an eighth")
    func sizeClasses() {
        var sizes: [Int] = (1...5000).map { $0 }
        sizes += (12...40).flatMap { [1 << $0 - 1, 1 << $0, 1 << $0 + 1] }
        for size in sizes {
            let held = MemoryPool.bytes(inSizeClass: MemoryPool.sizeClass(forBytes: size))
            #expect(held >= size && held % 64 == 0, "\(size)")
            #expect(held <= max(64, size + size / 8 + 64), "\(size)")
        }
        let classes = (0..<300).map { MemoryPool.bytes(inSizeClass: $0) }
        #expect(zip(classes, classes.dropFirst()).allSatisfy { $0 < $1 })
        #expect((0..<300).allSatisfy { MemoryPool.sizeClass(forBytes: classes[$0]) == $0 })
    }

    @Test("What is kept is bounded and can be given back")
    func bounds() async {
        await #expect(processExitsWith: .success) {
            MemoryPool.cacheLimit = 1 << 20
            for count in [1 << 10, 1 << 16, 1 << 17, 3 << 16, 1 << 20] {
                _ = (0..<8).map { _ in Tensor(zeros: [count]) }
                #expect(MemoryPool.cachedBytes <= 1 << 20)
            }
            #expect(MemoryPool.liveBytes == 0)
            _ = Tensor(zeros: [100])
            #expect(MemoryPool.cachedBytes > 0)
            MemoryPool.trim()
            #expect(MemoryPool.cachedBytes == 0)
        }
    }
}
