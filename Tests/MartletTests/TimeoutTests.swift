import Glibc
import Martlet
import MartletReactor
import MartletWire
import TestSupport
import Testing

@Suite("Nobody can hold a connection for ever", .timeLimit(.patient))
struct TimeoutTests {
    /// Sends an octet every 10 ms until the server says something or closes.
    /// - Returns: how long that took.
    private static func drip(_ octets: String, into socket: TestSocket) -> Duration {
        let clock = ContinuousClock()
        return clock.measure {
            for octet in octets.utf8.cycled(100_000) {
                do { try socket.send([octet]) } catch { return }
                var entry = pollfd(fd: socket.fd, events: Int16(POLLIN), revents: 0)
                if unsafe poll(&entry, 1, 10) != 0 { return }
            }
        }
    }

    private static let slowHead = refusal("408 Request Timeout", "The request head did not arrive in time.")

    @Test("a head that does not arrive is answered 408, and the log says so", .rfc("9110-15.5.9-01", "9112-8-01"))
    func slowHead() async throws {
        try await withServer(echoPath, configure: { $0.limits.headTimeout = .milliseconds(200) }) { server in
            let socket = try server.connect()
            let clock = ContinuousClock()
            let taken = try clock.measure {
                try socket.send("GET / HTTP/1.1\r\nHost: a\r\n")
                try socket.expect(Self.slowHead)
            }
            #expect(taken >= .milliseconds(195))
            try socket.expectEnd()
            #expect(server.log.contains("info: 127.0.0.1: 408"))
        }
    }

    @Test("a client that pipelines without a pause is busy, not idle: no old deadline cuts it off")
    func busyPipelining() async throws {
        try await withServer(echoPath, configure: { $0.limits.keepAliveTimeout = .milliseconds(100) }) { server in
            let socket = try server.connect()
            let batch = String(repeating: "GET /busy HTTP/1.1\r\nHost: a\r\n\r\n", count: 1000)
            let clock = ContinuousClock()
            let end = clock.now + .milliseconds(500)
            // One batch is always there before the last one is answered, so the server never sees a pause.
            try socket.send(batch)
            var answers = 0
            var wanted = 0
            while clock.now < end {
                try socket.send(batch)
                wanted += 1000
                // An answer has one capital H.
                while answers < wanted { answers += try socket.receive().count { $0 == UInt8(ascii: "H") } }
            }
            #expect(answers >= wanted)
        }
    }

    @Test("octets that drip in do not extend the time for a head")
    func slowLoris() async throws {
        try await withServer(echoPath, configure: { $0.limits.headTimeout = .milliseconds(200) }) { server in
            let socket = try server.connect()
            try socket.send("GET / HTTP/1.1\r\nHost: a\r\nX: ")
            let taken = Self.drip("y", into: socket)
            #expect(taken >= .milliseconds(150) && taken < .seconds(5))
            try socket.expect(Self.slowHead)
        }
    }

    @Test("the time for a head begins with its own first octet, not with the request before")
    func secondHead() async throws {
        try await withServer(
            echoPath,
            configure: { configuration in
                configuration.limits.headTimeout = .milliseconds(600)
                configuration.limits.keepAliveTimeout = .seconds(30)
            }
        ) { server in
            let socket = try server.connect()
            try socket.send(get("/1") + "GET /2")
            try socket.expect(ok("/1"))
            try socket.send(" HTTP/1.1\r\nHost: a\r\n\r\n")
            try socket.expect(ok("/2"))
            // Longer than the limit, which must not count yet.
            #expect(socket.staysSilent(for: 800))
            let clock = ContinuousClock()
            let taken = try clock.measure {
                try socket.send("GET")
                try socket.expect(Self.slowHead)
            }
            #expect(taken >= .milliseconds(590))
        }
    }

    @Test("an idle connection is closed without a word, before and after a request", .rfc("9112-9.5-01", "9112-9.5-03"))
    func idle() async throws {
        try await withServer(echoPath, configure: { $0.limits.keepAliveTimeout = .milliseconds(200) }) { server in
            let fresh = try server.connect()
            let used = try server.connect()
            try used.send(get())
            try used.expect(ok("/"))
            try fresh.expectEnd()
            try used.expectEnd()
            #expect(server.log.lines.isEmpty)
        }
    }

    @Test("an idle connection stays open while requests come in time")
    func notIdle() async throws {
        try await withServer(echoPath, configure: { $0.limits.keepAliveTimeout = .seconds(1) }) { server in
            let socket = try server.connect()
            for _ in 0..<8 {
                try socket.send(get())
                try socket.expect(ok("/"))
                #expect(socket.staysSilent(for: 200))
            }
        }
    }

    @Test("an empty line behind a body, as old clients send it, makes an idle connection neither late nor short-lived")
    func emptyLineAfterBody() async throws {
        try await withServer(
            echoPath,
            configure: { configuration in
                configuration.limits.headTimeout = .milliseconds(100)
                configuration.limits.keepAliveTimeout = .milliseconds(500)
            }
        ) { server in
            let socket = try server.connect()
            try socket.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\r\n")
            try socket.expect(ok("/1"))
            let clock = ContinuousClock()
            let taken = try clock.measure { try socket.expectEnd() }
            #expect(taken >= .milliseconds(450))
            #expect(server.log.lines.isEmpty)
        }
    }

    @Test(
        "content that stops is answered 408 while the handler waits for it, and the log says so",
        .rfc("9112-8-01", "9112-6.3-10")
    )
    func bodyIdle() async throws {
        let handler = Waiting { request in
            _ = try await request.body.collect(upTo: 100)
            return .text("no")
        }
        try await withServer(handler, configure: { $0.limits.bodyIdleTimeout = .milliseconds(200) }) { server in
            for framing in ["Content-Length: 5\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n5\r\nab"] {
                let socket = try server.connect()
                try socket.send("POST / HTTP/1.1\r\nHost: a\r\n" + framing)
                #expect(
                    masked(try socket.receiveAll())
                        == refusal("408 Request Timeout", "The content of the request stopped arriving.")
                )
            }
            #expect(server.log.contains("408"))
        }
    }

    @Test("framing that drips in is no content: it does not extend the time")
    func drippingFraming() async throws {
        let handler = Waiting { request in
            _ = try await request.body.collect(upTo: 100)
            return .text("no")
        }
        try await withServer(handler, configure: { $0.limits.bodyIdleTimeout = .milliseconds(200) }) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a=")
            let taken = Self.drip("x", into: socket)
            #expect(taken >= .milliseconds(150) && taken < .seconds(5))
            try socket.expect(refusal("408 Request Timeout", "The content of the request stopped arriving."))
        }
    }

    @Test("a handler that takes its time before it reads is not the client's fault")
    func slowHandler() async throws {
        let handler = Waiting { request in
            try await Task.sleep(for: .milliseconds(700))
            return .text(String(decoding: try await request.body.collect(upTo: 100), as: UTF8.self))
        }
        try await withServer(
            handler,
            configure: { configuration in
                configuration.limits.bodyIdleTimeout = .milliseconds(300)
                configuration.limits.headTimeout = .milliseconds(300)
                configuration.limits.keepAliveTimeout = .milliseconds(300)
                configuration.limits.writeStallTimeout = .milliseconds(300)
            }
        ) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            try socket.expect(ok("abc"))
        }
    }

    @Test("content that nobody reads and that does not come ends the connection")
    func drainTimeout() async throws {
        try await withServer(echoPath, configure: { $0.limits.bodyIdleTimeout = .milliseconds(200) }) { server in
            let socket = try server.connect()
            try socket.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na")
            try #expect(masked(socket.receiveAll()) == ok("/1"))
        }
    }

    private static let big = Immediate { _ in .content([UInt8](repeating: 120, count: 64 << 20), type: "a/b") }

    @Test("a client that stops reading is cut, never told the answer was complete, and the log says so")
    func writeStall() async throws {
        try await withServer(Self.big, configure: { $0.limits.writeStallTimeout = .milliseconds(300) }) { server in
            let socket = try server.connect(receiveBuffer: 4096)
            try socket.send(get())
            try await eventually("the connection is cut") { server.log.contains("the client stopped reading") }
            #expect(throws: SystemError.self) { try socket.receiveAll() }
        }
    }

    @Test("a client that sends octets instead of reading does not extend its time")
    func writeStallWhileSending() async throws {
        try await withServer(Self.big, configure: { $0.limits.writeStallTimeout = .milliseconds(300) }) { server in
            let socket = try server.connect(receiveBuffer: 4096)
            try socket.send(get())
            let start = ContinuousClock.now
            while !server.log.contains("the client stopped reading") {
                guard ContinuousClock.now < start + .seconds(5) else {
                    Issue.record("the connection is not cut")
                    return
                }
                try? socket.send([13])
                _ = poll(nil, 0, 10)
            }
        }
    }
}

extension Sequence {
    /// The elements over and over, `count` of them.
    func cycled(_ count: Int) -> [Element] {
        let all = Array(self)
        return (0..<count).map { all[$0 % all.count] }
    }
}
