import Glibc
import Martlet
import MartletReactor
import TestSupport
import Testing

@Suite("What blocks runs on threads of its own", .timeLimit(.patient))
struct BlockingTests {
    /// The name of the calling thread.
    private static func thread() throws -> String {
        try String(contents(ofFile: "/proc/thread-self/comm").dropLast())
    }

    /// Blocks the calling thread until the gate opens.
    private static func wait(for gate: Gate) {
        while !gate.isOpen { usleep(500) }
    }

    @Test("a blocking handler runs on the pool's thread, and the loop serves others meanwhile")
    func beside() async throws {
        let gate = Gate()
        let began = Record<String>()
        let blocking = Blocking(on: ThreadPool(name: "own-pool", threads: 1)) { _ in
            began.append(try Self.thread())
            Self.wait(for: gate)
            return .text("blocked")
        }
        let handler = Waiting { request in
            request.head.rawPath == "/fast" ? .text("fast") : try await blocking.respond(to: request)
        }
        try await withServer(handler) { server in
            let slow = try server.connect()
            try slow.send(get("/slow"))
            try await eventually("the handler blocks") { began.all == ["own-pool"] }
            let fast = try server.connect()
            try fast.send(get("/fast"))
            try fast.expect(ok("fast"))
            gate.open()
            try slow.expect(ok("blocked"))
        }
    }

    @Test("as a server's handler: answers, errors and the log are those of any handler")
    func asHandler() async throws {
        struct Secret: Error {}
        let handler = Blocking { request in
            switch request.head.rawPath {
            case "/teapot": throw HTTPError(.notFound, "No tea.")
            case "/secret": throw Secret()
            default: .text(try Self.thread())
            }
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get("/") + get("/teapot") + get("/secret"))
            try socket.expect(
                ok("martlet-block") + answer("404 Not Found", "404 Not Found\nNo tea.\n", error: true)
                    + answer(
                        "500 Internal Server Error",
                        "500 Internal Server Error\nSomething went wrong in the server. Its log says what.\n",
                        error: true
                    )
            )
            #expect(server.log.lines == ["error: 500 for \"GET /secret HTTP/1.1\" of 127.0.0.1: Secret()"])
        }
    }

    @Test("Blocking.run brings its result or error back to the loop")
    func run() async throws {
        let handler = Waiting { request in
            let content = try await request.body.collect(upTo: 100)
            let before = try Self.thread()
            let there = try await Blocking.run { try Self.thread() + " \(content.count)" }
            return .text("\(before), \(there), \(try Self.thread())")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            try socket.expect(ok("martlet-0, martlet-block 3, martlet-0"))
        }
        // The work's own error, even if it is one that the pool might have.
        await #expect(throws: SystemError(code: EAGAIN, operation: "own")) {
            try await Blocking.run { throw SystemError(code: EAGAIN, operation: "own") }
        }
    }

    @Test("with all threads busy and the queue full: 503 with Retry-After; then it goes on")
    func full() async throws {
        let gate = Gate()
        let began = Record<String>()
        let pool = ThreadPool(name: "own-pool", threads: 1, queueLimit: 1)
        let handler = Blocking(on: pool) { request in
            began.append(request.head.rawPath)
            Self.wait(for: gate)
            return .text(request.head.rawPath)
        }
        try await withServer(handler) { server in
            let first = try server.connect()
            try first.send(get("/1"))
            try await eventually("the thread is busy") { began.all == ["/1"] }
            // One more may wait. Both are with the loop before it looks at either, or one after the other: the same.
            let others = [try server.connect(), try server.connect()]
            for socket in others { try socket.send(get("/2")) }
            let page = "503 Service Unavailable\nThe server has too much to do at the moment.\n"
            let refused =
                "HTTP/1.1 503 Service Unavailable\r\nDate: *\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "Retry-After: 1\r\nVary: Accept\r\nCache-Control: no-store\r\nContent-Length: \(page.utf8.count)\r\n\r\n"
                + page
            try await eventually("one is refused") { others.contains { !$0.isSilent } }
            let (loser, winner) = others[0].isSilent ? (others[1], others[0]) : (others[0], others[1])
            try loser.expect(refused)
            #expect(winner.isSilent)
            gate.open()
            try first.expect(ok("/1"))
            try winner.expect(ok("/2"))
            try loser.send(get("/3"))
            try loser.expect(ok("/3"))
        }
    }

    @Test("a request whose client goes away while it waits for a thread is dropped, and its place is free at once")
    func dropped() async throws {
        let gate = Gate()
        let began = Record<String>()
        let pool = ThreadPool(name: "own-pool", threads: 1, queueLimit: 1)
        let seen = Record<String>()
        let handler = Waiting { request in
            defer { seen.append("\(request.head.rawPath) ended") }
            return try await Blocking.run(on: pool) {
                began.append(request.head.rawPath)
                Self.wait(for: gate)
                return .text(request.head.rawPath)
            }
        }
        try await withServer(handler) { server in
            let first = try server.connect()
            try first.send(get("/1"))
            try await eventually("the thread is busy") { began.all == ["/1"] }
            for number in 2...5 {
                // Each would be refused if the one before it were still in the queue.
                var gone: TestSocket? = try server.connect()
                try gone?.send(get("/\(number)"))
                try await eventually("the connection is there") { server.descriptors() == 3 }
                gone = nil
                try await eventually("the handler has ended") { seen.all.last == "/\(number) ended" }
            }
            let last = try server.connect()
            try last.send(get("/last"))
            gate.open()
            try first.expect(ok("/1"))
            try last.expect(ok("/last"))
            #expect(began.all == ["/1", "/last"])
        }
    }

    @Test("a function that has begun runs to its end, its cleanup included, though its client is gone")
    func begun() async throws {
        let gate = Gate()
        let seen = Record<String>()
        let handler = Blocking { _ in
            defer { seen.append("cleaned up") }
            seen.append("began")
            Self.wait(for: gate)
            return .text("too late")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get())
            try await eventually("it has begun") { seen.all == ["began"] }
            socket.reset()
            try await eventually("every connection is closed") { server.descriptors() == 1 }
            #expect(seen.all == ["began"])
            gate.open()
            try await eventually("it has ended") { seen.all == ["began", "cleaned up"] }
        }
    }
}
