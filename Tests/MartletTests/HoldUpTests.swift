import Glibc
import Martlet
import TestSupport
import Testing

@Suite("Who holds up a loop is named", .timeLimit(.patient))
struct HoldUpTests {
    private static var by: Regex<(Substring, Substring, Substring)> {
        /^warning: martlet-0 was held up for (\d+) ms by (.+); what blocks belongs into Blocking$/
    }

    /// Holds the thread for longer than the limit of these tests, 50 ms.
    private static func hold() { usleep(120_000) }

    private static func withWatchedServer(
        _ handler: any Handler,
        limit: Duration? = .milliseconds(50),
        _ body: @escaping @concurrent @Sendable (RunningServer) async throws -> Void
    ) async throws {
        try await withServer(handler, configure: { $0.holdUpWarning = limit }, body)
    }

    @Test(
        "the slow one among requests that were served in one turn",
        arguments: [true, false]
    )
    func named(isImmediate: Bool) async throws {
        let function: @Sendable (Request) -> Response = { request in
            if request.head.rawPath == "/slow" { Self.hold() }
            return .text("")
        }
        let handler: any Handler = isImmediate ? Immediate(function) : Waiting { function($0) }
        try await Self.withWatchedServer(handler) { server in
            let socket = try server.connect()
            let before = (0..<5).map { get("/before\($0)") }.joined()
            try socket.send(before + get("/slow?a=\"\\b\"") + get("/after"))
            for _ in 0..<7 { try socket.expect(ok("")) }
            try await eventually("it is told") { !server.log.lines.isEmpty }
            let line = try #require(server.log.lines.first)
            let match = try #require(line.wholeMatch(of: Self.by), "\(line)")
            #expect(match.2 == "\"GET /slow?a=\\x22\\x5cb\\x22 HTTP/1.1\" of 127.0.0.1")
            #expect(try (119...60_000).contains(#require(Int(match.1))))
        }
    }

    @Test("a router's request, with its route")
    func routed() async throws {
        let router = try Router {
            Route("/notes/:id") { _ in
                Self.hold()
                return .text("")
            }
        }
        try await Self.withWatchedServer(router) { server in
            let socket = try server.connect()
            try socket.send(get("/notes/7"))
            try socket.expect(ok(""))
            try await eventually("it is told") { !server.log.lines.isEmpty }
            let line = try #require(server.log.lines.first)
            let match = try #require(line.wholeMatch(of: Self.by), "\(line)")
            #expect(match.2 == "\"GET /notes/7 HTTP/1.1\" of 127.0.0.1 (route /notes/:id)")
        }
    }

    @Test("a handler that waited first, and the content that one writes", arguments: ["/waits", "/streams"])
    func resumed(path: String) async throws {
        let gate = Gate()
        let seen = Record<String>()
        let handler = Waiting { request in
            if request.head.rawPath == "/streams" {
                return .stream(type: "text/plain") { _ in
                    seen.append("")
                    await gate.pass()
                    Self.hold()
                }
            }
            seen.append("")
            await gate.pass()
            Self.hold()
            return .text("")
        }
        try await Self.withWatchedServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get(path))
            try await eventually("it waits") { !seen.all.isEmpty }
            gate.open()
            try await eventually("it is told") { !server.log.lines.isEmpty }
            let line = try #require(server.log.lines.first)
            let match = try #require(line.wholeMatch(of: Self.by), "\(line)")
            #expect(match.2 == "\"GET \(path) HTTP/1.1\" of 127.0.0.1")
        }
    }

    @Test("a handler that goes on and waits again cannot be told from others: all that are under way are named")
    func candidates() async throws {
        let (gate, last) = (Gate(), Gate())
        let seen = Record<String>()
        let handler = Waiting { request in
            seen.append(request.head.rawPath)
            if request.head.rawPath == "/slow" {
                await gate.pass()
                Self.hold()
            }
            await last.pass()
            return .text("")
        }
        try await Self.withWatchedServer(handler) { server in
            let clients = [try server.connect(), try server.connect()]
            try clients[0].send(get("/slow"))
            try clients[1].send(get("/other"))
            try await eventually("both wait") { seen.all.count == 2 }
            gate.open()
            try await eventually("it is told") { !server.log.lines.isEmpty }
            let line = try #require(server.log.lines.first)
            #expect(
                line.contains(
                    /^warning: martlet-0 was held up for \d+ ms, under way: "GET \/(slow|other) HTTP\/1.1" of/
                )
            )
            for path in ["/slow", "/other"] { #expect(line.contains("\"GET \(path) HTTP/1.1\" of 127.0.0.1")) }
            last.open()
            for client in clients { try client.expect(ok("")) }
        }
    }

    @Test("it is told once a second, and how often it was not told")
    func rate() async throws {
        let handler = Immediate { _ in
            Self.hold()
            return .text("")
        }
        try await Self.withWatchedServer(handler) { server in
            let socket = try server.connect()
            let start = Instant.now()
            var requests = 0
            while server.log.lines.count < 2 {
                try socket.send(get())
                try socket.expect(ok(""))
                requests += 1
            }
            let seconds = Int(start.duration(to: .now()).count / 1_000_000_000)
            #expect(requests > 2 && seconds >= 1)
            let suppressed = try #require(server.log.lines[1].firstMatch(of: /\(and (\d+) more times\)/)).1
            #expect(try (1..<requests).contains(#require(Int(suppressed))))
        }
    }

    @Test("nil: never")
    func off() async throws {
        let handler = Immediate { _ in
            Self.hold()
            return .text("")
        }
        try await Self.withWatchedServer(handler, limit: nil) { server in
            for _ in 0..<2 { _ = try server.answer(to: get("/", "Connection: close")) }
            #expect(server.log.lines == [])
        }
    }
}
