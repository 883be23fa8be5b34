import Glibc
import HTTPTypes
import Martlet
import MartletReactor
import MartletWire
import TestSupport
import Testing

@Suite("When connections stay and when they close (RFC 9112 §9)", .timeLimit(.patient))
struct PersistenceOnTheWireTests {
    @Test(
        "close ends a connection in any version; HTTP/1.1 stays by default, HTTP/1.0 where it asks",
        .rfc("9112-9.3-01", "9112-9.3-02", "9112-9.3-03", "9112-9.6-03", "9112-9.6-04", "9112-9.6-01", "9112-9.6-06"),
        arguments: [
            ("1.1", "X: y", nil, false), ("1.1", "Connection: close", "close", true),
            ("1.1", "Connection: CLOSE", "close", true), ("1.1", "Connection: x, close ,y", "close", true),
            ("1.1", "Connection: keep-alive, close", "close", true),
            ("1.1", "Connection: close\r\nConnection: keep-alive", "close", true),
            ("1.1", "Connection: keep-alive", nil, false), ("1.1", "Connection: closed", nil, false),
            ("1.1", "Connection: \"close\"", nil, false), ("1.1", "Close: close", nil, false),
            ("1.0", "X: y", "close", true), ("1.0", "Connection: keep-alive", "keep-alive", false),
            ("1.0", "Connection: Keep-Alive", "keep-alive", false),
            ("1.0", "Connection: keep-alive, close", "close", true), ("1.0", "Keep-Alive: 5", "close", true),
        ] as [(String, String, String?, Bool)]
    )
    func persistence(version: String, field: String, option: String?, closes: Bool) async throws {
        try await withServer(shownRequest) { server in
            let request = "GET / HTTP/\(version)\r\nHost: a\r\n\(field)\r\n\r\n"
            try server.expect(ok("GET a / 0:", connection: option), closes: closes, to: request.utf8)
        }
    }

    @Test(
        "behind a request or an answer that says close no request is processed",
        .rfc("9112-9.6-05", "9112-9.6-07", "9112-9.6-01", "9112-9.6-03", "9112-9.6-06"),
        arguments: [true, false]
    )
    func nothingBehindClose(clientSaysSo: Bool) async throws {
        let seen = Record<String>()
        let handler = Immediate { request in
            seen.append(request.head.rawPath)
            var response = Response.text(request.head.rawPath)
            if !clientSaysSo, request.head.rawPath == "/last" { response.fields.append(.connection, "close") }
            return response
        }
        try await withServer(handler) { server in
            let last = clientSaysSo ? get("/last", "Connection: close") : get("/last")
            try server.expect(ok("/last", connection: "close"), closes: true, to: last.utf8)
            let socket = try server.connect()
            try socket.send(get("/1") + last + get("/2") + "DELETE /3 HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(masked(socket.receiveAll()) == ok("/1") + ok("/last", connection: "close"))
            #expect(Set(seen.all) == ["/1", "/last", "/before", "/behind"])
        }
    }

    @Test(
        "content that a handler does not read is never parsed as a request",
        .rfc("9112-9.3-05", "9112-6-01", "9112-11.2-01"),
        arguments: [true, false]
    )
    func unreadContent(waits: Bool) async throws {
        let seen = Record<String>()
        let function: @Sendable (Request) -> Response = { request in
            seen.append(request.head.rawPath)
            return .text("x")
        }
        let handler: any Handler = waits ? Waiting { function($0) } : Immediate(function)
        try await withServer(handler) { server in
            let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
            let start = "POST / HTTP/1.1\r\nHost: a\r\n"
            let count = smuggled.utf8.count
            try server.expect(ok("x"), to: (start + "Content-Length: \(count)\r\n\r\n" + smuggled).utf8)
            let chunk = String(count, radix: 16) + "\r\n" + smuggled + "\r\n0\r\n\r\n"
            try server.expect(ok("x"), to: (start + "Transfer-Encoding: chunked\r\n\r\n" + chunk).utf8)
            // More than is worth receiving: the connection closes.
            let socket = try server.connect()
            try socket.send(start + "Content-Length: 10000000\r\n\r\n" + smuggled)
            try #expect(masked(socket.receiveAll()) == ok("x", connection: "close"))
            #expect(Set(seen.all) == ["/", "/before", "/behind"])
        }
    }

    @Test("pipelined requests are handled in turn and answered in order", .rfc("9112-9.3.2-01", "9112-9.3.2-02"))
    func order() async throws {
        let gate = Gate()
        let seen = Record<String>()
        let handler = Waiting { request in
            seen.append(request.head.rawPath)
            if request.head.rawPath == "/1" { await gate.pass() }
            return .text(request.head.rawPath)
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get("/1") + get("/2") + get("/3"))
            try await eventually("the first one is there") { seen.all == ["/1"] }
            // The loop has had its turn: it did not begin the second one, though that one would be ready.
            try #expect(server.answer(to: get("/other", "Connection: close")) == ok("/other", connection: "close"))
            #expect(seen.all == ["/1", "/other"])
            gate.open()
            try socket.expect(ok("/1") + ok("/2") + ok("/3"))
        }
    }

    @Test(
        "a connection that timed out ends with FIN: what was sent arrives, and then the end, not a reset",
        .rfc("9112-9.5-01", "9112-9.5-03", "9112-8-01")
    )
    func timeouts() async throws {
        try await withServer(
            shownRequest,
            configure: { configuration in
                configuration.limits.keepAliveTimeout = .milliseconds(50)
                configuration.limits.headTimeout = .milliseconds(50)
            }
        ) { server in
            let idle = try server.connect()
            try #expect(idle.receiveAll() == [])
            let used = try server.connect()
            try used.send(get())
            try #expect(masked(used.receiveAll()) == ok("GET a / 0:"))
            let slow = try server.connect()
            try slow.send("GET / HTTP/1.1\r\nHo")
            try #expect(
                masked(slow.receiveAll())
                    == refusal("408 Request Timeout", "The request head did not arrive in time.")
            )
        }
    }

    @Test(
        "a client that goes while its handler works is noticed, and the handler's task cancelled",
        .rfc("9112-9.5-02")
    )
    func clientGoes() async throws {
        let seen = Record<String>()
        let handler = Waiting { _ in
            seen.append("began")
            do { try await Task.sleep(for: .seconds(60)) } catch { seen.append("cancelled") }
            return .text("x")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get())
            try await eventually("the handler works") { seen.all == ["began"] }
            socket.reset()
            try await eventually("it is cancelled") { seen.all == ["began", "cancelled"] }
            try await eventually("and its connection gone") { server.descriptors() == 1 }
        }
    }

    @Test(
        "a client that does not read is met by flow control: its requests wait, its connection stays",
        .rfc("9112-9.5-04")
    )
    func flowControl() async throws {
        let count = Record<Int>()
        let text = String(repeating: "x", count: 10_000)
        let handler = Immediate { _ in
            count.append(1)
            return .text(text)
        }
        try await withServer(handler) { server in
            let socket = try server.connect(receiveBuffer: 4096)
            try socket.send(String(repeating: get(), count: 1000))
            try await eventually("the first are answered") { count.all.count > 0 }
            // 10 MB of answers fit into no buffer: some requests wait until the client reads.
            for _ in 0..<20 { _ = try server.answer(to: get("/", "Connection: close")) }
            #expect(count.all.count < 1020)
            var octets = 0
            let whole = ok(text).utf8.count + "Sun, 06 Nov 1994 08:49:37 GMT".utf8.count - 1
            while octets < 1000 * whole { octets += try socket.receive().count }
            #expect(octets == 1000 * whole)
            #expect(count.all.count == 1020)
        }
    }

    @Test("a connection over the limit is told so and closed, the open ones stay", .rfc("9112-9.4-01", "9112-9.5-04"))
    func connectionLimit() async throws {
        try await withServer(shownRequest, configure: { $0.limits.connections = 1 }) { server in
            let first = try server.connect()
            try first.send(get())
            try first.expect(ok("GET a / 0:"))
            try #expect(server.connect().receiveAll().starts(with: "HTTP/1.1 503 Service Unavailable\r\n".utf8))
            try first.send(get())
            try first.expect(ok("GET a / 0:"))
        }
    }

    @Test(
        "a close comes in stages: the answer, FIN, and no reset while the client still sends",
        .rfc("9112-9.6-08"),
        arguments: [
            "GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        ]
    )
    func stagedClose(request: String) async throws {
        let handler = Waiting { request in
            _ = try await request.body.collect(upTo: 100)
            return .text("x")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(request)
            let part = [UInt8](repeating: 0x78, count: 1 << 16)
            // Four MiB after the answer was given: a reset would make one of these fail, or destroy the answer.
            for _ in 0..<64 { try socket.send(part) }
            let text = masked(try socket.receiveAll())
            #expect(text.hasPrefix("HTTP/1.1 4") && text.contains("Connection: close\r\n"))
            #expect(text.hasSuffix("\n"))
            try socket.send(part)
        }
    }

    @Test(
        "a client's FIN ends no message and takes no answer away",
        .rfc("9112-9.6-09", "9112-8-02"),
        arguments: [true, false]
    )
    func halfClose(waits: Bool) async throws {
        let gate = Gate()
        let function: @Sendable (Request) -> Response = { .text($0.head.rawPath) }
        let handler: any Handler =
            waits
            ? Waiting {
                await gate.pass()
                return function($0)
            } : Immediate(function)
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get("/1") + get("/2"))
            socket.finishSending()
            if waits {
                try await eventually("it arrives") { server.descriptors() == 2 }
                gate.open()
            }
            try #expect(masked(socket.receiveAll()) == ok("/1") + ok("/2"))
            // A head that FIN cuts is no request.
            let cut = try server.connect()
            try cut.send("GET /3 HTTP/1.1\r\nHost: a\r\n")
            cut.finishSending()
            try #expect(cut.receiveAll() == [])
        }
    }
}
