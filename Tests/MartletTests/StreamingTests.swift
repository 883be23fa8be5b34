import Glibc
import HTTPTypes
import Martlet
import MartletReactor
import TestSupport
import Testing

@Suite("Content that is made while it is sent", .timeLimit(.patient))
struct StreamingTests {
    private static let rows = Waiting { _ in
        .stream(type: "text/csv") { writer in
            try await writer.write("a,b\r\n")
            try await writer.write("")
            try await writer.write(Array("1,2\r\n".utf8))
        }
    }

    private static let chunks = "5\r\na,b\r\n\r\n5\r\n1,2\r\n\r\n0\r\n\r\n"

    @Test(
        "HTTP/1.1 gets chunks, and the connection stays open (RFC 9112 §7.1)",
        .rfc("9112-7.1-06", "9112-6.3-12", "9112-6.2-01", "9112-6.1-02", "9112-7.4-02")
    )
    func chunked() async throws {
        try await withServer(Self.rows) { server in
            let socket = try server.connect()
            let head = "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"
            for _ in 1...3 {
                try socket.send(get())
                try socket.expect(head + Self.chunks)
            }
            try socket.send(get() + get("/", "Connection: close"))
            try socket.expect(head + Self.chunks)
            try socket.expect(
                "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n"
                    + "Connection: close\r\n\r\n" + Self.chunks
            )
            try socket.expectEnd()
        }
    }

    @Test(
        "HTTP/1.0 gets it without chunks until the connection closes, also when it asked to keep it",
        .rfc("9112-6.1-10")
    )
    func oldVersion() async throws {
        try await withServer(Self.rows) { server in
            let expected =
                "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: text/csv\r\nConnection: close\r\n\r\na,b\r\n1,2\r\n"
            try #expect(server.answer(to: "GET / HTTP/1.0\r\n\r\n") == expected)
            try #expect(server.answer(to: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") == expected)
        }
    }

    @Test("HEAD gets the head alone, and nothing is made", .rfc("9110-9.3.2-01", "9112-6.1-06"))
    func head() async throws {
        let made = Record<Int>()
        let handler = Waiting { _ in .stream(type: "text/csv") { _ in made.append(1) } }
        try await withServer(handler) { server in
            try #expect(
                server.answer(to: "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    == "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n"
                    + "Connection: close\r\n\r\n"
            )
            #expect(made.all.isEmpty)
        }
    }

    @Test("a stream of known length has Content-Length and no chunks", .rfc("9110-8.6-06"))
    func knownLength() async throws {
        let handler = Waiting { _ in .stream(type: "text/csv", length: 10) { try await $0.write("0123456789") } }
        try await withServer(handler) { server in
            try #expect(
                server.answer(to: get("/", "Connection: close"))
                    == "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: text/csv\r\nContent-Length: 10\r\n"
                    + "Connection: close\r\n\r\n0123456789"
            )
        }
    }

    @Test(
        "one that does not keep its length, or fails, is cut: what is missing shows",
        arguments: ["short", "long", "fail"]
    )
    func cut(kind: String) async throws {
        let handler = Waiting { request in
            switch kind {
            case "short": .stream(type: "a/b", length: 10) { try await $0.write("012345678") }
            case "long": .stream(type: "a/b", length: 3) { try await $0.write("0123") }
            default:
                .stream(type: "a/b") {
                    try await $0.write("0123")
                    throw Failure()
                }
            }
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get())
            let received = (try? socket.receiveAll()) ?? []
            let text = String(decoding: received, as: UTF8.self)
            #expect(!text.hasSuffix("0\r\n\r\n") && !text.contains("\r\n\r\n0123456789"))
            try await eventually("the log tells") { server.log.contains("error: the content for \"GET / HTTP/1.1\"") }
        }
    }

    private struct Failure: Error {}

    @Test("trailers follow the content for a client that says TE: trailers, and for no other (RFC 9110 §6.5.1)")
    func trailers() async throws {
        let handler = Waiting { _ in
            .stream(type: "a/b") { writer in
                try await writer.write("x")
                writer.trailers.append(HTTPField.Name("Server-Timing")!, "db;dur=3\r\nX: y")
            }
        }
        try await withServer(handler) { server in
            let head =
                "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n"
                + "Connection: close\r\n\r\n1\r\nx\r\n0\r\n"
            try #expect(
                server.answer(to: get("/", "Connection: close, TE", "TE: gzip;q=0.5, trailers"))
                    == head + "Server-Timing: db;dur=3  X: y\r\n\r\n"
            )
            try #expect(server.answer(to: get("/", "Connection: close", "TE: gzip")) == head + "\r\n")
        }
    }

    @Test("what is written arrives at once, not when the handler ends")
    func atOnce() async throws {
        let gate = Gate()
        let handler = Waiting { _ in
            .stream(type: "a/b") { writer in
                try await writer.write("first")
                await gate.pass()
                try await writer.write("second")
            }
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get())
            _ = try socket.receive(through: "5\r\nfirst\r\n")
            gate.open()
            _ = try socket.receive(through: "6\r\nsecond\r\n0\r\n\r\n")
        }
    }

    @Test("tasks beside the handler's may write, from any thread")
    func fromOtherTasks() async throws {
        let handler = Waiting { _ in
            .stream(type: "a/b") { writer in
                try await withThrowingTaskGroup { group in
                    for _ in 0..<8 {
                        group.addTask { @concurrent in
                            for _ in 0..<50 { try await writer.write([UInt8](repeating: 0x61, count: 10_000)) }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get("/", "Connection: close"))
            let content = try socket.receiveAll()
            #expect(content.count { $0 == 0x61 } >= 4_000_000)
            #expect(content.suffix(5).elementsEqual("0\r\n\r\n".utf8))
        }
    }

    @Test("a client that does not read holds little, however endless the stream, and is cut in the end")
    func slowReader() async throws {
        let written = Record<Int>()
        let handler = Waiting { _ in
            .stream(type: "a/b") { writer in
                let piece = [UInt8](repeating: 0x61, count: 16_384)
                while true {
                    try await writer.write(piece)
                    written.append(piece.count)
                }
            }
        }
        try await withServer(handler) {
            $0.limits.writeStallTimeout = .milliseconds(300)
        } _: { server in
            let socket = try server.connect(receiveBuffer: 4096)
            try socket.send(get())
            try await eventually("the client is cut") { server.log.contains("the client stopped reading") }
            // What the kernel keeps is not ours: its send buffer grows to 4 MiB at most here (tcp_wmem).
            #expect(written.all.count * 16_384 < 8 << 20)
        }
    }

    @Test("a client that goes away ends the function that writes", arguments: ["idle", "busy"])
    func clientGone(kind: String) async throws {
        let seen = Record<String>()
        let handler = Waiting { _ in
            .events { events in
                defer { seen.append("cleaned up") }
                try await events.send("hello")
                seen.append("started")
                if kind == "idle" {
                    try await Task.sleep(for: .seconds(1000))
                } else {
                    while true { try await events.send("more") }
                }
            }
        }
        try await withServer(handler) { server in
            var socket: TestSocket? = try server.connect()
            try socket?.send(get())
            try await eventually("the handler runs") { seen.all.contains("started") }
            socket = nil
            try await eventually("its cleanup ran") { seen.all.contains("cleaned up") }
            try await eventually("the connection is closed") { server.descriptors() == 1 }
        }
    }

    @Test("the access log counts what was sent, when the stream has ended")
    func logged() async throws {
        let (log, fd) = try pipeLog()
        try await withServer(Self.rows) {
            $0.accessLog = AccessLogSettings(format: .common, fd: fd)
        } _: { server in
            _ = try server.answer(to: get("/", "Connection: close"))
            let line = String(decoding: try log.receive(through: "\n"), as: UTF8.self)
            #expect(line.hasSuffix("\"GET / HTTP/1.1\" 200 10\n"))
        }
        close(fd)
    }

    /// A socket to read the log from, and the descriptor for the server to write to.
    private func pipeLog() throws -> (TestSocket, CInt) {
        let (reader, writer) = try TestSocket.pair()
        return (reader, dup(writer.fd))
    }
}

@Suite("Server-sent events", .timeLimit(.patient))
struct ServerSentEventTests {
    @Test("are written as the format wants, and cannot be broken out of (HTML Standard §9.2)")
    func format() async throws {
        let handler = Waiting { request in
            .events { events in
                try await events.retry(after: .seconds(3))
                try await events.send("one", event: "note\ndata: x", id: "7\0")
                try await events.send("two\nlines\r\nand\rmore\n")
                try await events.comment("nothing\nnew")
                try await events.send(request.lastEventID ?? "first visit")
            }
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get("/", "Last-Event-ID: 6", "Connection: close"))
            let received = try socket.receiveAll()
            let answer = try #require(WireAnswer(received))
            #expect(answer["Content-Type"] == "text/event-stream")
            #expect(answer["Cache-Control"] == "no-store")
            let expected =
                "retry: 3000\n\nevent: note data: x\nid: 7 \ndata: one\n\n"
                + "data: two\ndata: lines\ndata: and\ndata: more\ndata: \n\n: nothing new\n\ndata: 6\n\n"
            var text = answer.text
            text.replace(/(^|\r\n)[0-9a-f]+\r\n/, with: "")
            #expect(text.hasPrefix(expected), "\(answer.text)")
        }
    }

    @Test("a comment is sent when there is nothing to say for a while")
    func keepAlive() async throws {
        let handler = Waiting { _ in
            .events(keepAlive: .milliseconds(50)) { _ in try await Task.sleep(for: .seconds(1000)) }
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get())
            for _ in 1...3 { _ = try socket.receive(through: "3\r\n:\n\n\r\n") }
        }
    }

    @Test("a server that stops ends them, whole, without waiting for its grace")
    func stop() async throws {
        let handler = Waiting { _ in
            .events { events in
                try await events.send("hello")
                try await Task.sleep(for: .seconds(1000))
            }
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get())
            _ = try socket.receive(through: "data: hello\n\n\r\n")
            server.server.stop(grace: .seconds(100))
            try socket.expect("0\r\n\r\n")
            try socket.expectEnd()
        }
    }
}

@Suite("Interim responses go ahead of the answer", .timeLimit(.patient))
struct InterimResponseTests {
    private static let handler = Waiting { request in
        var hints = Fields()
        hints.append(.link, "</a.css>; rel=preload")
        request.sendInterim(.earlyHints, hints)
        request.sendInterim(HTTPResponse.Status(code: 102), Fields())
        request.sendInterim(.ok, hints)
        request.sendInterim(.continue, hints)
        return .text("page")
    }

    @Test(
        "103 Early Hints and 102 come first; 100 and final statuses cannot be sent this way (RFC 9110 §15.2)",
        .rfc("9110-15.2-02", "9110-8.6-04", "9112-6.1-07", "9112-6.3-01")
    )
    func hints() async throws {
        try await withServer(Self.handler) { server in
            let interim =
                "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
            let socket = try server.connect()
            try socket.send(get() + get())
            try socket.expect(interim + ok("page") + interim + ok("page"))
        }
    }

    @Test("an HTTP/1.0 client gets none (RFC 9110 §15.2)", .rfc("9110-15.2-01"))
    func oldVersion() async throws {
        try await withServer(Self.handler) { server in
            try #expect(server.answer(to: "GET / HTTP/1.0\r\n\r\n") == ok("page", connection: "close"))
        }
    }

    @Test("they leave at once, while the handler still works")
    func atOnce() async throws {
        let gate = Gate()
        let handler = Waiting { request in
            request.sendInterim(.earlyHints, Fields())
            await gate.pass()
            return .text("page")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get())
            try socket.expect("HTTP/1.1 103 Early Hints\r\n\r\n")
            gate.open()
            try socket.expect(ok("page"))
        }
    }
}
