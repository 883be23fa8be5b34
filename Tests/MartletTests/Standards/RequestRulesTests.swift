import HTTPTypes
import Martlet
import MartletWire
import TestSupport
import Testing

private let reading = Waiting { request in
    .text(String(decoding: try await request.body.collect(upTo: 1 << 20), as: UTF8.self))
}

@Suite("Fields, content and expectations (RFC 9110 §2, §3, §5, §6, §10)", .timeLimit(.patient))
struct RequestRulesTests {
    @Test("who a client is belongs to a request, not to its connection", .rfc("9110-3.3-01"))
    func stateless() async throws {
        let handler = Immediate { request in
            guard request.fields[.authorization] == "Secret 1" else {
                var fields = Fields()
                fields.append(.wwwAuthenticate, "Secret")
                throw HTTPError(.unauthorized, "Who are you?", fields: fields)
            }
            return .text("welcome")
        }
        try await withServer(handler) { server in
            let way = try EveryWay(get("/", "Authorization: Secret 1").utf8, at: server.address)
            #expect(way.answer == ok("welcome"))
            #expect(way.difference == nil)
            let socket = try server.connect()
            try socket.send(
                get("/", "Authorization: Secret 1") + get() + get("/", "Authorization: Secret 1", "Connection: close")
            )
            let answers = try StrictAnswer.all(in: socket.receiveAll())
            #expect(answers.map(\.status) == [200, 401, 200])
        }
    }

    @Test("nothing happens before the whole head is there, however late its last field", .rfc("9110-5.3-05"))
    func wholeHead() async throws {
        let called = Record<String>()
        let handler = Immediate { request in
            called.append(request.fields[.ifMatch] ?? "none")
            return .text("done")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            let head = "DELETE / HTTP/1.1\r\nHost: a\r\nX: 1\r\nIf-Match: \"1\"\r\n\r\n"
            for octet in head.utf8.dropLast() {
                try socket.send([octet])
                #expect(called.all.isEmpty)
            }
            // Another client's request was answered since: the loop had its chance.
            let other = try server.connect()
            try other.send(get("/", "If-Match: \"other\"", "Connection: close"))
            _ = try other.receiveAll()
            #expect(called.all == ["\"other\""])
            try socket.send("\n")
            try socket.expect(ok("done"))
            #expect(called.all == ["\"other\"", "\"1\""])
        }
    }

    @Test(
        "fields that nobody knows change nothing, before the content and behind it",
        .rfc("9110-5.1-04", "9110-5.1-01")
    )
    func unknownFields() async throws {
        try await withServer(reading) { server in
            let plain = try EveryWay(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n".utf8,
                at: server.address
            )
            let odd = try EveryWay(
                "POST / HTTP/1.1\r\nhOST: a\r\nX-Unknown: y\r\n~: \u{E9}\r\nTRANSFER-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-More: z\r\n\r\n"
                    .utf8,
                at: server.address
            )
            #expect(plain.answer == ok("x"))
            #expect(odd.answer == plain.answer)
            #expect(plain.difference == nil)
            #expect(odd.difference == nil)
        }
    }

    /// Trap: trailers that try to set framing or authentication.
    @Test("a trailer is no header field: it frames, names and allows nothing", .rfc("9110-6.5.1-03", "9110-6.5-01"))
    func trailers() async throws {
        let handler = Waiting { request in
            let content = try await request.body.collect(upTo: 100)
            let fields = request.fields
            return .text(
                "\(content.count) \(fields[.authorization] ?? "nobody") \(fields[.cookie] ?? "none") \(request.head.authority?.host ?? "-")"
            )
        }
        try await withServer(handler) { server in
            let way = try EveryWay(
                ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nAuthorization: Basic x\r\n"
                    + "Host: evil\r\nContent-Length: 5\r\nCookie: a=b\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
                    .utf8,
                at: server.address
            )
            #expect(way.answer == ok("1 nobody none a"))
            #expect(!way.closes)
            #expect(way.difference == nil)
        }
    }

    /// Trap: a chunked answer to an HTTP/1.0 client.
    @Test(
        "trailers are sent in chunks to who wants them, and those that come too late there never are",
        .rfc("9110-6.5.1-01", "9110-6.5.1-02", "9110-6.6.2-01")
    )
    func sentTrailers() async throws {
        let forbidden = [
            "Transfer-Encoding", "Content-Length", "Host", "Authorization", "Set-Cookie", "Cache-Control",
            "Content-Type",
            "Content-Encoding", "Content-Range", "Trailer", "TE", "WWW-Authenticate", "If-Match", "Expect", "Range",
            "Connection", "Location", "Date", "Vary", "Age", "Expires", "Retry-After", "Max-Forwards", "Upgrade",
        ]
        func answer(length: Int?) -> Waiting {
            Waiting { _ in
                var response = Response.stream(type: "a/b", length: length) { writer in
                    try await writer.write("x")
                    for name in forbidden { writer.trailers.append(HTTPField.Name(name)!, "1") }
                    writer.trailers.append(HTTPField.Name("Server-Timing")!, "db")
                }
                response.fields.append(.trailer, "Server-Timing")
                return response
            }
        }
        let head = "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: a/b\r\nTrailer: Server-Timing\r\n"
        let wanting = get("/", "TE: trailers", "Connection: close, TE")
        try await withServer(answer(length: nil)) { server in
            try #expect(
                server.answer(to: wanting) == head
                    + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\nServer-Timing: db\r\n\r\n"
            )
            try #expect(
                server.answer(to: get("/", "Connection: close")) == head
                    + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\n\r\n"
            )
            try #expect(
                server.answer(to: wanting.replacing("HTTP/1.1", with: "HTTP/1.0")) == head
                    + "Connection: close\r\n\r\nx"
            )
        }
        try await withServer(answer(length: 1)) { server in
            try #expect(server.answer(to: wanting) == head + "Content-Length: 1\r\nConnection: close\r\n\r\nx")
        }
    }

    @Test("a parameter means the same as a token and as a quoted string", .rfc("9110-5.5-06", "9110-5.6.6-02"))
    func parameters() async throws {
        #expect(MediaType("text/plain;charset=utf-8") == MediaType("text/plain; charset=\"utf-8\""))
        #expect(MediaType("text/plain;charset=utf-8") == MediaType("TEXT/plain;CharSet=\"ut\\f-8\""))
        let handler = Waiting { .text(try await $0.text()) }
        try await withServer(handler) { server in
            for type in ["text/plain;charset=iso-8859-1", "text/plain; charset=\"iso-8859-1\""] {
                let socket = try server.connect()
                let head =
                    "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: \(type)\r\nContent-Length: 1\r\n\r\n"
                try socket.send(Array(head.utf8) + [0xE9])
                #expect(try masked(socket.receiveAll()) == ok("é", connection: "close"))
            }
        }
    }

    @Test(
        "garbage gets an error and an end, and the next client an answer",
        .rfc("9110-2.3-01"),
        arguments: 1...40 as ClosedRange<UInt64>
    )
    func garbage(seed: UInt64) async throws {
        try await withServer(echoPath) { server in
            var state = seed
            let octets = (0..<4096).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            }
            for prefix in [
                "", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: ",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            ] {
                let socket = try server.connect()
                try socket.send(Array(prefix.utf8) + octets + Array("\n\n\r\n\r\n".utf8))
                socket.finishSending()
                let answers = try StrictAnswer.all(in: socket.receiveAll())
                // Chunks that nobody reads go with the connection, behind the answer.
                #expect(answers.map(\.status).allSatisfy { (400...599).contains($0) || prefix.hasPrefix("POST") })
                #expect(answers.count <= 1)
            }
            try #expect(server.answer(to: get("/still", "Connection: close")) == ok("/still", connection: "close"))
        }
    }

    @Test(
        "what has no end is refused once it is too long",
        .rfc("9110-2.3-01", "9110-5.4-01"),
        arguments: [("", 501), ("GET /", 414), ("GET / HTTP/1.1\r\nX: ", 431), ("GET / HTTP/1.1\r\n", 431)]
    )
    func endless(prefix: String, status: Int) async throws {
        try await withServer(echoPath) { server in
            let socket = try server.connect()
            try socket.send(prefix)
            let piece =
                prefix.hasSuffix("\n")
                ? String(repeating: "A: b\r\n", count: 1000) : String(repeating: "a", count: 6000)
            var sent = 0
            // It stops reading: what is sent beyond its limits and the sockets' buffers has nowhere to go.
            while sent < 1 << 18, (try? socket.send(piece)) != nil { sent += piece.utf8.count }
            let answer = try #require(WireAnswer(socket.receiveAll()))
            #expect(answer.status == status)
        }
    }

    // MARK: Expect (§10.1.1)

    /// Trap: 100 sent although the answer is already known.
    @Test(
        "what is known from the head is answered at once instead of 100",
        .rfc("9110-10.1.1-07", "9110-10.1.1-06"),
        arguments: [
            ("POST /nosuch", 5, 404), ("POST /", 5, 405), ("PUT /private", 5, 401), ("PUT /put", 999_999_999, 413),
            ("BREW /", 5, 501), ("CONNECT a:80", 5, 501),
        ]
    )
    func known(line: String, length: Int, status: Int) async throws {
        var challenge = Fields()
        challenge.append(.wwwAuthenticate, "Secret")
        let unauthorized = HTTPError(.unauthorized, "Who are you?", fields: challenge)
        let router = try Router {
            Route("/") { _ in .text("x") }
            Route(.put, "/private") { _ in throw unauthorized }
            Route(.put, "/put") { request async throws in .text("\(try await request.body.collect(upTo: 100).count)") }
        }
        try await withServer(router) { server in
            for pieces in [false, true] {
                let socket = try server.connect()
                let head = "\(line) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n"
                for octet in pieces ? head.utf8.map({ [$0] }) : [Array(head.utf8)] { try socket.send(octet) }
                let answers = try StrictAnswer.all(in: socket.receiveAll())
                #expect(answers.map(\.status) == [status])
                #expect(answers.first?["connection"] == ["close"])
            }
        }
    }

    /// Trap: 100 to HTTP/1.0.
    @Test(
        "else 100 is sent at once, before any content, and then one final answer",
        .rfc("9110-10.1.1-07", "9110-10.1.1-08", "9110-10.1.1-05", "9110-10.1.1-02", "9110-10.1.1-03")
    )
    func unknown() async throws {
        try await withServer(reading) { server in
            for value in ["100-continue", "100-CONTINUE"] {
                let socket = try server.connect()
                try socket.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: \(value)\r\nContent-Length: 5\r\n\r\n")
                try socket.expect("HTTP/1.1 100 Continue\r\n\r\n")
                try socket.send("hello" + get("/", "Connection: close"))
                #expect(try masked(socket.receiveAll()) == ok("hello") + ok("", connection: "close"))
            }
            let old = "POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
            let socket = try server.connect()
            try socket.send(old)
            #expect(socket.staysSilent(for: 50))
            try socket.send("hello")
            #expect(try masked(socket.receiveAll()) == ok("hello", connection: "close"))
        }
    }

    @Test("Retry-After is a number of seconds", .rfc("9110-10.2.3-01"))
    func retryAfter() async throws {
        let router = try Router(middleware: [RateLimit(1, per: .milliseconds(999_001))]) {
            Route("/") { _ in .text("x") }
        }
        try await withServer(router, configure: { $0.limits.connections = 1 }) { server in
            let socket = try server.connect()
            try socket.send(get())
            try socket.expect(ok("x"))
            let busy = try StrictAnswer.all(in: server.connect().receiveAll())
            #expect(busy.map(\.status) == [503])
            #expect(busy.first?["retry-after"] == ["5"])
            try socket.send(get("/", "Connection: close"))
            let limited = try StrictAnswer.all(in: socket.receiveAll())
            #expect(limited.map(\.status) == [429])
            let value = try #require(limited.first?["retry-after"].first)
            let seconds = try #require(Int(value))
            #expect((900...1000).contains(seconds))
        }
    }
}
