import ArgumentParser
import Foundation
import Sesame

struct VectorsMap: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Draw words on a plane, neighbours near each other, as a page.",
        discussion: """
            Examples:
              sesame vectors map --vectors vectors.bin --top 500
              sesame vectors map --vectors vectors.bin king lisbon seven --neighbours 20 --output map.html
              sesame vectors map --vectors vectors.bin --words-file places.txt --method pca --json

            Writes one page with a picture in SVG, which needs no network. t-SNE (the default) keeps neighbours \
            together, and distances between groups mean little; pca shows the two directions in which the words differ \
            most. The same words give the same map.
            """
    )

    enum Method: String, CaseIterable, ExpressibleByArgument {
        case tsne, pca
    }

    @OptionGroup var vectors: VectorsOption

    @Argument(help: "Words to draw.")
    var words: [String] = []

    @Option(help: ArgumentHelp("A file with a word to draw a line.", valueName: "file"))
    var wordsFile: String?

    @Option(help: ArgumentHelp("Draw the first n words of the vectors too.", valueName: "n"))
    var top = 0

    @Option(
        help: ArgumentHelp(
            "Draw the n words nearest to each of the words given, in their colour.", valueName: "n")
    )
    var neighbours = 0

    @Option(help: "How words are put on the plane.")
    var method = Method.tsne

    @Option(
        help: ArgumentHelp("t-SNE: how many neighbours count, in effect.", valueName: "number"))
    var perplexity = 30.0

    @Option(help: ArgumentHelp("t-SNE: steps of gradient descent.", valueName: "n"))
    var steps = 1000

    @Option(help: ArgumentHelp("The page to write.", valueName: "file"))
    var output = "map.html"

    @Flag(help: "Replace a file that is no map; an earlier one is always replaced.")
    var force = false

    @OptionGroup var threads: ThreadsOption
    @OptionGroup var format: OutputOptions

    private struct Place: Encodable {
        let group: String?
        let word: String
        let x: Double
        let y: Double
    }

    func validate() throws {
        if words.isEmpty && wordsFile == nil && top == 0 {
            throw ValidationError("Name words to draw, or --words-file, or --top.")
        }
        try atLeast(0, "--top", top)
        try atLeast(0, "--neighbours", neighbours)
        try atLeast(1, "--steps", steps)
        if neighbours > 0 && words.isEmpty {
            throw ValidationError("--neighbours is for words given as arguments.")
        }
        if !(perplexity >= 1 && perplexity.isFinite) {
            throw ValidationError("--perplexity must be 1 or more, not \(perplexity).")
        }
    }

    func run() throws {
        threads.apply()
        let url = URL(fileURLWithPath: output)
        if !format.json {
            try PageFile.check(
                url, name: output, generator: WordMapPage.generator, kind: "map", force: force)
        }
        let search = try vectors.search()
        let chosen = try chosen(search)
        let progress = Progress(quiet: format.quiet)
        let (places, explanation) = try placed(chosen.map(\.vector), progress)
        progress.finish()
        let groups = neighbours > 0 ? words : []
        if format.json {
            return try JSON.print(
                zip(chosen, places).map { word, place in
                    Place(
                        group: groups.isEmpty || word.group >= groups.count
                            ? nil : groups[word.group], word: word.word, x: place.x, y: place.y)
                })
        }
        let page = WordMapPage(
            title: "Words of \(URL(fileURLWithPath: vectors.vectors).lastPathComponent)",
            explanation: explanation,
            points: zip(chosen, places).map { word, place in
                .init(word.word, x: place.x, y: place.y, group: word.group)
            }, groups: groups)
        try PageFile.write(page.html(), to: url, name: output, kind: "map")
        StandardOutput.line("Map of \(chosen.count.grouped) words: \(output).")
    }

    private struct Chosen {
        let word: String
        let vector: [Float]
        let group: Int
    }

    /// The words to draw, each once.
    private func chosen(_ search: VectorSearch) throws -> [Chosen] {
        var result: [Chosen] = []
        var known: Set<String> = []
        func add(_ word: String, _ group: Int) throws {
            guard known.insert(word).inserted else { return }
            result.append(
                Chosen(
                    word: word, vector: try search.table.requiredVector(of: word), group: group))
        }
        let isGrouped = neighbours > 0
        for (index, word) in words.enumerated() { try add(word, isGrouped ? index : 0) }
        if isGrouped {
            for (index, word) in words.enumerated() {
                for found in try search.nearest(to: word, count: neighbours) {
                    try add(found.word, index)
                }
            }
        }
        let rest = isGrouped ? words.count : 0
        if let wordsFile {
            var reader = try LineReader(path: wordsFile)
            while let line = try reader.next() {
                let word = line.trimmingCharacters(in: .whitespaces)
                if !word.isEmpty { try add(word, rest) }
            }
        }
        for row in 0..<min(top, search.table.count) { try add(search.table.word(row), rest) }
        return result
    }

    private func placed(
        _ vectors: [[Float]], _ progress: Progress
    ) throws -> (places: [(x: Double, y: Double)], explanation: String) {
        switch method {
        case .tsne:
            var map = NeighbourMap()
            map.perplexity = perplexity
            map.stepCount = steps
            progress.begin("t-SNE")
            let places = try map.places(of: vectors) { step in
                progress.update(fraction: Double(step) / Double(steps)) { "\(step) steps" }
            }
            return (
                places,
                "Neighbours in the vector space are neighbours here (t-SNE, perplexity "
                    + "\(perplexity.short)); distances between groups mean little."
            )
        case .pca:
            guard let width = vectors.first?.count, width > 1 else {
                throw CommandError("vectors of one value have no plane; use --method tsne")
            }
            let components = PrincipalComponents(of: vectors, count: 2)
            return (
                vectors.map { vector in
                    let place = components.place(vector)
                    return (place[0], place[1])
                },
                "The two directions in which these words differ most: "
                    + "\(components.shares[0].percent) and \(components.shares[1].percent) of the variance."
            )
        }
    }
}
