import Glibc
import Martlet
import TestSupport
import Testing

@Suite("A crash is told with its request", .enabled(if: !isSanitized), .timeLimit(.patient))
struct CrashReportTests {
    /// A probe that serves until it crashes.
    private struct Probe {
        let child: ChildProcess
        let port: UInt16

        init(_ kind: String, _ arguments: String..., backtrace: String = "enable=no") throws {
            child = try ChildProcess(
                builtExecutable("TrapProbe"),
                arguments: [kind] + arguments,
                environment: ["SWIFT_BACKTRACE": backtrace]
            )
            port = try #require(try child.readLine().flatMap { UInt16($0) })
        }

        func connect() throws -> TestSocket {
            try TestSocket.connect(to: .loopback(port: port), timeout: .seconds(60))
        }

        /// Sends a request that crashes it, and returns its exit status and the lines of its standard error.
        func crash(_ request: String) throws -> (status: CInt, lines: [String]) {
            let socket = try connect()
            try socket.send(request)
            return try end()
        }

        func end() throws -> (status: CInt, lines: [String]) {
            let result = try child.finish()
            return (result.status, result.errorText.split(separator: "\n").map(String.init))
        }
    }

    /// What this processor raises where Swift traps.
    private static var trap: (signal: CInt, words: String) {
        #if arch(x86_64)
            (SIGILL, "SIGILL: illegal instruction, most often a Swift runtime trap")
        #else
            (SIGTRAP, "SIGTRAP: breakpoint, most often a Swift runtime trap")
        #endif
    }

    @Test(
        "a trap in a handler: the request line, escaped, the peer, and the signal's own exit",
        arguments: ["sync", "async"]
    )
    func trapped(kind: String) throws {
        let (status, lines) = try Probe(kind, "report").crash(get("/x?a=\"b\""))
        #expect(status == 128 + Self.trap.signal)
        let report = try #require(lines.first { $0.contains("crashed") })
        #expect(report.hasPrefix("TrapProbe: crashed (\(Self.trap.words)) on thread martlet-"))
        #expect(report.hasSuffix(" while answering \"GET /x?a=\\x22b\\x22 HTTP/1.1\" of 127.0.0.1"))
    }

    @Test("a long request line is cut")
    func long() throws {
        let (_, lines) = try Probe("sync", "report").crash(get("/" + String(repeating: "x", count: 5000)))
        let line = "\"GET /" + String(repeating: "x", count: 251) + "...\" of 127.0.0.1"
        #expect(lines.contains { $0.hasSuffix("while answering \(line)") }, "\(lines)")
    }

    @Test(
        "other ends than a trap, a full stack among them",
        arguments: [
            ("/abort", SIGABRT, "SIGABRT: the process gave up by itself"),
            ("/recursion", SIGSEGV, "SIGSEGV: memory that is not there, or a recursion without end"),
            ("/memory", SIGSEGV, "SIGSEGV: memory that is not there, or a recursion without end"),
        ]
    )
    func others(path: String, signal: CInt, words: String) throws {
        let (status, lines) = try Probe("crash", "report").crash(get(path))
        #expect(status == 128 + signal)
        #expect(lines.count == 1 && lines[0].hasPrefix("TrapProbe: crashed (\(words)) on thread martlet-"), "\(lines)")
        #expect(lines.last?.hasSuffix("while answering \"GET \(path) HTTP/1.1\" of 127.0.0.1") == true)
    }

    @Test("on a thread for what blocks")
    func blocking() throws {
        let (status, lines) = try Probe("blocking", "report").crash(get("/abort"))
        #expect(status == 128 + SIGABRT)
        #expect(
            lines == [
                "TrapProbe: crashed (SIGABRT: the process gave up by itself) on thread martlet-block while answering "
                    + "\"GET /abort HTTP/1.1\""
            ]
        )
    }

    @Test("a handler that waited and went on: all that wait there, eight at most, and none that have ended")
    func resumed() throws {
        let probe = try Probe("resumed", "report")
        // Gone before: nobody should read of it.
        for _ in 0..<3 {
            let gone = try probe.connect()
            try gone.send("POST /gone HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            try #expect(masked(gone.receive(through: "\r\n\r\n")) == "HTTP/1.1 100 Continue\r\n\r\n")
            gone.reset()
        }
        let clients = try (0..<10).map { _ in try probe.connect() }
        for (index, client) in clients.enumerated() {
            try client.send(
                "POST /\(index) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
            )
            // The handler reads, so it waits.
            try #expect(masked(client.receive(through: "\r\n\r\n")) == "HTTP/1.1 100 Continue\r\n\r\n")
        }
        try clients[3].send("abc")
        let (status, lines) = try probe.end()
        #expect(status == 128 + Self.trap.signal)
        let start = try #require(lines.firstIndex { $0.hasPrefix("TrapProbe: crashed") })
        #expect(
            lines[start]
                == "TrapProbe: crashed (\(Self.trap.words)) on thread martlet-0, most likely while answering one of"
        )
        let listed = lines[(start + 1)...]
        #expect(listed.count == 9 && listed.last == "  and 2 more", "\(lines)")
        #expect(listed.dropLast().allSatisfy { $0.contains(/^  "POST \/\d HTTP\/1.1" of 127.0.0.1$/) }, "\(lines)")
        #expect(Set(listed).count == 9 && listed.contains("  \"POST /9 HTTP/1.1\" of 127.0.0.1"), "\(lines)")
    }

    @Test("outside of any request, by a signal from elsewhere")
    func outside() throws {
        let probe = try Probe("outside", "report")
        let socket = try probe.connect()
        try socket.send(get())
        try socket.expect(ok("no crash").replacing("Date: *\r\n", with: "Date: *\r\nServer: Martlet\r\n"))
        probe.child.send(signal: SIGSEGV)
        let (status, lines) = try probe.end()
        #expect(status == 128 + SIGSEGV)
        #expect(lines.count == 1 && lines[0].hasSuffix(", which answers no request"), "\(lines)")
    }

    @Test("Swift's own backtrace comes after it")
    func backtrace() throws {
        let settings = "enable=yes,color=no,interactive=no,threads=crashed,images=none,sanitize=no"
        let (status, lines) = try Probe("sync", "report", backtrace: settings).crash(get("/x"))
        #expect(status == 128 + Self.trap.signal)
        let report = try #require(lines.firstIndex { $0.hasSuffix("while answering \"GET /x HTTP/1.1\" of 127.0.0.1") })
        #expect(lines[report...].contains { $0.contains("EventLoop.run()") }, "\(lines)")
    }

    @Test("nobody who did not ask for it gets one")
    func silent() throws {
        let (status, lines) = try Probe("crash").crash(get("/abort"))
        #expect(status == 128 + SIGABRT && lines == [], "\(lines)")
    }
}
