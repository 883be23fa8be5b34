import Glibc
import Martlet
import TestSupport
import Testing

/// Answers with a 101 to "echo".
private func upgrading(_ body: @escaping @Sendable (UpgradedStream) async throws -> Void) -> Immediate {
    Immediate { _ in .upgrade(to: "echo", body) }
}

private let echo = upgrading { stream in
    while let octets = try await stream.read() { try await stream.write(octets) }
}

private let switching = "HTTP/1.1 101 Switching Protocols\r\nDate: *\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n"

private func ask(_ fields: String...) -> String {
    "GET / HTTP/1.1\r\nHost: a\r\n"
        + (fields.isEmpty ? ["Connection: Upgrade", "Upgrade: echo"] : fields).map { $0 + "\r\n" }
        .joined() + "\r\n"
}

@Suite("A 101 hands the connection over", .timeLimit(.patient))
struct UpgradeTests {
    @Test("octets go both ways, and what came right behind the head comes first", .rfc("9110-7.8-03", "9110-15.2.2-01"))
    func bothWays() async throws {
        try await withServer(echo) { server in
            let socket = try server.connect()
            try socket.send(ask() + "first ")
            try socket.expect(switching + "first ")
            try socket.send("\u{0}second\r\n\r\n")
            try socket.expect("\u{0}second\r\n\r\n")
            socket.finishSending()
            try socket.expectEnd()
        }
    }

    @Test("it may come after other requests, pipelined too", .rfc("9110-3.3-02"))
    func pipelined() async throws {
        let handler = Immediate { request in
            request.method == .get ? .text("plain") : .upgrade(to: "echo") { try await $0.write(Array("hello".utf8)) }
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get() + ask().replacing("GET", with: "POST"))
            #expect(try masked(socket.receiveAll()) == ok("plain") + switching + "hello")
        }
    }

    @Test(
        "names match in any case, in lists, and over several lines",
        .rfc("9110-7.8-02"),
        arguments: [
            ["connection: keep-alive, UPGRADE", "upgrade: other, ECHO"],
            ["Connection: x", "Connection: upgrade", "Upgrade: h2c", "Upgrade: echo"],
        ]
    )
    func names(fields: [String]) async throws {
        try await withServer(echo) { server in
            let socket = try server.connect()
            try socket.send("GET / HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\nx")
            try socket.expect(switching + "x")
        }
    }

    @Test(
        "a request that did not ask for it gets a 426 that names the protocol",
        .rfc("9110-7.8-05", "9110-7.8-07", "9110-7.8-11", "9110-7.6.1-06", "9110-7.6.1-02", "9110-15.5.22-01"),
        arguments: [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echoes, h2c\r\n\r\n",
        ]
    )
    func notAsked(request: String) async throws {
        try await withServer(echo) { server in
            let socket = try server.connect()
            try socket.send(request)
            let answer = try #require(WireAnswer(socket.receive(through: "Upgrade.\n")))
            #expect(answer.status == 426)
            #expect(answer["Upgrade"] == "echo")
            #expect(answer["Connection"] == "Upgrade")
            // The connection is as before.
            try socket.send(ask() + "x")
            try socket.expect(switching + "x")
        }
    }

    @Test("HTTP/1.0 cannot ask for it", .rfc("9110-7.8-12"))
    func oldVersion() async throws {
        try await withServer(echo) { server in
            let answer = try #require(
                WireAnswer(Array(try server.answer(to: ask().replacing("HTTP/1.1", with: "HTTP/1.0")).utf8))
            )
            #expect(answer.status == 426)
            #expect(answer["Connection"] == "close, Upgrade")
        }
    }

    @Test(
        "content that nobody read refuses it; what was read does not, and 100 comes before 101",
        .rfc("9110-7.8-13", "9110-7.8-14")
    )
    func content() async throws {
        try await withServer(echo) { server in
            let answer = try server.answer(
                to: ask("Connection: Upgrade, close", "Upgrade: echo", "Content-Length: 1") + "x"
            )
            #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        }
        let reading = Waiting { request in
            let content = try await request.body.collect(upTo: 10)
            return .upgrade(to: "echo") { try await $0.write(content) }
        }
        try await withServer(reading) { server in
            let socket = try server.connect()
            try socket.send(ask("Connection: Upgrade", "Upgrade: echo", "Content-Length: 3", "Expect: 100-continue"))
            try socket.expect("HTTP/1.1 100 Continue\r\n\r\n")
            try socket.send("abcdef")
            #expect(try masked(socket.receiveAll()) == switching + "abc")
        }
    }

    @Test("a status other than 101 is a fault of the handler; 101 without a protocol too")
    func faults() async throws {
        let handler = Immediate { request in
            var response = Response.upgrade(to: "echo") { _ in }
            if request.head.rawPath == "/200" { response.status = .ok } else { response.body = .none }
            return response
        }
        try await withServer(handler) { server in
            for path in ["/200", "/101"] {
                let answer = try server.answer(
                    to: ask("Connection: Upgrade, close", "Upgrade: echo").replacing(" / ", with: " \(path) ")
                )
                #expect(answer.hasPrefix("HTTP/1.1 500 Internal Server Error\r\n"))
            }
        }
    }

    @Test("an error of the handler is logged, and what it wrote arrives")
    func error() async throws {
        struct Broken: Error {}
        let handler = upgrading { stream in
            try await stream.write(Array("so far".utf8))
            throw Broken()
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(ask())
            #expect(try masked(socket.receiveAll()) == switching + "so far")
            try await eventually("it is logged") { server.log.contains("Broken()") }
        }
    }

    @Test("a big write arrives whole and in order, whoever writes, and the writer waits for the reader")
    func backPressure() async throws {
        let chunk = 1 << 20
        let written = Record<Int>()
        let handler = upgrading { stream in
            try await withThrowingTaskGroup { group in
                for number in 0..<8 {
                    group.addTask {
                        try await stream.write([UInt8](repeating: UInt8(number), count: chunk))
                        written.append(number)
                    }
                }
                try await group.waitForAll()
            }
        }
        try await withServer(handler) { server in
            let socket = try server.connect(receiveBuffer: 8192)
            try socket.send(ask())
            try socket.expect(switching)
            // The kernel may hold some MiB on the way, but not all eight.
            #expect(written.all.count < 8)
            let octets = try socket.receiveAll()
            #expect(octets.count == 8 * chunk)
            for start in stride(from: 0, to: octets.count, by: chunk) {
                #expect(octets[start..<(start + chunk)].allSatisfy { $0 == octets[start] })
            }
            #expect(Set(octets).count == 8)
        }
    }

    @Test("while nobody reads, the client has to wait")
    func slowReader() async throws {
        let gate = Gate()
        let read = Record<Int>()
        let handler = upgrading { stream in
            await gate.pass()
            while let octets = try await stream.read() { read.append(octets.count) }
            try await stream.write(Array("\(read.all.reduce(0, +))".utf8))
        }
        try await withServer(handler) { server in
            let socket = try server.connect(timeout: .seconds(1))
            try socket.send(ask())
            try socket.expect(switching)
            var sent = 0
            #expect(throws: SystemError.self) {
                while sent < 1 << 26 {
                    try socket.send([UInt8](repeating: 0, count: 1024))
                    sent += 1024
                }
            }
            #expect(read.all.isEmpty)
            gate.open()
            socket.finishSending()
            let count = try #require(Int(String(decoding: socket.receiveAll(), as: UTF8.self)))
            #expect(count >= sent)
        }
    }

    @Test("a client that takes nothing is cut off, and the writer hears of it")
    func stall() async throws {
        let seen = Record<String>()
        let handler = upgrading { stream in
            do {
                while true { try await stream.write([UInt8](repeating: 0, count: 100_000)) }
            } catch {
                seen.append("\(type(of: error))")
            }
        }
        try await withServer(handler, configure: { $0.limits.writeStallTimeout = .milliseconds(200) }) { server in
            let socket = try server.connect(receiveBuffer: 8192)
            try socket.send(ask())
            try await eventually("the writer hears of it") { seen.all == ["CancellationError"] }
            #expect(server.log.contains("the client stopped reading"))
        }
    }

    @Test("no timeout of HTTP applies, and a read's own leaves the stream as it was")
    func timeouts() async throws {
        let handler = upgrading { stream in
            for _ in 0..<3 {
                await #expect(throws: UpgradedStream.TimedOut.self) { try await stream.read(within: .milliseconds(50)) }
            }
            try await stream.write(Array("late".utf8))
            let octets = try await stream.read(within: .seconds(3600))
            try await stream.write(octets ?? [])
        }
        let short: @Sendable (inout ServerConfiguration) -> Void = {
            $0.limits.keepAliveTimeout = .milliseconds(20)
            $0.limits.headTimeout = .milliseconds(20)
            $0.limits.bodyIdleTimeout = .milliseconds(20)
        }
        try await withServer(handler, configure: short) { server in
            let socket = try server.connect()
            try socket.send(ask())
            try socket.expect(switching + "late")
            try socket.send("x")
            #expect(try masked(socket.receiveAll()) == "x")
        }
    }

    @Test("the task is cancelled when the client goes, by a reset or an end", arguments: [true, false])
    func clientGoes(resets: Bool) async throws {
        let seen = Record<String>()
        let handler = upgrading { stream in
            seen.append("started")
            do { try await Task.sleep(for: .seconds(3600)) } catch { seen.append("cancelled") }
            // What there is to read is not lost.
            if !resets, let octets = try await stream.read() { seen.append(String(decoding: octets, as: UTF8.self)) }
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(ask() + "bye")
            try await eventually("it runs") { seen.all == ["started"] }
            if resets { socket.reset() } else { socket.finishSending() }
            try await eventually("it ends") { seen.all == ["started", "cancelled"] + (resets ? [] : ["bye"]) }
        }
    }

    @Test("a server that stops cancels the task, which has the last word")
    func stop() async throws {
        let handler = upgrading { stream in
            do {
                _ = try await stream.read()
            } catch is CancellationError {
                try await stream.write(Array("goodbye".utf8), isLast: true)
                await #expect(throws: CancellationError.self) { try await stream.write([1]) }
            }
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(ask())
            try socket.expect(switching)
            server.server.stop(grace: .seconds(3600))
            #expect(try masked(socket.receiveAll()) == "goodbye")
            socket.finishSending()
            await server.server.waitUntilStopped()
        }
    }

    @Test("the grace ends who does not listen")
    func grace() async throws {
        let gate = Gate()
        let handler = upgrading { _ in await gate.pass() }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(ask())
            try socket.expect(switching)
            server.server.stop(grace: .milliseconds(50))
            #expect(throws: SystemError.self) { try socket.receiveAll() }
            await server.server.waitUntilStopped()
            gate.open()
        }
    }

    @Test("a read and a write from a foreign thread work too, one reader at a time")
    func foreignThreads() async throws {
        let handler = upgrading { stream in
            try await Task.detached {
                let octets = try await stream.read() ?? []
                try await stream.write(octets)
                let waiting = Task { try await stream.read() }
                waiting.cancel()
                await #expect(throws: CancellationError.self) { try await waiting.value }
                try await stream.write(Array("!".utf8))
                try await stream.write(try await stream.read() ?? [])
            }.value
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(ask() + "abc")
            try socket.expect(switching + "abc!")
            try socket.send("def")
            #expect(try masked(socket.receiveAll()) == "def")
        }
    }

    @Test("the access log has its line at the end, with the octets written")
    func accessLog() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("log", "")
        let fd = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(fd) }
        try await withServer(
            echo,
            configure: { $0.accessLog = AccessLogSettings(format: .common, fd: fd) }
        ) { server in
            let socket = try server.connect()
            try socket.send(ask() + "four")
            try socket.expect(switching + "four")
            #expect(try contents(ofFile: path) == "")
            socket.finishSending()
            try socket.expectEnd()
            server.server.stop()
            await server.server.waitUntilStopped()
        }
        #expect(try contents(ofFile: path).hasSuffix("] \"GET / HTTP/1.1\" 101 4\n"))
    }

    @Test("a stream that outlives its handler is over")
    func outlives() async throws {
        let kept = Record<UpgradedStream>()
        try await withServer(upgrading { kept.append($0) }) { server in
            let socket = try server.connect()
            try socket.send(ask())
            #expect(try masked(socket.receiveAll()) == switching)
            let stream = try #require(kept.all.first)
            await #expect(throws: CancellationError.self) { try await stream.read() }
            await #expect(throws: CancellationError.self) { try await stream.write([1]) }
        }
    }
}
