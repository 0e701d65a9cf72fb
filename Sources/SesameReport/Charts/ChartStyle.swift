/// The style sheet of charts.
///
/// Eight colours that people with any kind of colour blindness tell apart (after Okabe and Ito), each with a
/// contrast of at least 3 : 1 to the background in light and in dark mode; text has 4.5 : 1 and more.
public enum ChartStyle {
    /// The colours in light mode, as declarations of CSS variables.
    public static let lightColors = """
        --chart-text: #4a5058; --chart-grid: #e2e5e9; --chart-axis: #8b929b; --chart-ground: #ffffff;
        --c0: #0069b4; --c1: #c14f00; --c2: #00805f; --c3: #a3379b;
        --c4: #946c00; --c5: #2f8fb8; --c6: #c22f45; --c7: #5b5fc7;
        """

    /// The colours in dark mode.
    public static let darkColors = """
        --chart-text: #b6bdc7; --chart-grid: #2c323a; --chart-axis: #767e89; --chart-ground: #16191d;
        --c0: #5ab4f0; --c1: #f2944e; --c2: #3fc59c; --c3: #e08fd6;
        --c4: #e0bb4a; --c5: #86d3ee; --c6: #f47c8c; --c7: #a5a8f5;
        """

    /// The rules that charts need on a page which defines the colours.
    public static let rules: String = {
        var rules = """
            .chart { display: block; width: 100%; height: auto; }
            .chart text { font: 13px system-ui, sans-serif; fill: var(--chart-text); \
            font-variant-numeric: tabular-nums; }
            .chart .end { text-anchor: end; }
            .chart .middle { text-anchor: middle; }
            .chart .grid { stroke: var(--chart-grid); fill: none; }
            .chart .axis { stroke: var(--chart-axis); fill: none; }
            .chart .line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
            .chart .faint { stroke-width: 1.2; opacity: 0.5; }
            .chart .dashed { stroke-dasharray: 6 5; }
            .chart .dot { stroke: var(--chart-ground); stroke-width: 1; }
            .map .word { font-size: 11px; }
            .map .leader { stroke: var(--chart-axis); stroke-width: 0.6; opacity: 0.7; fill: none; }
            .chart .scatter { stroke: none; opacity: 0.55; }

            """
        for color in 0..<8 {
            rules += ".chart .line.c\(color) { stroke: var(--c\(color)); } "
            rules += ".chart .dot.c\(color) { fill: var(--c\(color)); }\n"
        }
        return rules
    }()

    /// What a chart in a file of its own brings along.
    static let standalone = """
        :root { \(lightColors) background: var(--chart-ground); }
        @media (prefers-color-scheme: dark) { :root { \(darkColors) } }
        \(rules)
        """
}
