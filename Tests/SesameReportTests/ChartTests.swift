import SesameReport
import Testing

@Suite("Ticks of axes")
struct AxisTicksTests {
    @Test(
        "evenly spaced ticks are 1, 2 or 5 times a power of ten and cover the data",
        arguments: [
            (0...10, 5, [0, 2, 4, 6, 8, 10]),
            (0.13...0.87, 4, [0, 0.2, 0.4, 0.6, 0.8, 1]),
            (4.45...7.63, 4, [4, 5, 6, 7, 8]),
            (-3...5, 4, [-4, -2, 0, 2, 4, 6]),
            (1e-5...9e-5, 2, [0, 5e-5, 1e-4]),
            (1_000_000...1_000_004, 4, [1_000_000, 1_000_001, 1_000_002, 1_000_003, 1_000_004]),
            // A flat line gets room around it.
            (0.5...0.5, 2, [0.45, 0.5, 0.55]),
            (0...0, 2, [-1, 0, 1]),
        ] as [(ClosedRange<Double>, Int, [Double])])
    func linear(data: ClosedRange<Double>, count: Int, expected: [Double]) {
        let ticks = AxisTicks.linear(data, count: count)
        #expect(ticks.values == expected)
        #expect(ticks.range == expected[0]...expected[expected.count - 1])
    }

    @Test("a tight axis ends with the data, and its ticks lie within")
    func tight() {
        let ticks = AxisTicks.linear(30...295, count: 5, isTight: true, isWhole: true)
        #expect(ticks.values == [100, 200])
        #expect(ticks.range == 30...295)
        #expect(
            AxisTicks.linear(0...2, count: 8, isTight: true, isWhole: true).values == [0, 1, 2])
    }

    @Test(
        "logarithmic ticks",
        arguments: [
            (0.001...100, 5, [0.001, 0.01, 0.1, 1, 10, 100]),
            (0.013...0.9, 5, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]),
            (1...1e12, 6, [1, 100, 1e4, 1e6, 1e8, 1e10, 1e12]),
            (2.1...29, 5, [2, 3, 5, 7, 10, 20, 30]),
        ] as [(ClosedRange<Double>, Int, [Double])])
    func logarithmic(data: ClosedRange<Double>, count: Int, expected: [Double]) {
        let ticks = AxisTicks.logarithmic(data, count: count)
        #expect(ticks.values == expected)
        #expect(ticks.range.lowerBound <= data.lowerBound)
        #expect(ticks.range.upperBound >= data.upperBound)
    }
}

@Suite("Thinning")
struct ThinningTests {
    @Test("the first, lowest, highest and last of each column stay, in their order")
    func m4() {
        let points = (0..<100_000).map { index in
            let spike = index == 54_321 ? 1000.0 : index == 54_322 ? -1000 : 0
            return ChartPoint(x: Double(index), y: Double(index * 7919 % 101) / 101 + spike)
        }
        let thin = Thinning.m4(points, columns: 300)
        #expect(thin.count <= 1200)
        #expect(thin.count > 900)
        #expect(thin.first == points.first)
        #expect(thin.last == points.last)
        #expect(thin.contains { $0.x == 54_321 && $0.y > 999 })
        #expect(thin.contains { $0.x == 54_322 && $0.y < -998 })
        #expect(zip(thin, thin.dropFirst()).allSatisfy { $0.x < $1.x })
        // Column by column, the extremes are those of all points.
        for column in [0, 7, 299] {
            let range = Double(column) * 99_999 / 300..<Double(column + 1) * 99_999 / 300
            let all = points.filter { range.contains($0.x) }.map(\.y)
            let kept = thin.filter { range.contains($0.x) }.map(\.y)
            #expect(all.min() == kept.min())
            #expect(all.max() == kept.max())
        }
    }

    @Test("a smoothed point is the mean of itself and as many neighbours on either side")
    func smoothed() {
        let points = [0, 3, 6, .nan, 0].enumerated().map { ChartPoint(x: Double($0), y: $1) }
        let smooth = Thinning.smoothed(points, window: 3)
        #expect(smooth.map(\.y) == [0, 3, 4.5, 3, 0])
        #expect(smooth.map(\.x) == [0, 1, 2, 3, 4])
        #expect(Thinning.smoothed([], window: 3).isEmpty)
    }

    @Test("few points stay as they are, and so do points in one place")
    func few() {
        let points = (0..<40).map { ChartPoint(x: Double($0), y: 1) }
        #expect(Thinning.m4(points, columns: 10) == points)
        let same = (0..<40).map { ChartPoint(x: 1, y: Double($0)) }
        #expect(Thinning.m4(same, columns: 2) == same)
    }
}

@Suite("Line charts")
struct LineChartTests {
    private func chart(_ points: [(Double, Double)], _ mark: LineChart.Mark = .line) -> LineChart {
        var chart = LineChart(
            title: "T", x: ChartAxis("step", format: .count), y: ChartAxis("nats"))
        chart.add("a", points: points.map { ChartPoint(x: $0.0, y: $0.1) }, mark: mark)
        return chart
    }

    @Test("a known series has known places")
    func geometry() throws {
        let svg = chart([(0, 0), (5, 10), (10, 5)]).svg()
        // The plot goes from 28.56 (the labels' width) to 422 and from 230 up to 26; ticks at 0, 5, 10.
        #expect(svg.contains("d=\"M28.56 230L225.28 26L422 128\""))
        #expect(svg.contains("class=\"grid\" d=\"M28.56 230H422M28.56 128H422M28.56 26H422\""))
        #expect(svg.contains("<text x=\"21.56\" y=\"132.5\" class=\"end\">5</text>"))
        #expect(svg.contains("class=\"axis\" d=\"M28.56 230H422M28.56 230v5"))
        #expect(try wellFormed(svg))
    }

    @Test("values that are not finite leave gaps and are counted")
    func gaps() {
        let chart = chart([(0, 0), (1, 1), (2, .nan), (3, 1), (4, .infinity), (5, 0), (6, 1)])
        let svg = chart.svg()
        #expect(chart.hiddenCount == 2)
        #expect(svg.components(separatedBy: "class=\"line c0\"").count == 2)
        let path = svg.components(separatedBy: "class=\"line c0\" d=\"")[1].prefix { $0 != "\"" }
        // Two stretches; the point between the gaps is a dot.
        #expect(path.count { $0 == "M" } == 2)
        #expect(svg.components(separatedBy: "<circle").count == 2)
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }

    @Test("a logarithmic axis is chosen for wide ranges above zero only")
    func automaticScale() {
        func label(_ values: [Double]) -> String {
            var chart = LineChart(
                title: "T", x: ChartAxis("step"), y: ChartAxis("nats", scale: .automatic))
            chart.add("a", points: values.enumerated().map { .init(x: Double($0), y: $1) })
            return chart.svg().contains("nats (logarithmic)") ? "log" : "linear"
        }
        #expect(label([8, 4, 2]) == "linear")
        #expect(label([8, 4, 0.1]) == "log")
        #expect(label([8, 4, 0]) == "linear")
    }

    @Test("equal distances on a logarithmic axis are equal ratios")
    func logarithmicPlaces() {
        var chart = LineChart(
            title: "T", x: ChartAxis("step"), y: ChartAxis("nats", scale: .logarithmic))
        chart.add("a", points: [.init(x: 0, y: 0.01), .init(x: 1, y: 0.1), .init(x: 2, y: 1)])
        let path = chart.svg().components(separatedBy: "class=\"line c0\" d=\"")[1]
        #expect(path.hasPrefix("M"))
        let places = path.prefix { $0 != "\"" }.split { "ML".contains($0) }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
        #expect(places == [230, 128, 26])
    }

    @Test("labels of one axis have the same decimals")
    func labels() {
        let svg = chart([(0, 0.6893), (20_000, 0.6987)]).svg()
        for label in ["0.690", "0.695", "0.700", "10k", "20k"] {
            #expect(svg.contains(">\(label)</text>"), "\(label)")
        }
    }

    @Test("no points, one point and equal points make a chart too")
    func degenerate() throws {
        for points in [[], [(3, 0.5)], [(3, 0.5), (3, 0.5)], [(1, .nan)]] as [[(Double, Double)]] {
            for mark in [LineChart.Mark.line, .lineWithDots, .dots] {
                let svg = chart(points, mark).svg()
                #expect(try wellFormed(svg))
                #expect(!svg.contains("nan") && !svg.contains("inf"))
            }
        }
    }

    @Test("a chart tells screen readers its figures, and escapes what it is given")
    func accessibility() throws {
        var chart = LineChart(
            title: "<Loss> & \"more\"", x: ChartAxis("step", format: .count), y: ChartAxis("nats"))
        chart.add("</text><script>", points: [.init(x: 0, y: 4), .init(x: 9, y: 1.5)])
        chart.add("b", points: [.init(x: 0, y: 1), .init(x: 9, y: 2)], mark: .lineWithDots)
        let svg = chart.svg(id: "x", standalone: true)
        #expect(try wellFormed(svg))
        #expect(!svg.contains("<script>"))
        #expect(svg.contains("role=\"img\" aria-labelledby=\"x-title x-desc\""))
        #expect(svg.contains("<title id=\"x-title\">&lt;Loss&gt; &amp; &quot;more&quot;</title>"))
        #expect(
            chart.summary
                == "nats by step. </text><script>: from 4 at 0 to 1.5 at 9, lowest 1.5, highest 4; "
                + "b: from 1 at 0 to 2 at 9, lowest 1, highest 2.")
    }

    @Test("a hundred thousand points make a file of some kilobytes")
    func size() {
        let points = (0..<100_000).map { (Double($0), Double($0 * 31 % 977)) }
        #expect(chart(points).svg().utf8.count < 40_000)
    }
}

@Suite("Markup")
struct MarkupTests {
    @Test func escaping() {
        #expect(
            Markup.escaped("<a href=\"x\">'&'</a>\r\u{0}\u{7}\u{1B}[0m\t\n\u{FFFE}é中😀")
                == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;&#13;␀␇␛[0m\t\n\u{FFFD}é中😀"
        )
    }
}
