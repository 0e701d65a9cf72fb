// Prints the tokens of a sentence. That is not the point: a test looks at what this program is linked with.

import SesameText

let vocabulary = try Vocabulary(tokens: [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "text", "##s",
])
let tokenizer = try Tokenizer.wordPiece(vocabulary: vocabulary, lowercase: true)
print(tokenizer.encode("Texts").tokens.joined(separator: " "))
