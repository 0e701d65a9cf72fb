import SesameStore

/// Where a run comes from: its data, settings, checkpoints and command, and how to make it again.
struct ReportOrigins {
    let run: RunDetails
    let heading: String

    func write(_ page: inout Markup) {
        if let facts = run.facts { write(facts, &page) }
        writeSettings(&page)
        writeCheckpoints(&page)
        writeCommands(&page)
    }

    private func write(_ facts: RunFacts, _ page: inout Markup) {
        let corpus = facts.corpus
        page.element("section") { page in
            page.leaf(heading, "Corpus and vocabulary")
            if !run.factsAreRecorded {
                page.leaf(
                    "p",
                    "The figures are those of today; the run is of a version that did not keep them."
                )
            }
            let labels = Set(corpus.splits.flatMap(\.labels.keys))
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            writeSplits(corpus, labels: labels, &page)
            var rows: [(String, String)] = [
                ("Corpus", corpus.name), ("Format", corpus.format),
                ("Duplicates", NumberText.grouped(corpus.duplicateCount)),
                ("Content hash", corpus.contentHash),
            ]
            if corpus.labelCount > labels.count {
                rows.append(("Labels", NumberText.grouped(corpus.labelCount)))
            }
            if let vocabulary = facts.vocabulary {
                rows += [
                    ("Vocabulary", vocabulary.name ?? "not kept in the workspace"),
                    ("Tokenizer", vocabulary.kind),
                    ("Vocabulary size", "\(NumberText.grouped(vocabulary.tokenCount)) tokens"),
                    ("Fingerprint", vocabulary.fingerprint),
                ]
            }
            for (name, size) in facts.sizes.sorted(by: { $0.key < $1.key }) {
                rows.append((Self.sizeNames[name] ?? name, NumberText.grouped(size)))
            }
            for (name, value) in facts.machine.sorted(by: { $0.key < $1.key }) {
                rows.append((name.prefix(1).uppercased() + name.dropFirst(), value))
            }
            Self.pairs(rows, &page)
        }
    }

    private static let sizeNames = [
        "parameters": "Parameters", "trainTokens": "Training tokens",
        "validationTokens": "Validation tokens", "trainTexts": "Training texts",
        "validationTexts": "Validation texts",
    ]

    private func writeSplits(
        _ corpus: RunFacts.Corpus, labels: [String], _ page: inout Markup
    ) {
        page.element("div", ["class": "scroll"]) { page in
            page.element("table", ["class": "numbers"]) { page in
                page.element("thead") { page in
                    page.element("tr") { page in
                        for name in ["Split", "Documents", "Size", "Characters"] + labels.prefix(20)
                        {
                            page.leaf("th", ["scope": "col"], name)
                        }
                    }
                }
                page.element("tbody") { page in
                    for share in corpus.splits {
                        page.element("tr") { page in
                            page.leaf("th", ["scope": "row"], share.split.rawValue)
                            page.leaf("td", NumberText.grouped(share.documentCount))
                            page.leaf("td", NumberText.bytes(share.byteCount))
                            page.leaf("td", NumberText.grouped(share.characterCount))
                            for label in labels.prefix(20) {
                                page.leaf("td", NumberText.grouped(share.labels[label] ?? 0))
                            }
                        }
                    }
                }
            }
        }
        if labels.count > 20 {
            page.leaf("p", "The first 20 of \(labels.count) labels.")
        }
    }

    private func writeSettings(_ page: inout Markup) {
        guard !run.settings.entries.isEmpty else { return }
        page.element("section") { page in
            page.leaf(heading, "Settings")
            Self.pairs(run.settings.entries.map { ($0.key, $0.value) }, &page)
        }
    }

    private func writeCheckpoints(_ page: inout Markup) {
        guard !run.checkpoints.isEmpty else { return }
        let isJudged = run.checkpoints.contains { $0.metric != nil }
        page.element("section") { page in
            page.leaf(heading, "Checkpoints")
            page.element("div", ["class": "scroll"]) { page in
                page.element("table") { page in
                    page.element("thead") { page in
                        page.element("tr") { page in
                            for name in ["Step", "Written", "Folder"]
                                + (isJudged ? ["Judged by"] : [])
                            {
                                page.leaf("th", ["scope": "col"], name)
                            }
                        }
                    }
                    page.element("tbody") { page in
                        for checkpoint in run.checkpoints {
                            page.element("tr") { page in
                                page.leaf(
                                    "th", ["scope": "row"], NumberText.grouped(checkpoint.step))
                                page.leaf("td", ReportHeader.moment(checkpoint.createdAt))
                                page.leaf("td", ["class": "path"], checkpoint.path)
                                if isJudged { page.leaf("td", Self.judgement(checkpoint)) }
                            }
                        }
                    }
                }
            }
        }
    }

    private static func judgement(_ checkpoint: CheckpointRecord) -> String {
        guard let metric = checkpoint.metric else { return "" }
        let description = MetricDescription(named: metric)
        return description.title.lowercasedFirst
            + (checkpoint.value.map { " \(description.text($0))" } ?? "")
    }

    private func writeCommands(_ page: inout Markup) {
        page.element("section") { page in
            page.leaf(heading, "How to make it again")
            guard let first = run.commands.first else {
                page.leaf(
                    "p",
                    "The command was not recorded: the run was made by a program, or by an earlier version. "
                        + "The settings above are complete.")
                return
            }
            page.element("pre") { $0.raw("<code>\(Markup.escaped(ShellWords.line(first)))</code>") }
            var notes: [String] = []
            if run.commands.count > 1 {
                notes.append(
                    "It was resumed \(run.commands.count - 1) time"
                        + (run.commands.count == 2 ? "" : "s")
                        + "; that does not change the result.")
            }
            let isTimed = run.settings.entries.contains {
                $0.key.hasPrefix("training.limit.minutes")
            }
            notes.append(
                isTimed
                    ? "Its length is given in minutes, so that another machine, or another hour, makes more or "
                        + "fewer steps."
                    : "With the corpus and the tokenizer of the hashes above, the same command and seed give "
                        + "the same weights bit for bit, at any number of threads.")
            page.leaf("p", notes.joined(separator: " "))
        }
    }

    /// Names and values in as many columns as there is room for.
    private static func pairs(_ rows: [(String, String)], _ page: inout Markup) {
        page.element("dl", ["class": "pairs"]) { page in
            for (name, value) in rows {
                page.element("div") { page in
                    page.leaf("dt", name)
                    page.leaf("dd", value)
                }
            }
        }
    }
}
