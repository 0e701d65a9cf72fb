import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Disks that are full, folders that may not be written, and readers that go away.
@Suite("bad input: disks and pipes")
struct FullDiskTests {
    private static let results = [
        "corpus list", "corpus stats text --json", "corpus show text --count 30",
        "tokenize encode --tokenizer letters text.txt", "runs list",
        "generate --model models/gpt --prompt The --tokens 3",
        "predict --model models/classifier text.txt",
    ]

    #if os(Linux)
        @Test("results that cannot be written are a failure", arguments: results)
        func fullOutput(_ command: String) throws {
            let sandbox = try Sandbox.prepared()
            let result = try sandbox.shell("sesame \(command) > /dev/full")
            result.expectOneLine(mentioning: ["standard output", "No space left"])
        }
    #endif

    @Test("a reader that has enough ends the program without a word", arguments: results)
    func closedPipe(_ command: String) throws {
        let sandbox = try Sandbox.prepared()
        // Whether SIGPIPE ends the program or is ignored, as some parents have it.
        for prefix in ["", "trap '' PIPE; "] {
            let result = try sandbox.shell("\(prefix)sesame \(command) | head -c 1")
            #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
            #expect(result.output.utf8.count == 1)
        }
    }

    /// The limit on a file's size, in blocks of 512 bytes, fails as a full disk does, with EFBIG. Less than
    /// 1,025 would break the thread sanitizer, which maps a file of its own of half a megabyte.
    private static let limited: [(name: String, blocks: Int, command: String)] = [
        ("import", 1200, "corpus import new long.txt --unit line"),
        ("replacing import", 1200, "corpus import text long.txt --unit line --force"),
        (
            "checkpoints", 1200,
            "pretrain gpt text --tokenizer letters --output m --steps 2 --checkpoint-every 1 "
                + "--layers 2 --heads 2 --width 128 --context 24 --batch 2 --quiet"
        ),
        (
            "model folder", 1200,
            "pretrain gpt text --tokenizer letters --output m --steps 2 --checkpoint-every 0 "
                + "--layers 2 --heads 2 --width 128 --context 24 --batch 2 --quiet"
        ),
    ]

    @Test("a write that fails is one line, and leaves earlier data as it was", arguments: limited)
    func limitedFiles(_ row: (name: String, blocks: Int, command: String)) throws {
        let sandbox = try Sandbox.prepared()
        try sandbox.write(
            String(repeating: "A line of text that goes on for a while.\n", count: 40000),
            to: "long.txt")
        // Nothing of the log is left that could be written into without growing a file.
        let result = try sandbox.shell("ulimit -f \(row.blocks); sesame \(row.command)")
        result.expectOneLine(mentioning: [])
        #expect(!sandbox.exists("m"))
        try sandbox.expectEarlierData()
        try expectNoLeftovers(in: sandbox)
    }

    private func expectNoLeftovers(in sandbox: Sandbox) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: sandbox.folder.path)
        let left = names.filter { $0.hasSuffix(".tmp") || $0.hasSuffix(".partial") }
        #expect(left.isEmpty, "\(left)")
    }

    #if os(Linux)
        /// Root may mount a small file system, in a name space of its own that ends with the shell.
        private static let mayMount: Bool = {
            guard geteuid() == 0 else { return false }
            let command = "mkdir d && unshare -m sh -c 'mount -t tmpfs -o size=1m none d'"
            return (try? Sandbox().shell(command))?.status == 0
        }()

        @Test(
            "a disk of one megabyte",
            .enabled(if: mayMount, "needs root, to mount a small file system"),
            arguments: [
                "corpus import new long.txt --unit line",
                "pretrain gpt text --tokenizer letters --output disk/m --steps 2 "
                    + "--layers 2 --heads 2 --width 128 --context 24 --batch 2 --quiet",
            ])
        func smallDisk(_ command: String) throws {
            let sandbox = try Sandbox.prepared()
            try sandbox.write(
                String(repeating: "A line of text that goes on for a while.\n", count: 40000),
                to: "long.txt")
            try sandbox.write(
                """
                set -e
                mkdir disk
                mount -t tmpfs -o size=1m none disk
                cp sesame.sqlite disk/
                head -c 200000 /dev/zero > disk/filler
                status=0
                "$@" --workspace disk/sesame.sqlite || status=$?
                rm disk/filler
                "$1" corpus list --workspace disk/sesame.sqlite
                exit $status
                """, to: "on-disk.sh")
            let binary = try Sandbox.binary().path
            let result = try sandbox.shell(
                "unshare -m sh on-disk.sh '\(binary)' \(command)")
            result.expectOneLine(mentioning: ["disk/"])
            // Once there is room again, what was there before is.
            #expect(result.output.contains("labelled") && result.output.contains("text"))
        }

        /// A user who may not write into the sandbox; root first has to become one.
        private static let asNobody: String? = {
            guard geteuid() == 0 else { return "" }
            guard let sandbox = try? Sandbox(), let binary = try? Sandbox.binary().path else {
                return nil
            }
            let command = "setpriv --reuid 65534 --regid 65534 --clear-groups "
            let result = try? sandbox.shell("\(command) '\(binary)' --version")
            return result?.status == 0 ? command : nil
        }()

        @Test(
            "a folder that may not be written",
            .enabled(if: asNobody != nil, "needs a user who may run the program"))
        func readOnlyFolder() throws {
            let sandbox = try Sandbox.prepared()
            let user = try #require(Self.asNobody)
            let binary = try Sandbox.binary().path
            func run(_ command: String) throws -> CommandResult {
                try sandbox.shell("\(user)'\(binary)' \(command)")
            }
            _ = try sandbox.shell("rm -f sesame.sqlite-wal sesame.sqlite-shm; chmod -R a-w .")
            defer { _ = try? sandbox.shell("chmod -R u+w .") }
            for command in [
                "corpus import new text.txt", "corpus list --workspace models/new.sqlite",
                "pretrain gpt text --tokenizer letters --output models/m --steps 1 --quiet",
                "vocab export letters v.txt",
            ] {
                try run(command).expectOneLine(mentioning: [])
            }
            // Models are only read.
            let result = try run("generate --model models/gpt --prompt The --tokens 2")
            #expect(result.status == 0, "\(result.errors)")
        }
    #endif
}
