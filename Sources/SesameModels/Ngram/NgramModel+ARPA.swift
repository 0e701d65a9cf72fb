import SesameTensor

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension NgramModel {
    /// Writes the model in ARPA's text format, which KenLM, SRILM and others read.
    ///
    /// Probabilities and back-off weights are logarithms to base 10; the back-off weight is γ. The end token is
    /// `</s>`, and `<s>` where a text begins after it. White space within a token, which the format cannot
    /// hold, is written as `▁` for a space and `<0x0A>` and the like for the rest.
    ///
    /// - Parameters:
    ///   - tokens: The token of each id.
    ///   - unknown: The id that stands for unknown words, written `<unk>`.
    ///   - url: The file, which is replaced as a whole where it exists.
    /// - Throws: `TensorError` with code `.file`.
    public func writeARPA(tokens: [String], unknown: Int32? = nil, to url: URL) throws {
        try SafeTensors.replaceFile(url.path) { file in
            try writeARPA(tokens: tokens, unknown: unknown) { try file.write(Array($0.utf8)) }
        }
    }

    /// The text, piece by piece.
    func writeARPA(
        tokens: [String], unknown: Int32?, to write: (String) throws -> Void
    ) rethrows {
        precondition(
            tokens.count <= configuration.vocabularySize,
            "\(tokens.count) tokens for \(configuration.vocabularySize) ids")
        var names = tokens.map(Self.spelling)
        for id in names.count..<configuration.vocabularySize { names.append("<unused\(id)>") }
        if let unknown { names[Int(unknown)] = "<unk>" }
        let end = configuration.endTokenID
        var counts = table.levels.map { $0.words.count }
        if end != nil { counts[0] += 1 }
        try write("\\data\\\n")
        for (level, count) in counts.enumerated() { try write("ngram \(level + 1)=\(count)\n") }
        for level in counts.indices {
            try write("\n\\\(level + 1)-grams:\n")
            var lines = ""
            if level == 0, let end {
                // Never predicted, so that readers expect -99 where a probability would be.
                lines += "-99\t<s>" + backoff(of: end, level: 1) + "\n"
            }
            try forEach(level: level, names: names) { line in
                lines += line
                guard lines.utf8.count > 1 << 20 else { return }
                try write(lines)
                lines = ""
            }
            try write(lines)
        }
        try write("\n\\end\\\n")
    }

    /// The n-grams of `level + 1` tokens, a line each.
    private func forEach(
        level: Int, names: [String], _ body: (String) throws -> Void
    ) rethrows {
        func visit(_ row: Int, depth: Int, prefix: [Int32], context: Context) throws {
            for child in table.children(of: row, level: depth) {
                let word = table.levels[depth].words[child]
                var next = context
                let probability = probability(of: word, advancing: &next)
                let ngram = prefix + [word]
                if depth < level {
                    try visit(child, depth: depth + 1, prefix: ngram, context: next)
                    continue
                }
                let isEnd = Int(word) == configuration.endTokenID
                let spelling = ngram.enumerated().map { place, id in
                    guard Int(id) == configuration.endTokenID else { return names[Int(id)] }
                    return place == level ? "</s>" : "<s>"
                }.joined(separator: " ")
                try body(
                    Self.logarithm(probability) + "\t" + spelling
                        + (isEnd ? "" : backoff(of: child, level: level + 1)) + "\n")
            }
        }
        try visit(0, depth: 0, prefix: [], context: Context(rows: [0]))
    }

    /// The back-off weight of a row as a context, after a tab; nothing for one that has no continuations.
    private func backoff(of row: Int, level: Int) -> String {
        guard level < configuration.order, totals[level][row] > 0 else { return "" }
        return "\t" + Self.logarithm(backoffs[level][row])
    }

    /// Seven digits, as others write it; -99 for 0.
    private static func logarithm(_ value: Double) -> String {
        guard value > 0 else { return "-99" }
        let scaled = (log10(value) * 1e7).rounded()
        return scaled == 0 ? "0" : "\(scaled / 1e7)"
    }

    private static func spelling(_ token: String) -> String {
        guard token.utf8.contains(where: { $0 <= 0x20 }) else {
            return token.isEmpty ? "<empty>" : token
        }
        var result = ""
        for scalar in token.unicodeScalars {
            switch scalar.value {
            case 0x20: result += "▁"
            case 0..<0x20:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "<0x" + (digits.utf8.count < 2 ? "0" : "") + digits + ">"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
