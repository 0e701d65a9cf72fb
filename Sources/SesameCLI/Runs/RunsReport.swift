import ArgumentParser
import Foundation
import Sesame

struct RunsReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write one HTML page about a run, or about several in the same charts.",
        discussion: """
            Examples:
              sesame runs report 3
              sesame runs report 3 4 --output comparison.html
              sesame runs report 3 --output - > page.html

            The page holds curves, evaluations, settings, data, samples and the command that made the run. \
            It needs no network, follows light and dark mode, and prints.
            """
    )

    enum Opening: String, CaseIterable, ExpressibleByArgument { case yes, no }

    @Argument(help: "The number of the run, as 'sesame runs list' shows it, or several.")
    var numbers: [Int64]

    @Option(
        help: ArgumentHelp(
            "The file to write, '-' for standard output (default: run-3.html, here, for run 3).",
            valueName: "file"))
    var output: String?

    @Option(
        help: "Whether to show the page in the browser (default: on a terminal with a display).")
    var open: Opening?

    @Flag(help: "Replace a file that is no report; an earlier report is always replaced.")
    var force = false

    @OptionGroup var workspace: WorkspaceOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        if Set(numbers).count < numbers.count {
            throw ValidationError("A run cannot stand in a report twice: name different ones.")
        }
        if output == "-", format.json || open == .yes {
            throw ValidationError("--output - excludes --json and --open yes.")
        }
    }

    func run() throws {
        let report = try RunReport(workspace: workspace.open(), runs: numbers)
        if output == "-" { return StandardOutput.write(report.html()) }
        let name =
            output
            ?? (numbers.count == 1 ? "run-" : "runs-")
            + numbers.map(String.init).joined(separator: "-")
            + ".html"
        let url = URL(fileURLWithPath: name)
        try PageFile.check(
            url, name: name, generator: RunReport.generator, kind: "report", force: force)
        let size = try PageFile.write(report.html(), to: url, name: name, kind: "report")
        if format.json {
            try JSON.print(Record(runs: numbers, output: name, bytes: size))
        } else {
            StandardOutput.line("\(report.title): \(name), \(size.byteSize).")
        }
        if open == .yes || (open == nil && Browser.isLikely) { Browser.show(url) }
    }

    private struct Record: Encodable {
        let runs: [Int64]
        let output: String
        let bytes: Int
    }
}

/// The user's browser.
enum Browser {
    /// Whether somebody sits before a display and waits for the page.
    static var isLikely: Bool {
        guard StandardError.isTerminal else { return false }
        #if os(macOS)
            return true
        #else
            let environment = ProcessInfo.processInfo.environment
            return environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil
        #endif
    }

    /// Shows a file; says so on standard error where that does not work.
    static func show(_ url: URL) {
        #if os(macOS)
            let program = "open"
        #else
            let program = "xdg-open"
        #endif
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program, url.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus != 0 else { return }
        } catch {}
        StandardError.write("sesame: no browser could be started; open \(url.path) by hand\n")
    }
}
