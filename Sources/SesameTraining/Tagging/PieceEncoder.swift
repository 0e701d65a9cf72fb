import SesameModels
import SesameTensor
import SesameText

/// A sentence as pieces, in one window or several.
package struct PieceExample: TagExample {
    /// The pieces of each window, with their special tokens.
    package var windows: [[Int32]]
    /// Of each word: the window that sees most around it, and where its first piece stands there.
    package var places: [(window: Int, position: Int)]
    package var tags: [Int32]

    var length: Int { windows.reduce(0) { $0 + $1.count } }

    package static func input(of examples: [PieceExample]) -> PieceInput {
        let windows = examples.flatMap(\.windows)
        let time = windows.map(\.count).max() ?? 1
        var ids = [Int32](repeating: 0, count: windows.count * time)
        for (row, window) in windows.enumerated() {
            for (place, id) in window.enumerated() { ids[row * time + place] = id }
        }
        let wordCount = max(1, examples.map(\.places.count).max() ?? 1)
        var places = [Int32](repeating: 0, count: examples.count * wordCount)
        var firstWindow = 0
        for (row, example) in examples.enumerated() {
            for (word, place) in example.places.enumerated() {
                places[row * wordCount + word] = Int32(
                    (firstWindow + place.window) * time + place.position)
            }
            firstWindow += example.windows.count
        }
        return PieceInput(
            ids: IDTensor(ids, shape: [windows.count, time]),
            mask: AttentionMask(lengths: windows.map(\.count), keyCount: time),
            places: IDTensor(places, shape: [examples.count, wordCount]),
            lengths: examples.map(\.places.count))
    }
}

/// Turns sentences into what a ``TokenClassifier`` reads.
///
/// Every word is tokenised by itself. A sentence with more pieces than the model has positions is read in windows of
/// whole words that share a quarter of their pieces with the next one, and each word is told in the window that sees most
/// around it: no word is ever left out.
package struct PieceEncoder: Sendable {
    let tokenizer: Tokenizer
    /// Pieces of a window, special tokens included.
    let maxLength: Int
    private let tagIDs: TagIDs

    /// - Throws: ``TrainingError`` with code `.invalidOption` where a window has no room for a word.
    package init(tokenizer: Tokenizer, tags: [String], maxLength: Int) throws {
        guard maxLength >= 3 else {
            throw TrainingError(
                .invalidOption(
                    name: "the model's positions", expected: "3 or more", found: "\(maxLength)"))
        }
        self.tokenizer = tokenizer
        self.maxLength = maxLength
        tagIDs = TagIDs(tags)
    }

    /// Examples in the order of the sentences.
    /// - Throws: ``TrainingError`` with code `.badLabel` for a tag that the model does not know.
    package func encode(_ sentences: [TaggedSentence]) throws -> [PieceExample] {
        let pieces = tokenizer.encodeIDsBatch(sentences.flatMap(\.words))
        var next = 0
        return try sentences.map { sentence in
            defer { next += sentence.words.count }
            return example(
                Array(pieces[next..<next + sentence.words.count]), tags: try tagIDs(sentence))
        }
    }

    private func example(_ words: [[Int32]], tags: [Int32]) -> PieceExample {
        let first = [tokenizer.classificationID].compactMap { $0 }
        let last = [tokenizer.separatorID].compactMap { $0 }
        let room = maxLength - first.count - last.count
        // A word of nothing that is visible still needs a piece; one that alone fills a window keeps its beginning, of
        // which the tag is told.
        let words = words.map { pieces in
            pieces.isEmpty
                ? [tokenizer.id(of: \.unknown) ?? 0] : Array(pieces.prefix(room))
        }
        let ranges = Windows.ofWords(sizes: words.map(\.count), room: room, overlap: room / 4)
        guard !ranges.isEmpty else {
            // A sentence without words has a window too, so that every batch has one.
            let empty = first + last
            return PieceExample(windows: [empty.isEmpty ? [0] : empty], places: [], tags: tags)
        }
        var starts = [0]
        for word in words { starts.append(starts[starts.count - 1] + word.count) }
        let pieceRanges = ranges.map { starts[$0.lowerBound]..<starts[$0.upperBound] }
        return PieceExample(
            windows: ranges.map { first + words[$0].joined() + last },
            places: words.indices.map { word in
                let window = Windows.best(of: pieceRanges, at: starts[word])
                return (window, first.count + starts[word] - pieceRanges[window].lowerBound)
            }, tags: tags)
    }
}
