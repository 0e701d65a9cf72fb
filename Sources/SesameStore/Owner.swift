/// Who is writing something that is not finished: an import, a token stream, a run.
///
/// An unfinished row carries its owner and is invisible to readers. When the owner is gone (Ctrl-C,
/// a crash, a power cut) the next process that opens the workspace clears it away. The token tells
/// two processes apart that were given one id, as happens in containers.
package struct Owner: Equatable {
    package let host: String
    package let processID: Int32
    package let token: String

    /// This process.
    package static let current = Owner(
        host: Platform.hostName, processID: Platform.processID,
        token: String(UInt64.random(in: 0...UInt64.max), radix: 36))

    /// The form kept in the database: host, process id and token with spaces between.
    package var text: String { "\(host) \(processID) \(token)" }

    init(host: String, processID: Int32, token: String) {
        self.host = host
        self.processID = processID
        self.token = token
    }

    init?(text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 3, let processID = Int32(parts[1]) else { return nil }
        self.init(host: String(parts[0]), processID: processID, token: String(parts[2]))
    }

    /// Whether a process of that id runs on this machine.
    package static func isRunning(_ processID: Int32) -> Bool { Platform.isRunning(processID) }

    /// Whether the owner can no longer finish its work.
    ///
    /// Another machine's processes cannot be seen from here; those are given a week.
    package static func isGone(_ text: String, sinceMilliseconds started: Int64, now: Int64) -> Bool
    {
        guard let owner = Owner(text: text) else { return true }
        guard owner.host == current.host else { return now - started > 7 * 86_400_000 }
        if owner.processID == current.processID { return owner.token != current.token }
        return !Platform.isRunning(owner.processID)
    }
}
