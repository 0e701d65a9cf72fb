/// The style sheet of a report.
enum ReportStyle {
    static let sheet = """
        :root {
          color-scheme: light dark;
          \(ChartStyle.lightColors)
          --ground: #ffffff; --text: #1b1f24; --muted: #555c66; --line: #dfe3e8; --panel: #f5f7f9;
          --good: #00704f; --bad: #b3261e; --warn: #8a5a00; --heat: 62%;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            \(ChartStyle.darkColors)
            --ground: #16191d; --text: #e7eaee; --muted: #a9b1bc; --line: #2f353d; --panel: #1e2227;
            --good: #5fd3a6; --bad: #ff9b92; --warn: #f0bf5f; --heat: 45%;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--text);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
        main { max-width: 70rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
        h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 0.4rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.25rem; margin: 2.6rem 0 0.8rem; }
        h3 { font-size: 1rem; margin: 0 0 0.5rem; }
        section > h3 { margin-top: 2rem; }
        header.run { border-top: 2px solid var(--line); margin-top: 3.5rem; }
        p { margin: 0.4rem 0 0.8rem; max-width: 46rem; }
        p, figcaption, .lead { color: var(--muted); }
        .message { color: var(--bad); overflow-wrap: anywhere; }
        .status { display: inline-block; padding: 0 0.6em; margin-right: 0.6em; border-radius: 1em;
          border: 1px solid currentColor; font-weight: 600; font-size: 0.9em; }
        .finished { color: var(--good); } .failed { color: var(--bad); }
        .interrupted, .running { color: var(--warn); }
        .figures { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1.2rem 0 0; }
        .figures div { flex: 1 1 7.2rem; background: var(--panel); border-radius: 8px; padding: 0.7rem 0.8rem; }
        .figures dt { color: var(--muted); font-size: 0.87rem; }
        .figures dd { margin: 0; font-size: 1.45rem; font-weight: 600; line-height: 1.3;
          font-variant-numeric: tabular-nums; }
        .figures dd.note { font-size: 0.82rem; font-weight: 400; color: var(--muted); }
        .curves { display: grid; gap: 1.6rem 2rem;
          grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
        .curves h2, .curves .wide { grid-column: 1 / -1; margin-bottom: 0; }
        figure { margin: 0; min-width: 0; }
        figcaption { font-size: 0.87rem; margin: 0.3rem 0; }
        .narrow-only { display: none; }
        .medium { max-width: 36rem; }
        @media (max-width: 44rem) {
          .wide-only { display: none; } .narrow-only { display: block; }
        }
        details { margin-top: 0.3rem; }
        summary { cursor: pointer; color: var(--muted); font-size: 0.87rem; }
        .scroll { overflow-x: auto; max-width: 100%; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 0.4rem 0; }
        th, td { padding: 0.3rem 0.8rem; border-bottom: 1px solid var(--line); text-align: left;
          vertical-align: top; }
        th:first-child, td:first-child { padding-left: 0; }
        thead th { color: var(--muted); font-weight: 600; font-size: 0.87rem; }
        tbody th { font-weight: 500; }
        .numbers td, .numbers th { text-align: right; white-space: nowrap; }
        .numbers th:first-child { text-align: left; }
        td.note { color: var(--muted); }
        .number { text-align: right; white-space: nowrap; }
        .tokens { line-height: 2.1; color: var(--text); max-width: none; }
        .tokens span { padding: 0.15em 0.35em; margin-right: 0.2em; border-radius: 4px; }
        .tokens .for { background: color-mix(in srgb, #3b82f6 var(--share), transparent); }
        .tokens .against { background: color-mix(in srgb, #e8731a var(--share), transparent); }
        .attention { margin-top: 2rem; }
        .heads { display: grid; gap: 0.8rem; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
        .heads img { width: 100%; height: auto; image-rendering: pixelated; background: var(--panel);
          border: 1px solid var(--line); }
        .path { overflow-wrap: anywhere; }
        .best { font-weight: 700; color: var(--good); }
        .confusion td.cell { min-width: 4.5rem; text-align: center; border: 2px solid var(--ground);
          background: color-mix(in srgb, var(--c1) calc(var(--share) * var(--heat)), var(--panel));
          print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        .confusion td.hit { font-weight: 700;
          background: color-mix(in srgb, var(--c0) calc(var(--share) * var(--heat)), var(--panel)); }
        .confusion td, .confusion thead th { text-align: center; }
        .confusion .margin { color: var(--muted); border-bottom: none; }
        .confusion tbody th { text-align: left; border-bottom: none; }
        .pairs { columns: 22rem; column-gap: 2.5rem; margin: 0.8rem 0 0; }
        .pairs div { display: flex; gap: 1rem; justify-content: space-between; break-inside: avoid;
          padding: 0.28rem 0; border-bottom: 1px solid var(--line); }
        .pairs dt { color: var(--muted); overflow-wrap: anywhere; }
        .pairs dd { margin: 0; text-align: right; overflow-wrap: anywhere;
          font-variant-numeric: tabular-nums; }
        blockquote { margin: 0; padding: 0.8rem 1rem; background: var(--panel); border-radius: 8px;
          white-space: pre-wrap; overflow-wrap: anywhere; }
        .sample { margin-bottom: 1rem; }
        pre { background: var(--panel); border-radius: 8px; padding: 0.8rem 1rem; margin: 0.4rem 0;
          white-space: pre-wrap; overflow-wrap: anywhere; }
        code { font: 0.92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
        \(ChartStyle.rules)
        @media print {
          main { max-width: none; padding: 0; }
          figure, .figures div, .pairs div, tr { break-inside: avoid; }
          details:not([open]) { display: none; }
          h2, h3 { break-after: avoid; }
        }

        """
}
