import Synchronization

/// Shows how far a piece of work has come, on standard error.
///
/// On a terminal it is one line that rewrites itself; elsewhere a plain line every few seconds, so that a log
/// stays short; with `--quiet` nothing at all.
final class Progress: Sendable {
    private enum Style { case silent, plain, rewriting }

    private struct State {
        var title = ""
        var start = ContinuousClock.now
        var lastDrawn: ContinuousClock.Instant?
        var isLineOpen = false
    }

    private let style: Style
    private let state = Mutex(State())

    init(quiet: Bool) {
        style = quiet ? .silent : StandardError.isTerminal ? .rewriting : .plain
    }

    /// Begins a new piece of work, from which the time left is reckoned.
    func begin(_ title: String) {
        guard style != .silent else { return }
        state.withLock { state in
            Self.erase(&state)
            state = State()
            state.title = title
        }
    }

    /// Says how far the work has come; cheap enough to call every step.
    ///
    /// - Parameters:
    ///   - fraction: Share done, from 0 to 1; nil where the end is not known.
    ///   - detail: Made only when it is shown: the speed in the unit the user thinks in, a loss.
    func update(fraction: Double?, _ detail: () -> String) {
        guard style != .silent else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            let pause: Duration = style == .rewriting ? .milliseconds(100) : .seconds(5)
            guard now - (state.lastDrawn ?? state.start) >= pause else { return }
            state.lastDrawn = now
            var parts = [state.title]
            if let fraction, fraction > 0 {
                let done = min(fraction, 1)
                let elapsed = (now - state.start).seconds
                parts.append("\(Int(done * 100)) %")
                parts.append(detail())
                parts.append("\(spokenDuration(seconds: elapsed / done - elapsed)) left")
            } else {
                parts.append(detail())
            }
            let line = parts.filter { !$0.isEmpty }.joined(separator: "  ")
            if style == .rewriting {
                // Clearing the line first removes what a longer one left behind.
                StandardError.write(
                    "\r\u{1B}[K\(Self.cut(line, to: StandardError.columnCount - 1))")
                state.isLineOpen = true
            } else {
                StandardError.write(line + "\n")
            }
        }
    }

    /// Prints a line that stays, such as an evaluation's result.
    func note(_ line: String) {
        guard style != .silent else { return }
        state.withLock { state in
            Self.erase(&state)
            StandardError.write(line + "\n")
        }
    }

    /// Takes away the line that was rewriting itself; call it before results are printed.
    func finish() {
        guard style != .silent else { return }
        state.withLock { Self.erase(&$0) }
    }

    /// Prints a line that matters even with `--quiet`, without tearing the one that rewrites itself.
    func warn(_ line: String) {
        state.withLock { state in
            Self.erase(&state)
            StandardError.write(line + "\n")
        }
    }

    private static func erase(_ state: inout State) {
        guard state.isLineOpen else { return }
        StandardError.write("\r\u{1B}[K")
        state.isLineOpen = false
    }

    private static func cut(_ line: String, to width: Int) -> String {
        var result = ""
        var used = 0
        for character in line {
            used += TextTable.width(of: String(character))
            if used > width { break }
            result.append(character)
        }
        return result
    }
}
