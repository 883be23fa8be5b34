import HTTPTypes
import Martlet
import MartletReactor
import MartletWire
import TestSupport
import Testing

@Suite("Handlers read request content in chunks, whole or not at all", .timeLimit(.patient))
struct RequestBodyTests {
    /// Answers with the content.
    private static let echo = Waiting { request in
        .text(String(decoding: try await request.body.collect(upTo: 1 << 20), as: UTF8.self))
    }

    @Test(
        "content arrives whole, however it is framed",
        .rfc("9112-6.3-04", "9112-7.1-01", "9112-6.3-11", "9112-7.1.1-01", "9112-7-01", "9112-6.3-13"),
        arguments: [
            ("Content-Length: 5\r\n\r\nhello", "hello"),
            ("Content-Length: 0\r\n\r\n", ""),
            ("X: y\r\n\r\n", ""),
            ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello"),
            ("Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n4;a=b\r\nello\r\n000\r\nX-Trailer: z\r\n\r\n", "hello"),
            ("Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", ""),
        ]
    )
    func framings(rest: String, content: String) async throws {
        try await withServer(Self.echo) { server in
            let socket = try server.connect()
            let request = "POST / HTTP/1.1\r\nHost: a\r\n" + rest
            try socket.send(request + get())
            try socket.expect(ok(content) + ok(""))
            // And octet by octet.
            for octet in request.utf8 { try socket.send([octet]) }
            try socket.expect(ok(content))
        }
    }

    @Test("chunks come as they arrive, each only when asked for")
    func chunks() async throws {
        let chunks = Record<String>()
        let handler = Waiting { request in
            for try await chunk in request.body { chunks.append(String(decoding: chunk, as: UTF8.self)) }
            return .text("done")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
            try await eventually("the first chunk is read") { chunks.all == ["abc"] }
            try socket.send("def")
            try await eventually("the second chunk is read") { chunks.all == ["abc", "def"] }
            #expect(socket.isSilent)
            try socket.send("ghi")
            try socket.expect(ok("done"))
            #expect(chunks.all == ["abc", "def", "ghi"])
        }
    }

    @Test("content that came with its head is read once, and what came behind it is the next request")
    func arrived() async throws {
        let handler = Waiting { request in
            let first = try await request.body.collect(upTo: 3)
            let second = try await request.body.collect(upTo: 3)
            return .text(String(decoding: first + [0x7C] + second, as: UTF8.self))
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
            try socket.send(post + "abc" + get() + post + "def")
            try socket.expect(ok("abc|") + ok("|") + ok("def|"))
        }
    }

    @Test(
        "a chunk read first, then the rest in one piece, and the next request after that",
        arguments: [
            ("Content-Length: 6", "abc", "def"),
            ("Transfer-Encoding: chunked", "3\r\nabc\r\n", "3\r\ndef\r\n0\r\n\r\n"),
        ],
        [true, false]
    )
    func chunkThenCollect(content: (framing: String, first: String, rest: String), isWhole: Bool) async throws {
        let chunks = Record<String>()
        let handler = Waiting { request in
            var body = request.body.makeAsyncIterator()
            let first = try await body.next() ?? []
            chunks.append(String(decoding: first, as: UTF8.self))
            let rest = try await request.body.collect(upTo: 6)
            let nothing = try await request.body.collect(upTo: 6)
            return .text(String(decoding: first + rest + [0x7C] + nothing, as: UTF8.self))
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            let head = "POST / HTTP/1.1\r\nHost: a\r\n\(content.framing)\r\n\r\n"
            if isWhole {
                try socket.send(head + content.first + content.rest + get())
            } else {
                try socket.send(head + content.first)
                try await eventually("the first chunk is read") { chunks.all == ["abc"] }
                try socket.send(content.rest + get())
            }
            try socket.expect(ok("abcdef|") + ok("|"))
            #expect(chunks.all.first?.hasPrefix("abc") == true)
        }
    }

    @Test("content can be read from a task on other threads")
    func readElsewhere() async throws {
        let handler = Waiting { request in
            let reading = Task.detached { try await request.body.collect(upTo: 100) }
            return .text(String(decoding: try await reading.value, as: UTF8.self))
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
            try socket.send("def")
            try socket.expect(ok("abcdef"))
        }
    }

    @Test(
        "a request whose content is longer than the server's limit never reaches the handler",
        .rfc("9110-15.5.14-01")
    )
    func tooLongByLength() async throws {
        let seen = Record<String>()
        let handler = Waiting { request in
            seen.append(request.head.rawPath)
            return .text("no")
        }
        try await withServer(handler, configure: { $0.limits.body = 10 }) { server in
            let answer = try server.answer(to: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world")
            #expect(
                answer
                    == refusal("413 Content Too Large", "The content is longer than the 10 octets allowed here.")
            )
            #expect(seen.all.isEmpty)
            #expect(server.log.contains("413"))
            // At the limit all is well.
            try #expect(
                server.answer(
                    to: "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\n1234567890"
                ) == ok("no", connection: "close")
            )
        }
    }

    @Test("chunked content that grows past the server's limit is answered 413, and the log says so")
    func tooLongByChunks() async throws {
        try await withServer(Self.echo, configure: { $0.limits.body = 10 }) { server in
            let answer = try server.answer(
                to:
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\nghijk\r\n0\r\n\r\n"
            )
            #expect(
                answer
                    == refusal("413 Content Too Large", "The content is longer than the 10 octets allowed here.")
            )
            #expect(server.log.contains("413"))
        }
    }

    @Test("a handler's own limit is answered 413 as well", arguments: [true, false])
    func collectLimit(isChunked: Bool) async throws {
        let handler = Waiting { request in
            _ = try await request.body.collect(upTo: 4)
            return .text("no")
        }
        try await withServer(handler) { server in
            let framing =
                isChunked
                ? "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n" : "Content-Length: 5\r\n\r\nabcde"
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\n" + framing)
            try socket.expect(
                answer(
                    "413 Content Too Large",
                    "413 Content Too Large\nThe content is longer than the 4 octets allowed here.\n",
                    error: true
                )
            )
            // The rest of the content is known: the connection goes on.
            try socket.send(get())
            _ = try socket.receive(through: "HTTP/1.1 ")
        }
    }

    @Test(
        "malformed chunks are answered 400 and the connection closes",
        .rfc("9112-7.1-02", "9112-7.1-05"),
        arguments: [
            ("x\r\n", "A chunk size must be one or more hex digits and nothing else."),
            (
                "5\r\nhelloX\r\n0\r\n\r\n",
                "The data of a chunk is not followed by CR LF: its size does not match its data."
            ),
            ("5\nhello\r\n", "A line ends with LF alone: every line must end with CR LF."),
            ("fffffffffffffffff\r\n", "A chunk size is larger than any chunk can be."),
        ]
    )
    func malformed(chunks: String, reason: String) async throws {
        try await withServer(Self.echo) { server in
            let socket = try server.connect()
            try socket.send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + get("/smuggled")
            )
            try #expect(masked(socket.receiveAll()) == refusal("400 Bad Request", reason))
        }
    }

    @Test("malformed chunks that nobody reads end the connection behind the answer")
    func malformedUnread() async throws {
        try await withServer(echoPath) { server in
            let answer = try server.answer(
                to: "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n" + get("/smuggled")
            )
            #expect(answer == ok("/1"))
        }
    }

    @Test(
        "content cut short by the client is an error for the handler, each time it asks",
        .rfc("9112-8-02", "9112-6.3-10"),
        arguments: [
            "Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        ]
    )
    func truncated(rest: String) async throws {
        let outcome = Record<String>()
        let handler = Waiting { request in
            for _ in 0..<2 {
                do {
                    var count = 0
                    for try await chunk in request.body { count += chunk.count }
                    outcome.append("complete")
                } catch {
                    outcome.append("\((error as? HTTPError)?.status.code ?? 0)")
                }
            }
            return .text("seen")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\n" + rest)
            socket.finishSending()
            try #expect(masked(socket.receiveAll()) == ok("seen", connection: "close"))
            #expect(outcome.all == ["400", "400"])
        }
    }

    @Test(
        "small content that nobody reads is dropped and the connection goes on",
        .rfc("9112-9.3-05"),
        arguments: [true, false]
    )
    func unreadSmall(isImmediate: Bool) async throws {
        let handler: any Handler = isImmediate ? echoPath : Waiting { .text($0.head.rawPath) }
        try await withServer(handler) { server in
            let socket = try server.connect()
            let content = String(repeating: "x", count: 200_000)
            try socket.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + content + get("/2"))
            try socket.expect(ok("/1") + ok("/2"))
            try socket.send("POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n")
            try socket.send(content + "\r\n0\r\n\r\n" + get("/4"))
            try socket.expect(ok("/3") + ok("/4"))
        }
    }

    @Test(
        "a client that still sends 10 MB nobody wants can read the whole answer first or last",
        .rfc("9112-9.6-08", "9112-9.6-01"),
        arguments: [true, false]
    )
    func unreadBig(readsFirst: Bool) async throws {
        let text = String(repeating: "y", count: 100_000)
        try await withServer(Immediate { _ in .text(text) }) { server in
            let socket = try server.connect()
            let part = [UInt8](repeating: 120, count: 1 << 20)
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10485760\r\n\r\n")
            let expected = ok(text, connection: "close")
            if readsFirst { try socket.expect(expected) }
            for _ in 0..<10 { try socket.send(part) }
            if !readsFirst { try socket.expect(expected) }
            try socket.expectEnd()
        }
    }

    @Test("chunked content that nobody reads and that does not end closes the connection")
    func unreadEndless() async throws {
        try await withServer(echoPath) { server in
            let socket = try server.connect()
            try socket.send("POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = Array(("400\r\n" + String(repeating: "x", count: 1024) + "\r\n").utf8)
            for _ in 0..<1000 { try socket.send(chunk) }
            try #expect(masked(socket.receiveAll()) == ok("/1"))
        }
    }

    @Test("a body read after the answer was given is an error, not content of the next request")
    func readAfterAnswer() async throws {
        let kept = Record<RequestBody>()
        let handler = Waiting { request in
            kept.append(request.body)
            return .text("ok")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            try socket.expect(ok("ok"))
            await #expect(throws: CancellationError.self) { try await kept.all[0].collect(upTo: 10) }
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            try socket.expect(ok("ok"))
        }
    }

    @Test("a handler that keeps its requests keeps neither their connections nor its server")
    func keptRequest() async throws {
        weak var handler: KeepingHandler?
        do {
            let keeping = KeepingHandler()
            handler = keeping
            try await withServer(keeping) { running in
                let socket = try running.connect()
                try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
                try socket.expect(ok("ok"))
            }
        }
        try await eventually("the handler is gone") { handler == nil }
    }

    private final class KeepingHandler: Handler {
        private let requests = Record<Request>()

        func respond(to request: Request) async throws -> Response {
            requests.append(request)
            return .text("ok")
        }
    }

    @Test("a read that its own task cancels ends at once, on the loop or elsewhere", arguments: [true, false])
    func cancelledRead(isElsewhere: Bool) async throws {
        let handler = Waiting { request in
            let read: @concurrent @Sendable () async -> String = {
                do {
                    _ = try await request.body.collect(upTo: 10)
                    return "complete"
                } catch {
                    return "\(type(of: error))"
                }
            }
            if isElsewhere {
                let reading = Task.detached { await read() }
                reading.cancel()
                return .text(await reading.value)
            }
            return await withTaskGroup(of: String.self) { group in
                group.addTask { await read() }
                group.cancelAll()
                return .text(await group.next() ?? "")
            }
        }
        try await withServer(handler) { server in
            for _ in 0..<20 {
                let socket = try server.connect()
                try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
                try socket.expect(ok("CancellationError", connection: "close"))
            }
        }
    }

    @Test("content that a handler does not read stays with the client: memory does not grow")
    func backPressure() async throws {
        let gate = Gate()
        let handler = Waiting { _ in
            await gate.pass()
            return .text("enough")
        }
        try await withServer(handler, configure: { $0.limits.body = 1 << 40 }) { server in
            let socket = try server.connect(timeout: .milliseconds(500))
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n")
            let part = [UInt8](repeating: 120, count: 1 << 20)
            var sent = 0
            #expect(throws: SystemError.self) {
                while sent < 1024 {
                    try socket.send(part)
                    sent += 1
                }
            }
            // The kernel's buffers of both sides, 10 MiB at most, and nothing of it in the server.
            #expect(sent < 16)
            gate.open()
            try socket.expect(ok("enough", connection: "close"))
        }
    }
}

@Suite("Expect: 100-continue (RFC 9110 §10.1.1)", .timeLimit(.patient))
struct ExpectationTests {
    private static let echo = Waiting { request in
        .text(String(decoding: try await request.body.collect(upTo: 100), as: UTF8.self))
    }

    @Test(
        "100 is sent when the handler reads",
        .rfc("9110-10.1.1-02", "9110-10.1.1-05", "9110-10.1.1-08", "9110-15-02"),
        arguments: ["100-continue", "100-Continue"]
    )
    func leave(value: String) async throws {
        try await withServer(Self.echo) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: \(value)\r\nContent-Length: 3\r\n\r\n")
            try socket.expect("HTTP/1.1 100 Continue\r\n\r\n")
            try socket.send("abc")
            try socket.expect(ok("abc"))
            try socket.send(get())
            try socket.expect(ok(""))
        }
    }

    @Test("no 100 when the content is there already, in the same segment or behind the head", .rfc("9110-10.1.1-04"))
    func contentIsThere() async throws {
        let gate = Gate()
        let handler = Waiting { request in
            if request.head.rawPath == "/late" { await gate.pass() }
            return .text(String(decoding: try await request.body.collect(upTo: 100), as: UTF8.self))
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc")
            try socket.expect(ok("abc"))
            try socket.send("POST /late HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            try socket.send("def")
            _ = try server.answer(to: get("/", "Connection: close"))
            gate.open()
            try socket.expect(ok("def"))
        }
    }

    @Test("no 100 for HTTP/1.0, nor without content", .rfc("9110-10.1.1-03", "9110-10.1.1-04", "9110-15.2-01"))
    func notForOthers() async throws {
        try await withServer(Self.echo) { server in
            let old = try server.connect()
            try old.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            _ = try server.answer(to: get("/", "Connection: close"))
            #expect(old.isSilent)
            try old.send("abc")
            try old.expect(ok("abc", connection: "close"))

            let empty = try server.connect()
            try empty.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")
            try empty.expect(ok(""))
        }
    }

    @Test("a final answer without 100 closes, since the content may come or not", .rfc("9110-10.1.1-06"))
    func finalAnswer() async throws {
        try await withServer(echoPath) { server in
            let answer = try server.answer(
                to: "POST /no HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
            )
            #expect(answer == ok("/no", connection: "close"))
        }
    }

    @Test("content over the limit is refused at once instead of asked for")
    func tooLong() async throws {
        try await withServer(Self.echo, configure: { $0.limits.body = 2 }) { server in
            let answer = try server.answer(
                to: "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
            )
            #expect(
                answer == refusal("413 Content Too Large", "The content is longer than the 2 octets allowed here.")
            )
        }
    }

    @Test("an unknown expectation is answered 417", .rfc("9110-10.1.1-01"), arguments: ["200-ok", "100-continue, x"])
    func unknown(value: String) async throws {
        try await withServer(Self.echo) { server in
            try #expect(
                server.answer(to: get("/", "Expect: \(value)"))
                    == refusal("417 Expectation Failed", "The only expectation known here is 100-continue.")
            )
        }
    }
}
