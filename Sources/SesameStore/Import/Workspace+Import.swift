#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Workspace {
    /// Imports files as a corpus, in constant memory (but for the longest document).
    ///
    /// Where an input has a second file, line n of both is one document, a text and its pair; lines that are
    /// empty in either are left out and counted.
    ///
    /// Text is stored as it stands in the file, with three exceptions: a byte order mark is left
    /// out, CR before LF is left out, and ill-formed UTF-8 becomes U+FFFD, counted in the summary.
    /// Nothing of a failed or interrupted import is ever visible.
    ///
    /// - Parameters:
    ///   - name: The corpus's name.
    ///   - source: The files and their format.
    ///   - options: What to do about existing names, ill-formed bytes, duplicates and splits.
    ///   - progress: Called after each batch of documents (a few MB). It may throw to stop the
    ///     import, which is then undone.
    /// - Returns: The whole corpus, with what earlier imports brought if this one appended.
    /// - Throws: ``StoreError`` with the file and line (code `.unaligned` for two files of different
    ///   numbers of lines), or what `progress` throws;
    ///   `CancellationError` where the task was cancelled.
    @discardableResult
    public func importCorpus(
        name: String, from source: CorpusSource, options: ImportOptions = ImportOptions(),
        progress: (ImportProgress) throws -> Void = { _ in }
    ) throws -> CorpusSummary {
        try Self.checkName(name, of: "corpus")
        let files = try ImportFile.all(of: source)
        let format =
            files.contains { $0.pairPath != nil }
            ? "text by line, in pairs" : source.format.description
        return try stage(name, format, options, files.map(\.name)) { staged in
            var batch = ImportBatch(options: options)
            batch.totalBytes = ImportFile.totalByteCount(of: files)
            for file in files where !batch.isFull(staged) {
                let lines = try LineReader(path: file.path)
                let sourceID = try staged.beginSource(path: file.name)
                var reader = try file.reader(
                    of: lines, format: source.format, strictUTF8: options.strictUTF8)
                while !batch.isFull(staged), let document = try reader.next() {
                    try batch.add(document, fallback: file.split, path: lines.path)
                    if batch.isReady {
                        try batch.store(
                            in: &staged, sourceID, lines.path, lines.bytesRead, progress)
                    }
                }
                try batch.store(in: &staged, sourceID, lines.path, lines.bytesRead, progress)
                batch.bytesBefore += lines.bytesRead
            }
        }
    }

    /// Makes a corpus of documents that a program supplies.
    ///
    /// The rules and errors are those of ``importCorpus(name:from:options:progress:)``.
    @discardableResult
    public func importCorpus(
        name: String, documents: some Sequence<NewDocument>,
        options: ImportOptions = ImportOptions()
    ) throws -> CorpusSummary {
        try Self.checkName(name, of: "corpus")
        return try stage(name, "documents of a program", options, ["the program"]) { staged in
            var batch = ImportBatch(options: options)
            let sourceID = try staged.beginSource(path: "program")
            for document in documents {
                if batch.isFull(staged) { break }
                let raw = RawDocument(
                    text: Array(document.text.utf8), pair: document.pair.map { Array($0.utf8) },
                    label: document.label.map { Array($0.utf8) }, split: document.split,
                    position: .init(byteOffset: 0, number: 0))
                try batch.add(raw, fallback: nil, path: "program")
                if batch.isReady { try batch.store(in: &staged, sourceID, "program", 0) { _ in } }
            }
            try batch.store(in: &staged, sourceID, "program", 0) { _ in }
        }
    }

    private func stage(
        _ name: String, _ format: String, _ options: ImportOptions, _ sources: [String],
        _ fill: (inout StagedCorpus) throws -> Void
    ) throws -> CorpusSummary {
        var staged = try StagedCorpus(
            workspace: self, name: name, format: format, options: options)
        do {
            try fill(&staged)
            return try staged.finish(sources: sources)
        } catch {
            staged.abandon()
            throw error
        }
    }
}

/// Documents that wait for the next transaction.
private struct ImportBatch {
    let options: ImportOptions
    var totalBytes: Int?
    /// Bytes of the files that are done.
    var bytesBefore = 0

    private var documents: [PreparedDocument] = []
    private var byteCount = 0
    private var emptyCount = 0
    private var repairedCount = 0

    init(options: ImportOptions) {
        self.options = options
    }

    /// Large enough that a transaction's cost vanishes, small enough to stay in cache and to leave
    /// other writers their turn.
    var isReady: Bool { documents.count >= 4096 || byteCount >= 4 << 20 }

    func isFull(_ staged: StagedCorpus) -> Bool {
        options.limit.map { staged.documentCount + documents.count >= $0 } ?? false
    }

    mutating func add(_ raw: RawDocument, fallback: Split?, path: String) throws {
        var raw = raw
        var repaired = raw.repairedCount
        func repair(_ bytes: inout [UInt8]) throws -> Int {
            try TextBridge.repair(
                &bytes, strict: options.strictUTF8, path: path, position: raw.position)
        }
        var text = raw.text
        repaired += try repair(&text)
        if var pair = raw.pair {
            repaired += try repair(&pair)
            raw.pair = pair
        }
        if var label = raw.label {
            repaired += try repair(&label)
            raw.label = label
        }
        repairedCount += repaired
        guard !text.isBlank else {
            emptyCount += 1
            return
        }
        let pairCharacters = raw.pair.map { TextBridge.characterCount($0) } ?? 0
        let document = PreparedDocument(
            text: text, pair: raw.pair, label: raw.label,
            split: raw.split ?? fallback ?? options.split, line: raw.position.number,
            byteOffset: raw.position.byteOffset,
            characterCount: TextBridge.characterCount(text) + pairCharacters,
            hash: ContentHash.document(text: text, pair: raw.pair),
            sentences: options.sentences ? try TextBridge.sentences(of: text) : nil,
            wasRepaired: repaired > 0)
        byteCount += document.byteCount
        documents.append(document)
    }

    mutating func store(
        in staged: inout StagedCorpus, _ sourceID: Int64, _ path: String, _ bytesRead: Int,
        _ progress: (ImportProgress) throws -> Void
    ) throws {
        try staged.add(
            documents, sourceID: sourceID, byteCount: bytesRead, emptyCount: emptyCount,
            repairedCount: repairedCount)
        documents.removeAll(keepingCapacity: true)
        byteCount = 0
        emptyCount = 0
        repairedCount = 0
        try Task.checkCancellation()
        try progress(
            ImportProgress(
                bytesRead: bytesBefore + bytesRead, totalBytes: totalBytes,
                documentCount: staged.documentCount, path: path))
    }
}

/// One file of an import, after folders have been opened up.
struct ImportFile {
    let path: String
    let split: Split?
    /// nil where the length is not known beforehand.
    let byteCount: Int?
    /// The file aligned with this one.
    var pairPath: String?

    /// The file or files, as the corpus's sources list them.
    var name: String {
        let path = path == "-" ? "standard input" : path
        return pairPath.map { "\(path) + \($0)" } ?? path
    }

    func reader(
        of lines: LineReader, format: CorpusFormat, strictUTF8: Bool
    ) throws -> any RecordReader {
        guard let pairPath else { return try format.reader(of: lines, strictUTF8: strictUTF8) }
        return PairedLinesReader(
            lines: lines, pairs: try LineReader(path: pairPath), strictUTF8: strictUTF8)
    }

    static func totalByteCount(of files: [ImportFile]) -> Int? {
        files.reduce(0 as Int?) { total, file in
            guard let total, let byteCount = file.byteCount else { return nil }
            return total + byteCount
        }
    }

    static func all(of source: CorpusSource) throws -> [ImportFile] {
        try source.inputs.flatMap { input -> [ImportFile] in
            if let pairPath = input.pairPath {
                return [try aligned(input, pairPath: pairPath, format: source.format)]
            }
            if input.path == "-" {
                return [ImportFile(path: "-", split: input.split, byteCount: nil)]
            }
            switch Platform.kind(of: input.path) {
            case .missing:
                throw StoreError(
                    .unreadable(path: input.path, reason: "there is no such file or folder"))
            case .regular(let bytes):
                return [ImportFile(path: input.path, split: input.split, byteCount: bytes)]
            case .other:
                return [ImportFile(path: input.path, split: input.split, byteCount: nil)]
            case .folder:
                let endings = source.format.fileExtensions
                let files = try self.files(in: input.path, endings: endings).map {
                    ImportFile(path: $0.path, split: input.split, byteCount: $0.bytes)
                }
                if files.isEmpty {
                    let listed = endings.sorted().map { "." + $0 }.joined(separator: ", ")
                    throw StoreError(
                        .unreadable(
                            path: input.path,
                            reason: "the folder holds no file ending in \(listed)"))
                }
                return files
            }
        }
    }

    /// Two files that are read side by side.
    private static func aligned(
        _ input: CorpusSource.Input, pairPath: String, format: CorpusFormat
    ) throws -> ImportFile {
        guard case .text = format else {
            throw StoreError(
                .unreadable(
                    path: input.path,
                    reason: "files that are aligned line by line are plain text, not \(format); "
                        + "name the column of the pair instead"))
        }
        for path in [input.path, pairPath] where path != "-" {
            switch Platform.kind(of: path) {
            case .missing:
                throw StoreError(
                    .unreadable(path: path, reason: "there is no such file or folder"))
            case .folder:
                throw StoreError(
                    .unreadable(
                        path: path,
                        reason: "it is a folder; name two files whose lines belong together"
                    ))
            case .regular, .other: break
            }
        }
        var file = ImportFile(path: input.path, split: input.split, byteCount: nil)
        if case .regular(let bytes) = Platform.kind(of: input.path) {
            file = ImportFile(path: input.path, split: input.split, byteCount: bytes)
        }
        file.pairPath = pairPath
        return file
    }

    /// The files below a folder in the order of their paths' bytes; hidden ones and linked folders
    /// are passed over.
    private static func files(
        in folder: String, endings: Set<String>
    ) throws -> [(path: String, bytes: Int)] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw StoreError(.unreadable(path: folder, reason: Platform.lastError))
        }
        let sorted = names.filter { !$0.hasPrefix(".") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return try sorted.flatMap { name -> [(path: String, bytes: Int)] in
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            switch Platform.kind(of: path) {
            case .folder where !Platform.isLink(path):
                return try files(in: path, endings: endings)
            case .regular(let bytes):
                let ending = name.split(separator: ".").last.map { $0.lowercased() }
                return ending.map(endings.contains) == true ? [(path, bytes)] : []
            default:
                return []
            }
        }
    }
}
