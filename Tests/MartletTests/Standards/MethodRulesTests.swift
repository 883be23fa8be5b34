import HTTPTypes
import Martlet
import MartletWire
import TestSupport
import Testing

/// Answers any request with what it was and how long its content; one that reads, one that does not.
private let reading = Waiting { request in
    let content = try await request.body.collect(upTo: 1 << 20)
    return .text("\(request.method.rawValue) \(request.head.rawPath) \(content.count)")
}

/// Something that can be written and removed, with what the RFC says of PUT, DELETE and POST.
private final class Shelf: GET, PUT, DELETE, POST {
    let things = Record<String>()

    func get(_ request: Request) throws -> Response { .text(things.all.joined(separator: " ")) }
    func put(_ request: Request) throws -> Response {
        things.append("put")
        return Response(status: .noContent)
    }
    func delete(_ request: Request) throws -> Response {
        things.append("delete")
        return Response(status: .noContent)
    }
    func post(_ request: Request) throws -> Response {
        things.append("post")
        var response = Response.text("It is at /things/1.", status: .created)
        response.fields.append(.location, "/things/1")
        response.fields.append(.eTag, "\"1\"")
        return response
    }
}

@Suite("Methods (RFC 9110 §9)", .timeLimit(.patient))
struct MethodRulesTests {
    static let inner = "GET /inner HTTP/1.1\r\nHost: evil\r\n\r\n"

    /// Trap: an unread body parsed as the next request.
    @Test(
        "content of a GET, HEAD or DELETE is content, whatever it looks like, whether it is read or not",
        .rfc("9110-9.3.1-02"),
        arguments: [
            "Content-Length: \(inner.utf8.count)\r\n\r\n\(inner)", "Content-Length: 5\r\n\r\nhello",
            "Transfer-Encoding: chunked\r\n\r\n\(String(inner.utf8.count, radix: 16))\r\n\(inner)\r\n0\r\n\r\n",
            "Content-Length: 4\r\n\r\n\r\n\r\n",
        ],
        [true, false]
    )
    func content(content: String, isRead: Bool) async throws {
        let count =
            content.hasPrefix("Content-Length: 5")
            ? 5 : content.hasPrefix("Content-Length: 4") ? 4 : Self.inner.utf8.count
        let handler: any Handler = isRead ? reading : Immediate { .text("\($0.method.rawValue) \($0.head.rawPath)") }
        try await withServer(handler) { server in
            for method in ["GET", "DELETE", "OPTIONS", "QUERY"] {
                let way = try EveryWay("\(method) /outer HTTP/1.1\r\nHost: a\r\n\(content)".utf8, at: server.address)
                #expect(way.answer == ok("\(method) /outer" + (isRead ? " \(count)" : "")))
                #expect(!way.closes)
                #expect(way.difference == nil)
            }
            // The answer to HEAD is a head alone, and that of the next request follows at once.
            let socket = try server.connect()
            try socket.send("HEAD /outer HTTP/1.1\r\nHost: a\r\n\(content)" + get("/next", "Connection: close"))
            let text = "HEAD /outer" + (isRead ? " \(count)" : "")
            let next = "GET /next" + (isRead ? " 0" : "")
            #expect(
                try masked(socket.receiveAll())
                    == ok(text).replacing("\r\n\r\n\(text)", with: "\r\n\r\n") + ok(next, connection: "close")
            )
        }
    }

    @Test("content that nobody wants and that is too long to drop ends the connection", .rfc("9110-9.3.1-02"))
    func tooMuch() async throws {
        try await withServer(echoPath) { server in
            let socket = try server.connect()
            try socket.send("GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + Self.inner + Self.inner)
            #expect(try masked(socket.receiveAll()) == ok("/a", connection: "close"))
        }
    }

    /// Trap: method case.
    @Test(
        "methods are compared with case, and one that nobody knows is a 501",
        .rfc("9110-9.1-04", "9110-9.1-02"),
        arguments: ["get", "Get", "post", "BREW", "M-SEARCH"]
    )
    func methodCase(method: String) async throws {
        let shelf = Shelf()
        try await withServer(shelf) { server in
            let way = try EveryWay("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n".utf8, at: server.address)
            #expect(way.answer.hasPrefix("HTTP/1.1 501 Not Implemented\r\n"))
            #expect(way.difference == nil)
            #expect(shelf.things.all.isEmpty)
        }
    }

    @Test(
        "a method is bound to a function: no target and no field of a safe request reaches an unsafe one",
        .rfc("9110-9.2.1-02")
    )
    func bound() async throws {
        let shelf = Shelf()
        let handler = MethodOverride(try Router { Route("/", shelf) })
        try await withServer(handler) { server in
            for target in ["/?_method=DELETE", "/?method=put", "/?action=delete", "/?X-HTTP-Method-Override=DELETE"] {
                for method in ["GET", "HEAD", "OPTIONS"] {
                    let request = get(target, "X-HTTP-Method-Override: DELETE", "Connection: close")
                        .replacing("GET", with: method)
                    try #expect(server.answer(to: request).hasPrefix("HTTP/1.1 20"))
                }
            }
            #expect(shelf.things.all.isEmpty)
            // That it would be noticed:
            _ = try server.answer(to: get("/", "Connection: close").replacing("GET", with: "DELETE"))
            #expect(shelf.things.all == ["delete"])
        }
    }

    @Test(
        "what a handler says of a change goes out as it is: the server adds no validator and no range to it",
        .rfc("9110-9.3.3-03", "9110-9.3.4-06", "9110-9.3.3-01", "9110-10.2.2-02", "9110-9.3.5-01")
    )
    func changes() async throws {
        let shelf = Shelf()
        let hopes = [
            "Range: bytes=0-1", "If-None-Match: \"1\"", "If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT",
            "If-Range: \"1\"",
        ]
        try await withServer(shelf) { server in
            func ask(_ method: String) throws -> WireAnswer {
                let request =
                    "\(method) / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + hopes.joined(separator: "\r\n")
                    + "\r\n\r\n"
                return try #require(WireAnswer(Array(try server.answer(to: request).utf8)))
            }
            let created = try ask("POST")
            #expect(created.status == 201)
            #expect(created["Location"] == "/things/1")
            #expect(created.text == "It is at /things/1.")
            for method in ["PUT", "DELETE"] {
                let answer = try ask(method)
                #expect(answer.lines == ["HTTP/1.1 204 No Content", "Date: *", "Connection: close"])
            }
        }
    }

    /// Trap: TRACE, off by default.
    @Test("TRACE is not allowed, and tells nothing of what was sent", .rfc("9110-9.3.8-01", "9110-9.3.8-03"))
    func trace() async throws {
        try await withServer(Shelf()) { server in
            let request =
                "TRACE / HTTP/1.1\r\nHost: a\r\nCookie: secret=1\r\nAuthorization: Basic secret\r\nX: secret\r\n\r\n"
            let way = try EveryWay(request.utf8, at: server.address)
            #expect(way.answer.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"))
            #expect(way.answer.contains("\r\nAllow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n"))
            #expect(!way.answer.contains("secret"))
            #expect(way.difference == nil)
        }
    }
}
