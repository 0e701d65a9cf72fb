import Foundation
import SesameTestSupport
import SesameText

/// A folder of its own for the files of one test, gone afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("sesame-text-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// The error a body throws as a ``TextError``, or nil.
func textError(_ body: () throws -> Void) -> TextError? {
    do {
        try body()
        return nil
    } catch {
        return error as? TextError
    }
}

/// A small vocabulary with BERT's special tokens.
let smallVocabulary = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "the", "quick", "fox",
    "##es", "jump", "##ed", ",", ".", "!", "a", "##b", "##c", "ab", "中", "国", "cafe", "é", "caf",
    "##é",
    "'", "t", "don", "σ", "##ς", "##σ", "ο",
]

func smallTokenizer(lowercase: Bool = true) throws -> Tokenizer {
    try .wordPiece(vocabulary: Vocabulary(tokens: smallVocabulary), lowercase: lowercase)
}

/// The stretches of a text that offsets name.
func slices(_ text: String, _ offsets: [Range<Int>]) -> [String] {
    let bytes = Array(text.utf8)
    return offsets.map { String(decoding: bytes[$0], as: UTF8.self) }
}

/// The text of Unicode scalars.
func text(_ scalars: [UInt32]) -> String {
    var text = String.UnicodeScalarView()
    for scalar in scalars { text.append(Unicode.Scalar(scalar) ?? "\u{FFFD}") }
    return String(text)
}
