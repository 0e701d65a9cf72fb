import Foundation
import SesameModels
import SesameNN
import SesameTensor
import Testing

@Suite struct ExplainingTests {
    private static let bert = BERTConfig(
        vocabularySize: 40, maxSequenceLength: 16, hiddenSize: 12, layerCount: 2, headCount: 3,
        feedForwardSize: 24, initializerDeviation: 0.3)
    private static let gpt = GPTConfig(
        vocabularySize: 40, maxSequenceLength: 16, hiddenSize: 12, layerCount: 2, headCount: 3,
        initializerDeviation: 0.3)
    private static let ids: [Int32] = [3, 17, 5, 17, 39, 0]

    private static func classifiers() throws -> [SequenceClassifier] {
        let head = SequenceHead.classification(labels: ["a", "b", "c"])
        let key = RandomKey(seed: 4)
        let textCNN = TextCNN(
            TextCNNConfig(
                vocabularySize: 40, embeddingSize: 12, widths: [1, 2], filterCount: 5), key: key)
        return try [
            SequenceClassifier(bert: BERT(configuration: bert, key: key), head: head, key: key),
            SequenceClassifier(gpt: GPT(configuration: gpt, key: key), head: head, key: key),
            SequenceClassifier(textCNN: textCNN, head: head, key: key),
        ]
    }

    /// A token's score is the slope of the output as its vector alone is scaled.
    @Test(arguments: 0..<3)
    func attributionsAreSlopes(_ kind: Int) throws {
        let classifier = try Self.classifiers()[kind]
        // The greatest of two equal features has no slope: a convolution sees no token twice.
        let ids: [Int32] = kind == 2 ? [3, 17, 5, 22, 39, 0] : Self.ids
        let (value, scores) = try classifier.attributions(of: ids, output: 1)
        let table = classifier.parameters.first { $0.path.hasSuffix("mbedding.weight") }
        let vectors = try #require(table).tensor.selectedRows(
            IDTensor(ids, shape: [ids.count]))
        #expect(scores.count == ids.count)
        /// The output with one position's vector scaled.
        func output(_ position: Int, _ factor: Float) throws -> Double {
            // Every position gets a row of its own.
            var model = classifier
            var rows = vectors
            rows.withUnsafeMutableBufferPointer { values in
                for column in 0..<12 { values[position * 12 + column] *= factor }
            }
            struct Replacement: ParameterVisitor {
                let path: String
                let tensor: Tensor
                mutating func visit(_ tensor: inout Tensor, at path: ParameterPath) {
                    if path.description == self.path { tensor = self.tensor }
                }
            }
            var visitor = Replacement(path: try #require(table).path, tensor: rows)
            model.visitParameters(&visitor, at: ParameterPath())
            let places = IDTensor((0..<6).map { Int32($0) }, shape: [1, 6])
            return Double(model.logits(places, context: .evaluation()).scalars[1])
        }
        #expect(abs(Double(value) - (try output(0, 1))) < 1e-5)
        for position in ids.indices {
            let step: Float = 1.0 / 128
            let slope =
                try (output(position, 1 + step) - output(position, 1 - step)) / Double(2 * step)
            #expect(
                abs(Double(scores[position]) - slope) < 2e-3,
                "position \(position): \(scores[position]), slope \(slope)")
        }
    }

    @Test func mapsAreTheSoftmaxOfQueriesAndKeys() throws {
        let key = RandomKey(seed: 9)
        let bert = try BERT(configuration: Self.bert, key: key)
        let maps = try bert.attentionMaps(of: Self.ids)
        #expect(maps.map(\.shape) == [[3, 6, 6], [3, 6, 6]])
        let context = ForwardContext.evaluation()
        let x = bert.embed(IDTensor(Self.ids, shape: [1, 6]), typeIDs: nil, context: context)
        let packed = bert.layers[0].attention.projection(x, context: context).scalars
        for head in 0..<3 {
            for row in 0..<6 {
                let products = (0..<6).map { column -> Double in
                    (0..<4).reduce(0) {
                        $0 + Double(packed[row * 36 + head * 4 + $1])
                            * Double(packed[column * 36 + 12 + head * 4 + $1])
                    } / 2
                }
                let sum = products.reduce(0) { $0 + exp($1) }
                for column in 0..<6 {
                    let found = maps[0].scalars[(head * 6 + row) * 6 + column]
                    #expect(abs(Double(found) - exp(products[column]) / sum) < 1e-5)
                }
            }
        }
        let gpt = try GPT(configuration: Self.gpt, key: key)
        for map in try gpt.attentionMaps(of: Self.ids) {
            for row in 0..<18 {
                let weights = Array(map.scalars[row * 6..<(row + 1) * 6])
                #expect(abs(weights.reduce(0, +) - 1) < 1e-5)
                #expect(weights[(row % 6 + 1)...].allSatisfy { $0 == 0 })
            }
        }
        #expect(throws: ModelError.self) { try bert.attentionMaps(of: [40]) }
        #expect(throws: ModelError.self) { try gpt.attentionMaps(of: []) }
    }
}
