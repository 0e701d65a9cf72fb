import SesameText

extension Prompter {
    /// A prompt and what it is made of.
    struct Prompt {
        let text: String
        let ids: [Int32]
        /// The tokens of each answer; none where the model is to write.
        let answers: [[Int32]]
        /// The places of the examples that stand in it.
        let examples: [Int]
        /// How many there was no room for.
        var droppedCount = 0
        /// Whether it is too long even without examples.
        var isTooLong = false

        /// The positions that reading prompt and answers takes; an answer's last token is not read.
        var positionCount: Int { ids.count + (answers.map(\.count).max() ?? 1) - 1 }
    }

    /// The question about a text, with as many of its examples as fit.
    func scoringPrompt(_ text: LabelledText) throws -> Prompt {
        try fitted(text) { examples in
            let prompt = try prompt(text, examples, answers: answers)
            // Where the texts without content do not fit there would be nothing to calibrate with.
            let others = try contentFreePrompts(examples, like: text)
            return (prompt, ([prompt] + others).map(\.positionCount).max() ?? 0)
        }
    }

    /// The same with room for what the model writes.
    func writingPrompt(_ text: LabelledText, tokenCount: Int) throws -> Prompt {
        try fitted(text) { examples in
            let prompt = try prompt(text, examples, answers: [])
            return (prompt, prompt.ids.count + tokenCount - 1)
        }
    }

    /// The question about texts without content behind the same examples.
    func contentFreePrompts(_ examples: [Int], like text: LabelledText) throws -> [Prompt] {
        try options.contentFree.map { empty in
            try prompt(
                LabelledText(empty, pair: text.pair.map { _ in empty }), examples, answers: answers)
        }
    }

    /// Leaves out examples, the farthest from the question first, until the rest fits.
    private func fitted(
        _ text: LabelledText, _ make: ([Int]) throws -> (prompt: Prompt, positionCount: Int)
    ) throws -> Prompt {
        try OptionCheck.require(
            text.pair != nil || !template.takesPair, "template",
            "one without {pair} for texts that stand alone", "'\(template)'")
        var examples = try self.examples.choose(options.shotCount, for: text)
        var droppedCount = 0
        while true {
            var (prompt, positionCount) = try make(examples)
            prompt.droppedCount = droppedCount
            if positionCount <= model.configuration.maxSequenceLength { return prompt }
            guard !examples.isEmpty else {
                prompt.isTooLong = true
                return prompt
            }
            examples.removeFirst()
            droppedCount += 1
        }
    }

    private func prompt(
        _ text: LabelledText, _ indices: [Int], answers: [PromptAnswer]
    ) throws -> Prompt {
        var parts = options.instruction.isEmpty ? [] : [options.instruction]
        for index in indices {
            let example = examples.texts[index]
            parts.append(template.example(example, answer: try words(for: example)))
        }
        parts.append(template.question(text))
        let whole = parts.joined(separator: options.separator)
        var ids = tokenizer.encodeIDs(whole)
        // A prompt without a token begins where a text begins.
        if ids.isEmpty { ids = [tokenizer.beginningID ?? tokenizer.endID ?? 0] }
        return Prompt(
            text: whole, ids: ids,
            answers: try answers.map { try tokens(of: $0, after: whole, ids) },
            examples: indices)
    }

    /// The tokens that prompt and answer have beyond the prompt's.
    private func tokens(
        of answer: PromptAnswer, after prompt: String, _ ids: [Int32]
    ) throws -> [Int32] {
        let words = template.separation + answer.words
        let whole = tokenizer.encodeIDs(prompt + words)
        // Where both meet in one token the answer is encoded by itself.
        let tokens =
            whole.count > ids.count && whole.starts(with: ids)
            ? Array(whole[ids.count...]) : tokenizer.encodeIDs(words)
        guard !tokens.isEmpty else {
            throw TrainingError(
                .invalidOption(
                    name: "answer", expected: "words that the tokenizer knows",
                    found: "'\(answer.words)', which gives no token"))
        }
        return tokens
    }

    /// The words that answer an example: its label, where there are no answers to choose from.
    func words(for example: LabelledText) throws -> String {
        let label = example.label ?? ""
        if answers.isEmpty { return label }
        guard let found = words[label] else {
            throw TrainingError(
                .badLabel(
                    problem: "'\(label)'\(example.place.map { " (\($0))" } ?? "") is not among "
                        + "the answers' labels " + answers.map(\.label).joined(separator: ", "),
                    remedy: "give an answer for every label of the examples"))
        }
        return found
    }
}
