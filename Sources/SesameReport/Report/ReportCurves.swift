/// The charts of a report: which metrics go together, in which chart.
struct ReportCurves {
    /// A chart with the values behind it.
    struct Figure {
        let title: String
        let note: String?
        let chart: LineChart
    }

    let runs: [RunDetails]

    /// Loss in a large chart, and the rest in small ones.
    func figures() -> [Figure] {
        var result: [Figure] = []
        if let loss = loss() { result.append(loss) }
        let names = union { $0.metricNames("validation") }
        for name in names where !["loss", "count"].contains(name) {
            let description = MetricDescription(named: name)
            guard description.baselineOf == nil || !names.contains(description.baselineOf ?? "")
            else { continue }
            if let figure = validation(description) { result.append(figure) }
        }
        for name in union({ $0.metricNames("train") }) where name != "loss" {
            if let figure = training(MetricDescription(named: name)) { result.append(figure) }
        }
        return result
    }

    /// All charts of a page have the same steps, so that one can look from one to the next.
    private var steps: ChartAxis {
        let last = runs.compactMap(\.summary.lastStep).max() ?? 0
        return ChartAxis("step", format: .count, covers: 0...Double(max(1, last)))
    }

    private var isSingle: Bool { runs.count == 1 }

    private func loss() -> Figure? {
        let description = MetricDescription(named: "loss")
        var chart = LineChart(
            title: "Loss by training step", x: steps,
            y: ChartAxis("nats", scale: .automatic), width: 1000, height: 380)
        for (index, run) in runs.enumerated() {
            let name = isSingle ? "" : "run \(run.summary.id), "
            let train = run.curve("train", "loss")
            let validation = run.curve("validation", "loss")
            // Steps are noisy: the mean of a twentieth of them shows where the loss goes.
            let window = train.count / 20 | 1
            if !train.isEmpty {
                let isNoisy = isSingle && window >= 3
                chart.add(
                    name + "training", points: train,
                    mark: isNoisy || !isSingle ? .faintLine : .line, color: index)
                if isNoisy {
                    chart.add(
                        "training, mean of \(window) points",
                        points: Thinning.smoothed(train, window: window), color: index)
                }
            }
            if !validation.isEmpty {
                chart.add(
                    name + "validation", points: validation, mark: .lineWithDots,
                    color: isSingle ? 1 : index)
            }
        }
        guard chart.series.contains(where: { $0.points.count > 1 }) else { return nil }
        return Figure(
            title: description.title,
            note: "A point of the training loss is the mean of the steps since the point before.",
            chart: chart)
    }

    private func validation(_ description: MetricDescription) -> Figure? {
        var chart = LineChart(
            title: "\(description.title) on the validation data by training step",
            x: steps,
            y: ChartAxis(
                description.unit, scale: description.format == .percent ? .linear : .automatic,
                format: description.format))
        for (index, run) in runs.enumerated() {
            let points = run.curve("validation", description.name)
            guard !points.isEmpty else { continue }
            chart.add(
                isSingle ? description.title.lowercasedFirst : "run \(run.summary.id)",
                points: points, mark: .lineWithDots, color: isSingle ? 1 : index)
            for baseline in run.metricNames("validation") {
                let other = MetricDescription(named: baseline)
                guard isSingle, other.baselineOf == description.name else { continue }
                chart.add(
                    other.title.lowercasedFirst, points: run.curve("validation", baseline),
                    mark: .dashedLine, color: 7)
            }
        }
        guard chart.series.contains(where: { $0.points.count > 1 }) else { return nil }
        return Figure(title: description.title, note: nil, chart: chart)
    }

    private func training(_ description: MetricDescription) -> Figure? {
        let fromZero = ["tokensPerSecond", "learningRate"].contains(description.name)
        var chart = LineChart(
            title: "\(description.title) by training step",
            x: steps,
            y: ChartAxis(
                description.unit, scale: fromZero ? .linear : .automatic,
                format: description.format, includesZero: fromZero))
        for (index, run) in runs.enumerated() {
            let points = run.curve("train", description.name)
            guard !points.isEmpty else { continue }
            chart.add(
                isSingle ? description.title.lowercasedFirst : "run \(run.summary.id)",
                points: points, color: index)
        }
        guard chart.series.contains(where: { $0.points.count > 1 }) else { return nil }
        return Figure(title: description.title, note: nil, chart: chart)
    }

    /// Predicted values over actual ones, with the line on which they would be equal.
    static func scatter(_ predictions: RunDetails.Predictions) -> LineChart {
        var chart = LineChart(
            title: "Predicted values over actual ones", x: ChartAxis("actual"),
            y: ChartAxis("predicted"), width: 520, height: 420)
        let all = predictions.actual + predictions.predicted
        let ends = all.filter(\.isFinite)
        if let low = ends.min(), let high = ends.max() {
            chart.add(
                "equal", points: [ChartPoint(x: low, y: low), ChartPoint(x: high, y: high)],
                mark: .dashedLine, color: 7)
        }
        // A page of ten thousand dots is slow to open and shows no more than three thousand, taken evenly.
        let count = predictions.actual.count
        let stride = max(1, (count + 2999) / 3000)
        let points = Swift.stride(from: 0, to: count, by: stride).map {
            ChartPoint(x: predictions.actual[$0], y: predictions.predicted[$0])
        }
        chart.add("validation texts", points: points, mark: .dots, color: 0)
        return chart
    }

    private func union(_ names: (RunDetails) -> [String]) -> [String] {
        Set(runs.flatMap(names)).sorted {
            let (a, b) = (MetricDescription.order($0), MetricDescription.order($1))
            return a != b ? a < b : $0 < $1
        }
    }
}

extension String {
    /// "Masked-token loss" within a sentence; "F1" stays.
    var lowercasedFirst: String {
        guard let first, dropFirst().first?.isLowercase == true else { return self }
        return first.lowercased() + dropFirst()
    }
}
