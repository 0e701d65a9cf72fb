// Trains a Transformer to translate, and translates.
//
//     swift run -c release TranslateSentences                        # German numbers, seconds
//     swift run -c release TranslateSentences train.de train.en      # your sentences, line by line
//
// German says units before tens, in one word: siebenundvierzig is seven-and-forty. The model reads letters and
// writes words, and is asked for numbers that it has never seen.

import Foundation
import SesameModels
import SesameStore
import SesameText
import SesameTraining

@main
struct TranslateSentences {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            let folder = FileManager.default.temporaryDirectory
                .appendingPathComponent("sesame-example-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let workspace = try Workspace(path: folder.appendingPathComponent("demo.sqlite").path)
            if arguments.count == 2 {
                try translateFiles(arguments[0], arguments[1], in: workspace)
            } else {
                try translateNumbers(in: workspace, output: folder.appendingPathComponent("model"))
            }
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            exit(1)
        }
    }

    /// Every seventh of the numbers below a thousand is kept from the model.
    static func translateNumbers(in workspace: Workspace, output: URL) throws {
        let numbers = (1..<1000).map { number in
            NewDocument(
                german(number), pair: english(number), split: number % 7 == 0 ? .test : .train)
        }
        try workspace.importCorpus(name: "numbers", documents: numbers)
        // Letters of the one language, words of the other.
        var letters = try CharacterTrainer()
        var words = try WordTrainer()
        try workspace.documents(corpus: "numbers", split: .train).forEach {
            letters.add($0.text)
            words.add($0.pair ?? "")
        }
        let sizes = TransformerSizes(
            hiddenSize: 64, layerCount: 2, headCount: 4, feedForwardSize: 128)
        var options = TranslationOptions.transformer(.init(sizes))
        options.dropoutProbability = 0.1
        options.training.batchSize = 1024
        options.training.learningRate = 3e-3
        options.training.limit = .epochs(40)
        try trainTranslation(
            workspace: workspace, corpus: "numbers", source: letters.makeTokenizer(),
            target: words.makeTokenizer(), options: options, output: ModelOutput(folder: output))

        let report = try evaluate(
            modelFolder: output, workspace: workspace, corpus: "numbers", split: .test)
        let bleu = report.metrics[MetricName.bleu] ?? 0
        print(bleu > 95 ? "BLEU above 95 on unseen numbers" : "BLEU \(bleu) on unseen numbers")
        let unseen = [49, 721, 868].map(german)
        for (text, found) in zip(unseen, try Translator(modelFolder: output).translate(unseen)) {
            print("\(text): \(found.first?.text ?? "")")
        }
    }

    /// Any sentences, in subwords that both languages share.
    static func translateFiles(_ source: String, _ target: String, in workspace: Workspace) throws {
        try workspace.importCorpus(
            name: "sentences",
            from: CorpusSource(
                .text(unit: .line), inputs: [CorpusSource.Input(source, pairPath: target)]))
        var pieces = WordPieceTrainer(
            maximumSize: 8000, lowercase: false, specialTokens: .languageModel)
        try workspace.documents(corpus: "sentences").forEach {
            pieces.add($0.text)
            pieces.add($0.pair ?? "")
        }
        let tokenizer = try pieces.makeTokenizer()
        let output = URL(fileURLWithPath: "translation")
        try trainTranslation(
            workspace: workspace, corpus: "sentences", source: tokenizer, target: tokenizer,
            options: .transformer(), output: ModelOutput(folder: output, replacing: true),
            onEvent: { event in
                guard case .evaluation(let step, let metrics) = event else { return }
                print("step \(step): BLEU \(metrics[MetricName.bleu] ?? 0)")
            })
        print("The model is in \(output.path).")
    }

    /// 347 is dreihundertsiebenundvierzig.
    static func german(_ number: Int) -> String {
        let small = [
            "", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn",
            "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn",
            "neunzehn",
        ]
        let tens = [
            "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
        ]
        let (hundreds, rest) = (number / 100, number % 100)
        let beginning = hundreds == 0 ? "" : small[hundreds] + "hundert"
        guard rest >= 20 else { return beginning + (rest == 1 ? "eins" : small[rest]) }
        return beginning + (rest % 10 == 0 ? "" : small[rest % 10] + "und") + tens[rest / 10 - 2]
    }

    /// 347 is three hundred forty seven.
    static func english(_ number: Int) -> String {
        let small = [
            "", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
            "eighteen", "nineteen",
        ]
        let tens = [
            "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
        ]
        let (hundreds, rest) = (number / 100, number % 100)
        var words = hundreds == 0 ? [] : [small[hundreds], "hundred"]
        if rest >= 20 { words.append(tens[rest / 10 - 2]) }
        let unit = rest < 20 ? rest : rest % 10
        if unit > 0 { words.append(small[unit]) }
        return words.joined(separator: " ")
    }
}
