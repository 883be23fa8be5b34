import Glibc
import HTTPTypes
import Martlet
import MartletWire
import TestSupport
import Testing

@Suite("Connections stay open when both sides may want that (RFC 9112 §9.3)", .timeLimit(.patient))
struct KeepAliveTests {
    @Test(
        "whether a connection stays open follows from version and Connection",
        .rfc(
            "9112-9.3-01",
            "9112-9.3-02",
            "9112-9.3-03",
            "9112-9.6-01",
            "9112-9.6-03",
            "9112-9.6-04",
            "9110-7.6.1-01",
            "9110-6.2-01",
            "9112-2.3-05",
            "9110-5.1-04"
        ),
        arguments: [
            ("HTTP/1.1", "X: y", nil, true),
            ("HTTP/1.1", "Connection: close", "close", false),
            ("HTTP/1.1", "Connection: CLOSE", "close", false),
            ("HTTP/1.1", "connection: foo, Close", "close", false),
            ("HTTP/1.1", "Connection: keep-alive, close", "close", false),
            ("HTTP/1.1", "Connection: keep-alive\r\nConnection: close", "close", false),
            ("HTTP/1.1", "Connection: closed", nil, true),
            ("HTTP/1.1", "Connection: keep-alive", nil, true),
            ("HTTP/1.0", "X: y", "close", false),
            ("HTTP/1.0", "Connection: keep-alive", "keep-alive", true),
            ("HTTP/1.0", "Connection: Keep-Alive", "keep-alive", true),
            ("HTTP/1.0", "Connection: keep-alive, close", "close", false),
        ] as [(String, String, String?, Bool)]
    )
    func persistence(version: String, field: String, option: String?, staysOpen: Bool) async throws {
        try await withServer(echoPath) { server in
            let socket = try server.connect()
            try socket.send("GET /a \(version)\r\nHost: a\r\n\(field)\r\n\r\n")
            try socket.expect(ok("/a", connection: option))
            if staysOpen {
                try socket.send(get("/b"))
                try socket.expect(ok("/b"))
            } else {
                try socket.expectEnd()
            }
        }
    }

    @Test(
        "a response that says Connection: close closes, alone or in a list",
        .rfc("9112-9.6-06"),
        arguments: ["close", "Close", "x, close"]
    )
    func responseCloses(value: String) async throws {
        let handler = Immediate { _ in
            var response = Response.text("bye")
            response.fields.append(.connection, value)
            return response
        }
        try await withServer(handler) { server in
            try #expect(server.answer(to: get()) == ok("bye", connection: "close"))
        }
    }

    @Test(
        "content that a request did not announce does not cost its client the answer: the close is staged",
        .rfc("9112-9.6-08", "9112-6.3-11"),
        arguments: ["POST / HTTP/1.0\r\n", "PUT / HTTP/1.0\r\n", "POST / HTTP/1.1\r\nConnection: close\r\n"]
    )
    func unannouncedContent(start: String) async throws {
        try await withServer(Immediate { _ in .text("x") }) { server in
            let socket = try server.connect()
            try socket.send("\(start)Host: a\r\n\r\n")
            try socket.expect(ok("x", connection: "close"))
            try socket.expectEnd()
            // A server that had closed would answer the first of these with a reset, which fails the second.
            for _ in 1...3 { try socket.send("content") }
        }
    }

    @Test("requests behind Connection: close are not answered", .rfc("9112-9.6-05", "9112-9.6-07"))
    func nothingAfterClose() async throws {
        let seen = Record<String>()
        let handler = Immediate { request in
            seen.append(request.head.rawPath)
            return .text("x")
        }
        try await withServer(handler) { server in
            let answers = try server.answer(to: get("/1", "Connection: close") + get("/2"))
            #expect(answers == ok("x", connection: "close"))
            #expect(seen.all == ["/1"])
        }
    }

    @Test("a request may come octet by octet, with empty lines before it", .rfc("9112-2.2-05"))
    func splitAtEveryOctet() async throws {
        let handler = Waiting { request in
            .text(String(decoding: try await request.body.collect(upTo: 99), as: UTF8.self))
        }
        let request = "\r\n\r\nPOST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\r\n" + get("/q")
        try await withServer(handler) { server in
            let whole = try server.connect()
            try whole.send(request)
            try whole.expect(ok("abc") + ok(""))
            for cut in 1..<request.utf8.count {
                let socket = try server.connect()
                try socket.send(request.utf8.prefix(cut))
                // The round trip of another client: the loop has seen the first part by itself.
                try #expect(server.answer(to: get("/", "Connection: close")) == ok("", connection: "close"))
                try socket.send(request.utf8.dropFirst(cut))
                try socket.expect(ok("abc") + ok(""))
            }
        }
    }

    @Test("each octet by itself makes the same request")
    func drip() async throws {
        try await withServer(echoPath) { server in
            let socket = try server.connect()
            for octet in get("/slow").utf8 { try socket.send([octet]) }
            try socket.expect(ok("/slow"))
        }
    }

    @Test("a server name is sent when there is one", .rfc("9110-10.2.4-01"))
    func serverName() async throws {
        try await withServer(echoPath, configure: { $0.serverName = "Martlet" }) { server in
            let answer = try server.answer(to: get("/", "Connection: close"))
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nDate: *\r\nServer: Martlet\r\nContent-Type"))
        }
    }

    @Test("several loops share a port and all of them serve")
    func severalLoops() async throws {
        let threads = Record<UInt>()
        let handler = Immediate { _ in
            threads.append(UInt(pthread_self()))
            return .text("x")
        }
        try await withServer(handler, configure: { $0.threads = 3 }) { server in
            // The kernel spreads connections by their addresses: 200 of them miss a loop once in 10^34 runs.
            for _ in 0..<200 { _ = try server.answer(to: get("/", "Connection: close")) }
            #expect(Set(threads.all).count == 3)
        }
    }
}
