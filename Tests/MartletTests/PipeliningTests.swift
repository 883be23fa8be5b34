import Martlet
import MartletWire
import TestSupport
import Testing

@Suite("Pipelined requests are answered in order (RFC 9112 §9.3.2)", .timeLimit(.patient))
struct PipeliningTests {
    @Test("a hundred requests in one segment", .rfc("9112-9.3.2-02", "9110-15-02"))
    func hundred() async throws {
        try await withServer(echoPath) { server in
            let socket = try server.connect()
            try socket.send((0..<100).map { get("/\($0)") }.joined())
            try socket.expect((0..<100).map { ok("/\($0)") }.joined())
        }
    }

    /// Answers at once, but for /slow, which waits for the gate.
    private struct Mixed: ImmediateHandler {
        let gate: Gate

        func respondImmediately(to request: Request) throws -> Response? {
            request.head.rawPath == "/slow" ? nil : .text(request.head.rawPath)
        }

        func respond(to request: Request) async throws -> Response {
            await gate.pass()
            return .text("slow")
        }
    }

    @Test("an answer that takes its time holds up those behind it, never those before it", .rfc("9112-9.3.2-02"))
    func slowInTheMiddle() async throws {
        let gate = Gate()
        try await withServer(Mixed(gate: gate)) { server in
            let socket = try server.connect()
            try socket.send(get("/1") + get("/2") + get("/slow") + get("/3") + get("/slow") + get("/4"))
            try socket.expect(ok("/1") + ok("/2"))
            #expect(socket.isSilent)
            gate.open()
            try socket.expect(ok("slow") + ok("/3") + ok("slow") + ok("/4"))
        }
    }

    @Test("answers to one segment leave in one segment")
    func oneFlush() async throws {
        try await withServer(echoPath) { server in
            let socket = try server.connect()
            try socket.send(get("/1") + get("/2") + get("/3"))
            try #expect(masked(socket.receive()) == ok("/1") + ok("/2") + ok("/3"))
        }
    }

    @Test("async handlers that never wait are batched as well")
    func oneFlushAsync() async throws {
        try await withServer(Waiting { .text($0.head.rawPath) }) { server in
            let socket = try server.connect()
            try socket.send(get("/1") + get("/2") + get("/3"))
            try #expect(masked(socket.receive()) == ok("/1") + ok("/2") + ok("/3"))
        }
    }

    @Test(
        "a request behind a body is found, whether the body was read or not",
        .rfc("9112-9.3-05", "9112-6.3-04"),
        arguments: [true, false]
    )
    func behindBody(reads: Bool) async throws {
        let handler = Waiting { request in
            if reads { _ = try await request.body.collect(upTo: 1000) }
            return .text(request.head.rawPath)
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(
                "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 18\r\n\r\nGET /x HTTP/1.1\r\n\r"
                    + "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\n0\r\n\r\n"
                    + get("/3")
            )
            try socket.expect(ok("/1") + ok("/2") + ok("/3"))
        }
    }

    @Test(
        "ten thousand requests of a client that does not read: the server stops taking them, and forgets none",
        .rfc("9112-9.5-04")
    )
    func flood() async throws {
        let count = 10_000
        let text = String(repeating: "x", count: 1000)
        let seen = Record<Void>()
        let handler = Immediate { request in
            if request.head.rawPath == "/flood" { seen.append(()) }
            return .text(text)
        }
        try await withServer(handler) { server in
            let socket = try server.connect(receiveBuffer: 4096)
            try socket.send(String(repeating: get("/flood"), count: count))
            // Every round trip is a turn of the one loop; when some turns answer nothing, the flood is stuck.
            var answered = -1
            while answered != seen.all.count {
                answered = seen.all.count
                for _ in 0..<20 { _ = try server.answer(to: get("/", "Connection: close")) }
            }
            // What is answered is in the kernel's buffers (at most 4 MiB for a socket) but for 64 KiB or so.
            #expect(answered < 6000)
            let received = masked(try socket.receive(exactly: count * (ok(text).utf8.count + 28)))
            #expect(received == String(repeating: ok(text), count: count))
        }
    }
}
