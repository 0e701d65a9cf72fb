import CSesameKernels
import Foundation

/// A small text and tables for the word2vec kernels.
struct Word2VecProblem {
    static let vocabulary = 199
    static let width = 20
    static let stride = 32
    static let round = 3

    var block = 16
    var cbow: Bool
    var shared: Bool
    var negatives: Int
    var window: Int
    var ids: [UInt32]
    var offsets: [UInt64]
    var rates: [Float]
    var input: [Float]
    var output: [Float]
    var keep: [UInt32]
    var noise: [sesame_alias]
    var pathOffsets: [UInt64] = [0]
    var pathNodes: [UInt32] = []
    var partOffsets: [UInt64] = []
    var parts: [UInt32] = []
    let key = sesame_key(seed: 7, stream: 3)

    init(
        cbow: Bool, shared: Bool, negatives: Int, window: Int, hasParts: Bool, length: Int = 150
    ) {
        (self.cbow, self.shared, self.negatives, self.window) = (cbow, shared, negatives, window)
        var random = TestRandom(11)
        let vocabulary = Self.vocabulary
        // A skewed text, so that windows hold words twice and negatives meet centres.
        ids = (0..<length).map { _ in
            let (a, b) = (random.next() % UInt64(vocabulary), random.next() % UInt64(vocabulary))
            return UInt32(min(a, b)) | (random.next() % 9 == 0 ? SESAME_SENTENCE_END : 0)
        }
        offsets = [0, UInt64(length / 3), UInt64(length / 2), UInt64(length)]
        rates = [0.05, 0.04, 0.03]
        let rows = vocabulary + (hasParts ? 12 : 0)
        func table(_ rows: Int) -> [Float] {
            (0..<rows).flatMap { _ in
                random.floats(Self.width, in: -0.5...0.5)
                    + [Float](repeating: 0, count: Self.stride - Self.width)
            }
        }
        input = table(rows)
        output = table(vocabulary)
        keep = (0..<vocabulary).map { $0 < 20 ? 0xC000_0000 : .max }
        noise = (0..<vocabulary).map {
            sesame_alias(threshold: 0x9000_0000, alias: UInt32($0 / 2))
        }
        for word in 0..<vocabulary {
            for depth in 0..<(3 + word % 9) {
                let node = UInt32((word * 5 + depth * 3) % (vocabulary - 1))
                pathNodes.append(node | ((word + depth) % 3 == 0 ? SESAME_SENTENCE_END : 0))
            }
            // No path holds a node twice: 3 d is a different one modulo 198 for each of 12 depths.
            pathOffsets.append(UInt64(pathNodes.count))
        }
        if hasParts {
            partOffsets = [0]
            for word in 0..<vocabulary {
                parts.append(UInt32(word))
                for part in 0..<(word % 4) {
                    parts.append(UInt32(vocabulary + (word + part * 5) % 12))
                }
                partOffsets.append(UInt64(parts.count))
            }
        }
    }

    var reference: Word2VecReference {
        Word2VecReference(
            problem: self, input: input.map(Double.init), output: output.map(Double.init))
    }

    func train() -> (input: [Float], output: [Float], sums: [sesame_word2vec_sums]) {
        let stride = Self.stride
        // Rows begin at multiples of 64 bytes.
        func aligned(_ values: [Float]) -> UnsafeMutableBufferPointer<Float> {
            let memory = UnsafeMutableRawPointer.allocate(
                byteCount: values.count * 4, alignment: 64)
            let floats = memory.bindMemory(to: Float.self, capacity: values.count)
            floats.initialize(from: values, count: values.count)
            return UnsafeMutableBufferPointer(start: floats, count: values.count)
        }
        let (input, output) = (aligned(input), aligned(output))
        defer {
            input.deallocate()
            output.deallocate()
        }
        var sums = [sesame_word2vec_sums](repeating: .init(), count: rates.count)
        keep.withUnsafeBufferPointer { keep in
            noise.withUnsafeBufferPointer { noise in
                pathOffsets.withUnsafeBufferPointer { paths in
                    pathNodes.withUnsafeBufferPointer { nodes in
                        partOffsets.withUnsafeBufferPointer { partOffsets in
                            parts.withUnsafeBufferPointer { parts in
                                var model = sesame_word2vec()
                                model.cbow = cbow
                                model.shared = shared
                                model.stride = stride
                                model.window = window
                                model.negatives = negatives
                                model.outputs = negatives > 0 ? negatives + 1 : 11
                                model.block = block
                                model.round = Self.round
                                model.input = input.baseAddress
                                model.output = output.baseAddress
                                model.keep = keep.baseAddress
                                model.noise = noise.baseAddress
                                model.noise_count = noise.count
                                model.path_offsets = paths.baseAddress
                                model.path_nodes = nodes.baseAddress
                                model.part_offsets =
                                    partOffsets.isEmpty ? nil : partOffsets.baseAddress
                                model.parts = parts.baseAddress
                                model.key = key
                                sesame_word2vec_train(
                                    &model, ids, rates.count, offsets, Array(offsets.dropFirst()),
                                    rates, &sums)
                            }
                        }
                    }
                }
            }
        }
        return (Array(input), Array(output), sums)
    }
}

/// The algorithm of word2vec.c and word2vec_window.c in Double, one value at a time.
struct Word2VecReference {
    struct Sums {
        var loss = 0.0
        var pairs: UInt64 = 0
        var words: UInt64 = 0
    }

    struct Centre {
        var word: Int
        var place: Int
        var window: Range<Int>
        var outputs: [(row: Int, label: Double, weight: Double)]
    }

    let problem: Word2VecProblem
    var input: [Double]
    var output: [Double]
    var stopsAfterFirstCentre = false

    private let width = Word2VecProblem.width
    private let stride = Word2VecProblem.stride

    init(problem: Word2VecProblem, input: [Double], output: [Double]) {
        self.problem = problem
        self.input = input
        self.output = output
    }

    mutating func train() -> [Sums] {
        let drawn = problem.rates.indices.map { draw(chunk: $0) }
        var sums = [Sums](repeating: Sums(), count: drawn.count)
        if problem.shared {
            let block = problem.partOffsets.isEmpty ? 1 : problem.block
            for (chunk, centres) in drawn.enumerated() {
                for start in Swift.stride(from: 0, to: centres.count, by: block) {
                    let range = start..<min(start + block, centres.count)
                    var target = output
                    let deltas = trainBlock(
                        centres, range, problem.rates[chunk], &sums[chunk], frozen: nil, &target)
                    output = target
                    add(deltas)
                    if stopsAfterFirstCentre { return sums }
                }
            }
            return sums
        }
        let block = problem.block
        for (chunk, centres) in drawn.enumerated() {
            for start in Swift.stride(
                from: 0, to: centres.count, by: block * Word2VecProblem.round)
            {
                let end = min(start + block * Word2VecProblem.round, centres.count)
                let blocks = Swift.stride(from: start, to: end, by: block).map {
                    $0..<min($0 + block, end)
                }
                let shared = sharedCells(centres, blocks)
                let frozen = Frozen(output: output, cells: shared)
                var deltas: [(row: Int, delta: [Double])] = []
                for range in blocks {
                    deltas += trainBlock(
                        centres, range, problem.rates[chunk], &sums[chunk], frozen: frozen, &output)
                }
                add(deltas)
            }
        }
        return sums
    }

    /// The outputs as a round found them, and the cells whose rows stay so until its end.
    private struct Frozen {
        let output: [Double]
        let cells: Set<UInt32>
    }

    private func cell(_ row: Int, isInput: Bool) -> UInt32 {
        (UInt32(row) * 2 + (isInput ? 1 : 0)) &* 0x9E37_79B1 >> 18
    }

    /// The cells that several blocks touch.
    private func sharedCells(_ centres: [Centre], _ blocks: [Range<Int>]) -> Set<UInt32> {
        var owners: [UInt32: Set<Int>] = [:]
        for (block, range) in blocks.enumerated() {
            for place in places(centres, range) {
                owners[cell(centres[place].word, isInput: true), default: []].insert(block)
            }
            for centre in centres[range] {
                for output in centre.outputs {
                    owners[cell(output.row, isInput: false), default: []].insert(block)
                }
            }
        }
        return Set(owners.filter { $0.value.count > 1 }.keys)
    }

    /// The places that the windows of centres reach.
    private func places(_ centres: [Centre], _ range: Range<Int>) -> Range<Int> {
        let first = range.map { centres[$0].window.lowerBound }.min() ?? 0
        let last = range.map { centres[$0].window.upperBound }.max() ?? 0
        return min(first, range.lowerBound)..<max(last, range.upperBound)
    }

    private mutating func add(_ deltas: [(row: Int, delta: [Double])]) {
        for (row, delta) in deltas {
            for d in 0..<width { input[row * stride + d] += delta[d] }
        }
    }

    private func parts(_ word: Int) -> [Int] {
        if problem.partOffsets.isEmpty { return [word] }
        return problem.parts[Int(problem.partOffsets[word])..<Int(problem.partOffsets[word + 1])]
            .map(Int.init)
    }

    /// Trains centres on copies of their inputs; what is to be added to the inputs' rows.
    private func trainBlock(
        _ centres: [Centre], _ range: Range<Int>, _ rate: Float, _ sums: inout Sums,
        frozen: Frozen?, _ output: inout [Double]
    ) -> [(row: Int, delta: [Double])] {
        let places = places(centres, range)
        func start(_ place: Int) -> [Double] {
            let rows = parts(centres[place].word)
            return (0..<width).map { d in
                rows.reduce(0) { $0 + input[$1 * stride + d] } / Double(rows.count)
            }
        }
        var copies = places.map(start)
        let before = copies
        // The places of a word share a copy, as they share the row.
        func copy(_ place: Int) -> Int {
            let first = places.first { centres[$0].word == centres[place].word } ?? place
            return first - places.lowerBound
        }
        for index in range {
            let centre = centres[index]
            sums.words += 1
            let inputs = centre.window.filter { $0 != index }
            if inputs.isEmpty { continue }
            let slots = inputs.map(copy)
            var vectors = slots.map { copies[$0] }
            let shares = inputs.map { Double(parts(centres[$0].word).count) }
            if problem.cbow {
                let total = shares.reduce(0, +)
                vectors = [
                    (0..<width).map { d in
                        zip(vectors, shares).reduce(0) { $0 + $1.0[d] * $1.1 } / total
                    }
                ]
            }
            sums.pairs += UInt64(vectors.count)
            var errors = vectors.map { _ in [Double](repeating: 0, count: width) }
            var slopes: [[Double]] = []
            for (row, label, weight) in centre.outputs {
                let isFrozen = frozen?.cells.contains(cell(row, isInput: false)) ?? false
                let source = isFrozen ? frozen?.output ?? output : output
                let o = source[row * stride..<row * stride + width]
                slopes.append(
                    vectors.enumerated().map { i, h in
                        let score = zip(h, o).reduce(0) { $0 + $1.0 * $1.1 }
                        sums.loss += weight * (softplus(score) - label * score)
                        let g = Double(rate) * weight * (label - 1 / (1 + exp(-score)))
                        for (d, value) in o.enumerated() { errors[i][d] += g * value }
                        return g
                    })
            }
            // One tile of outputs sees what an equal input before it has become.
            if centre.outputs.count <= 8, !problem.cbow {
                for i in slots.indices {
                    for j in 0..<i where slots[j] == slots[i] {
                        for d in 0..<width { vectors[i][d] += errors[j][d] }
                    }
                }
            }
            for (k, (row, _, _)) in centre.outputs.enumerated() {
                for (i, h) in vectors.enumerated() {
                    for d in 0..<width { output[row * stride + d] += slopes[k][i] * h[d] }
                }
            }
            for (i, slot) in slots.enumerated() {
                for d in 0..<width { copies[slot][d] += errors[problem.cbow ? 0 : i][d] }
            }
            if stopsAfterFirstCentre { break }
        }
        return places.flatMap { place in
            let slot = place - places.lowerBound
            let delta = zip(copies[slot], before[slot]).map { $0 - $1 }
            return parts(centres[place].word).map { ($0, delta) }
        }
    }

    /// What is left of a chunk, with windows and outputs.
    private func draw(chunk: Int) -> [Centre] {
        let range = Int(problem.offsets[chunk])..<Int(problem.offsets[chunk + 1])
        let values = 2 + 2 * problem.negatives
        var centres: [Centre] = []
        var reaches: [Int] = []
        var start = 0
        for place in range {
            var bits = [UInt32](repeating: 0, count: values)
            sesame_random_bits(values, problem.key, UInt64(place * values), &bits)
            let word = Int(problem.ids[place] & ~SESAME_SENTENCE_END)
            if bits[0] <= problem.keep[word] {
                centres.append(
                    Centre(word: word, place: place, window: 0..<0, outputs: outputs(word, bits)))
                reaches.append(1 + Int((UInt64(bits[1]) * UInt64(problem.window)) >> 32))
            }
            if problem.ids[place] & SESAME_SENTENCE_END != 0 || place + 1 == range.upperBound {
                for t in start..<centres.count {
                    centres[t].window =
                        max(start, t - reaches[t])..<min(centres.count, t + reaches[t] + 1)
                }
                start = centres.count
            }
        }
        return centres
    }

    private func outputs(_ word: Int, _ bits: [UInt32]) -> [(Int, Double, Double)] {
        if problem.negatives == 0 {
            let path = problem.pathNodes[
                Int(problem.pathOffsets[word])..<Int(problem.pathOffsets[word + 1])]
            return path.map {
                (Int($0 & ~SESAME_SENTENCE_END), $0 & SESAME_SENTENCE_END != 0 ? 0 : 1, 1)
            }
        }
        var counts: [Int: Double] = [:]
        for k in 0..<problem.negatives {
            let cell = Int((UInt64(bits[2 + 2 * k]) * UInt64(problem.noise.count)) >> 32)
            let entry = problem.noise[cell]
            let id = bits[3 + 2 * k] < entry.threshold ? cell : Int(entry.alias)
            if id != word { counts[id, default: 0] += 1 }
        }
        return [(word, 1, 1)] + counts.sorted { $0.key < $1.key }.map { ($0.key, 0, $0.value) }
    }
}

private func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
