import Foundation
import SesameModels
import SesameTensor
import Testing

/// Model folders whose files are damaged or do not belong together are refused before memory is
/// taken for them. Found by fuzzing.
struct DamagedFolderTests {
    private static let gpt = """
        {"model_type":"gpt2","vocab_size":7,"n_positions":4,"n_embd":4,"n_layer":1,"n_head":2}
        """

    private func error(_ configuration: String) throws -> ModelError? {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sesame-damaged-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(configuration.utf8).write(to: folder.appendingPathComponent("config.json"))
        try SafeTensors.write(
            [("wte.weight", Tensor(zeros: [7, 4]))],
            to: folder.appendingPathComponent("model.safetensors"))
        do {
            _ = try GPT.load(from: folder)
            return nil
        } catch let error as ModelError {
            return error
        }
    }

    @Test(
        "a size beyond reason is named by its key",
        arguments: [
            ("\"n_embd\":4", "\"n_embd\":9223372036854775806", "n_embd"),
            ("\"n_layer\":1", "\"n_layer\":5000", "n_layer"),
            ("\"vocab_size\":7", "\"vocab_size\":4611686018427387904", "vocab_size"),
            ("\"n_embd\":4", "\"n_embd\":1073741824", "parameters"),
        ])
    func sizes(replaced: String, by: String, mention: String) throws {
        let text = Self.gpt.replacingOccurrences(of: replaced, with: by)
        let error = try #require(try error(text))
        #expect(error.code == .configuration)
        #expect(error.description.contains(mention), "\(error)")
    }

    @Test(
        "a configuration far larger than the weights is no reason to take the memory",
        arguments: [
            ("\"n_embd\":4", "\"n_embd\":65536"),
            ("\"n_positions\":4", "\"n_positions\":1073741824"),
            ("\"n_layer\":1", "\"n_layer\":1,\"n_inner\":1073741824"),
        ])
    func tooLarge(replaced: String, by: String) throws {
        let configuration = Self.gpt.replacingOccurrences(of: replaced, with: by)
        let error = try #require(try error(configuration))
        #expect(error.code == .parameters)
        #expect(error.description.contains("config.json describes"), "\(error)")
    }

    @Test("one that is near lists every name")
    func near() throws {
        let error = try #require(try error(Self.gpt))
        #expect(error.code == .parameters)
        #expect(error.missing.count == 15 && error.unexpected.isEmpty, "\(error)")
    }
}
