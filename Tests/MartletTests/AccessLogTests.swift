import CMartlet
import Glibc
import Martlet
import TestSupport
import Testing

@Suite("The access log tells of every answer, and of nothing that was not", .timeLimit(.patient))
struct AccessLogTests {
    /// Runs a server that logs into a file and returns what it logged, times masked.
    private static func log(
        _ format: AccessLogFormat,
        _ handler: any Handler = echoPath,
        limits: Limits = Limits(),
        _ body: @escaping @concurrent @Sendable (RunningServer) async throws -> Void
    ) async throws -> String {
        let directory = try TemporaryDirectory()
        let path = try directory.write("log", "")
        let fd = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(fd) }
        try await withServer(
            handler,
            configure: { configuration in
                configuration.accessLog = AccessLogSettings(format: format, fd: fd)
                configuration.limits = limits
            }
        ) { server in
            try await body(server)
            server.server.stop()
            await server.server.waitUntilStopped()
        }
        return try contents(ofFile: path)
            .replacing(/\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]/, with: "[*]")
            .replacing(/"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/, with: #""time":"*""#)
            .replacing(/"duration_us":\d+/, with: #""duration_us":*"#)
    }

    @Test("Common: peer, time, request line, status and octets of content")
    func common() async throws {
        let log = try await Self.log(.common) { server in
            let socket = try server.connect()
            try socket.send(get("/a?b=c") + "HEAD /head HTTP/1.1\r\nHost: a\r\n\r\n" + "GET / HTTP/1.0\r\n\r\n")
            _ = try socket.receiveAll()
        }
        #expect(
            log == """
                127.0.0.1 - - [*] "GET /a?b=c HTTP/1.1" 200 2
                127.0.0.1 - - [*] "HEAD /head HTTP/1.1" 200 0
                127.0.0.1 - - [*] "GET / HTTP/1.0" 200 1

                """
        )
    }

    @Test("Combined adds referrer and user agent; nothing in them can leave its quotes, end a line or steer a terminal")
    func combined() async throws {
        let log = try await Self.log(.combined) { server in
            let socket = try server.connect()
            try socket.send(get("/", "User-Agent: a \"b\" \\c", "Referer: http://x/"))
            var raw = Array("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: ".utf8)
            raw += [0x61, 0x09, 0xC3, 0xA9, 0xFF, 0x9B] + Array("31m\r\n\r\n".utf8)
            try socket.send(raw)
            _ = try socket.receiveAll()
        }
        #expect(
            log == #"""
                127.0.0.1 - - [*] "GET / HTTP/1.1" 200 1 "http://x/" "a \x22b\x22 \x5cc"
                127.0.0.1 - - [*] "GET / HTTP/1.1" 200 1 "-" "a\x09\xc3\xa9\xff\x9b31m"

                """#
        )
    }

    @Test("JSON: an object a line, whatever the client sent")
    func json() async throws {
        let log = try await Self.log(.json) { server in
            let socket = try server.connect()
            try socket.send(get("/a?b", "User-Agent: x\"\\y\u{9}é\u{9B}31m", "Referer: z"))
            try socket.send("POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx")
            _ = try socket.receiveAll()
            _ = try server.answer(to: "GARBAGE \"q\"\r\n\r\n")
            _ = try server.answer(to: "\u{1}\r\n\r\n")
        }
        #expect(
            log == #"""
                {"time":"*","peer":"127.0.0.1","method":"GET","target":"/a?b","protocol":"HTTP/1.1","host":"a","referrer":"z","user_agent":"x\"\\y\u0009é\u009b31m","status":200,"bytes":2,"duration_us":*}
                {"time":"*","peer":"127.0.0.1","method":"POST","target":"/","protocol":"HTTP/1.0","status":200,"bytes":1,"duration_us":*}
                {"time":"*","peer":"127.0.0.1","request":"GARBAGE \"q\"","status":400,"bytes":88,"duration_us":*}
                {"time":"*","peer":"127.0.0.1","status":400,"bytes":75,"duration_us":*}

                """#
        )
    }

    @Test("JSON says how long a handler took that never waits")
    func duration() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("log", "")
        let fd = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(fd) }
        let handler = Immediate { _ in
            usleep(20_000)
            return .text("slow")
        }
        try await withServer(handler, configure: { $0.accessLog = AccessLogSettings(format: .json, fd: fd) }) {
            server in
            _ = try server.answer(to: get("/", "Connection: close"))
            server.server.stop()
            await server.server.waitUntilStopped()
        }
        let log = try contents(ofFile: path)
        let match = try #require(log.firstMatch(of: /"duration_us":(\d+)/))
        #expect(Int(match.1) ?? 0 >= 20_000)
    }

    @Test("refused requests are logged with what was understood of them")
    func refused() async throws {
        var limits = Limits()
        limits.headTimeout = .milliseconds(100)
        limits.requestLine = 50
        let log = try await Self.log(.common, limits: limits) { server in
            _ = try server.answer(to: "GET /no-host HTTP/1.1\r\n\r\n")
            _ = try server.answer(to: "GET /\(String(repeating: "x", count: 100)) HTTP/1.1\r\n\r\n")
            _ = try server.answer(to: "GET /slow HTTP/1.1\r\nHost:")
            _ = try server.answer(to: "GET /sl")
            _ = try server.answer(to: "\u{16}\u{3}\u{1}")
        }
        let lines = log.split(separator: "\n").map { $0.split(separator: " ").dropLast().joined(separator: " ") }
        #expect(
            lines == [
                "127.0.0.1 - - [*] \"GET /no-host HTTP/1.1\" 400",
                "127.0.0.1 - - [*] \"-\" 414",
                "127.0.0.1 - - [*] \"GET /slow HTTP/1.1\" 408",
                "127.0.0.1 - - [*] \"-\" 408",
                "127.0.0.1 - - [*] \"-\" 400",
            ]
        )
    }

    @Test("a download that is cut is logged with what was sent, one cut before its content with nothing")
    func cutOff() async throws {
        let size = 64 << 20
        let content = [UInt8](repeating: 1, count: size)
        let log = try await Self.log(.common, Immediate { _ in .content(content, type: "a/b") }) { server in
            var socket: TestSocket? = try server.connect(receiveBuffer: 8192)
            try socket?.send(get("/cut"))
            _ = try socket?.receive(exactly: 100_000)
            socket?.reset()
            socket = nil
            try await eventually("the connection is closed") { server.descriptors() == 1 }
        }
        let match = try #require(log.wholeMatch(of: /127\.0\.0\.1 - - \[\*\] "GET \/cut HTTP\/1\.1" 200 (\d+)\n/))
        let sent = try #require(Int(match.1))
        #expect(sent >= 99_000 && sent < size)
    }

    @Test("a request whose client leaves before the answer is logged as 499")
    func unanswered() async throws {
        let started = Record<Void>()
        let handler = Waiting { _ in
            started.append(())
            try await Task.sleep(for: .seconds(3600))
            return .text("never")
        }
        let log = try await Self.log(.common, handler) { server in
            var socket: TestSocket? = try server.connect()
            try socket?.send(get("/long"))
            try await eventually("the handler waits") { started.all.count == 1 }
            socket?.reset()
            socket = nil
            try await eventually("the connection is closed") { server.descriptors() == 1 }
        }
        #expect(log == "127.0.0.1 - - [*] \"GET /long HTTP/1.1\" 499 0\n")
    }

    @Test(
        "a pipe that nobody reads does not stop the server; its lines come later, whole, and losses are told",
        arguments: [true, false]
    )
    func fullPipe(isBlocking: Bool) async throws {
        var ends: [CInt] = [-1, -1]
        try #require(unsafe cm_pipe(&ends) == 0)
        let (reader, writer) = (TestSocket(fd: ends[0]), ends[1])
        defer { close(writer) }
        if isBlocking { try #require(fcntl(writer, F_SETFL, 0) == 0) }
        let path = "/" + String(repeating: "x", count: 1000)
        try await withServer(
            echoPath,
            configure: { $0.accessLog = AccessLogSettings(format: .common, fd: writer) }
        ) { server in
            // 64 KiB fit in the pipe, 256 KiB wait in the server, the rest is lost.
            let socket = try server.connect()
            for _ in 0..<1000 {
                try socket.send(get(path))
                try socket.expect(ok(path))
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            var log: [UInt8] = []
            try await eventually("the log is read and the loss is told") {
                let count = unsafe read(reader.fd, &buffer, buffer.count)
                if count > 0 { log += buffer[..<count] }
                return server.log.contains("lines are lost") && count < 0
            }
            let lines = String(decoding: log, as: UTF8.self).split(separator: "\n")
            let isWhole = lines.allSatisfy { $0.hasPrefix("127.0.0.1 - - [") && $0.hasSuffix("HTTP/1.1\" 200 1001") }
            #expect(isWhole && log.last == 10)
            #expect(
                server.log.lines == [
                    "warning: the access log's reader is too slow: \(1000 - lines.count) lines are lost"
                ]
            )
            #expect(lines.count > 250 && lines.count < 400)
        }
    }

    @Test("a full disk does not stop the server; that its lines wait is told once, and at the end how many are lost")
    func fullDisk() async throws {
        let full = unsafe open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        let servers = Record<RunningServer>()
        try await withServer(
            echoPath,
            configure: { $0.accessLog = AccessLogSettings(format: .common, fd: full) }
        ) { server in
            let socket = try server.connect()
            for _ in 0..<20 {
                try socket.send(get("/"))
                try socket.expect(ok("/"))
            }
            servers.append(server)
        }
        #expect(
            servers.all.first?.log.lines == [
                "error: the access log cannot be written: No space left on device. Its lines wait, as far as there is room",
                "warning: the access log could not be written (No space left on device): 20 lines are lost",
            ]
        )
    }
}
