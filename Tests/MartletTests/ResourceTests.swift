import HTTPTypes
import Martlet
import TestSupport
import Testing

/// Every function is synchronous, and satisfies the asynchronous requirement all the same.
private struct Note: GET, PUT, DELETE {
    func get(_ request: Request) -> Response { .text("got") }
    func put(_ request: Request) throws -> Response { .text("put") }
    func delete(_ request: Request) async throws -> Response {
        await Task.yield()
        return .text("deleted")
    }
}

/// One that has every protocol.
private struct Everything: GET, POST, PUT, PATCH, DELETE, QUERY, AnyMethod {
    func get(_ request: Request) -> Response { .text("get") }
    func post(_ request: Request) -> Response { .text("post") }
    func put(_ request: Request) -> Response { .text("put") }
    func patch(_ request: Request) -> Response { .text("patch") }
    func delete(_ request: Request) -> Response { .text("delete") }
    func query(_ request: Request) -> Response { .text("query") }
    func anyMethod(_ request: Request) -> Response { .text("any \(request.method)") }
}

private struct Inbox: POST {
    func post(_ request: Request) throws -> Response { throw HTTPError(.conflict, "Full.") }
}

private struct Question: QUERY {
    func query(_ request: Request) async throws -> Response {
        .content(try await request.body.collect(upTo: 100), type: "text/plain; charset=utf-8")
    }
}

@Suite("A type answers the methods it takes as protocols")
struct ResourceTests {
    @Test(
        "each method has its function, and every other the one for any",
        arguments: [
            ("GET", "get"), ("HEAD", "get"), ("POST", "post"), ("PUT", "put"), ("PATCH", "patch"),
            ("DELETE", "delete"), ("QUERY", "query"), ("OPTIONS", "any OPTIONS"), ("TRACE", "any TRACE"),
            ("PROPFIND", "any PROPFIND"), ("get", "any get"),
        ]
    )
    func functions(method: String, text: String) async throws {
        let method = try #require(HTTPRequest.Method(method))
        #expect(try await directAnswer(of: Everything(), method, "/").text == text)
    }

    @Test(
        "what a type lacks is 405 with Allow, what nobody knows is 501",
        .rfc("9110-9.1-01", "9110-15.5.6-01", "9110-9.1-02", "9110-9.1-03", "9110-9.3.8-01"),
        arguments: [
            ("GET", 200, nil), ("HEAD", 200, nil), ("PUT", 200, nil), ("DELETE", 200, nil),
            ("OPTIONS", 204, "GET, HEAD, PUT, DELETE, OPTIONS"), ("POST", 405, "GET, HEAD, PUT, DELETE, OPTIONS"),
            ("PATCH", 405, "GET, HEAD, PUT, DELETE, OPTIONS"), ("QUERY", 405, "GET, HEAD, PUT, DELETE, OPTIONS"),
            ("TRACE", 405, "GET, HEAD, PUT, DELETE, OPTIONS"), ("PROPFIND", 501, nil), ("get", 501, nil),
        ] as [(String, Int, String?)]
    )
    func statuses(method: String, status: Int, allow: String?) async throws {
        let method = try #require(HTTPRequest.Method(method))
        let response = try await directAnswer(of: Note(), method, "/")
        #expect(response.status.code == status)
        #expect(response.fields[.allow] == allow)
    }

    @Test("a type without GET has no HEAD either", .rfc("9110-10.2.1-03"))
    func withoutGet() async throws {
        for method in [HTTPRequest.Method.get, .head] {
            let response = try await directAnswer(of: Inbox(), method, "/")
            #expect(response.status == .methodNotAllowed)
            #expect(response.fields[.allow] == "POST, OPTIONS")
        }
    }

    @Test(
        "on the wire HEAD is GET without content, OPTIONS and 405 name the methods, an error thrown is the answer",
        .rfc("9110-9.3.2-01", "9110-9.3.7-01", "9110-9.3.7-02", "9110-10.2.1-01", "9110-15.5.6-01")
    )
    func wire() async throws {
        try await withServer(Note()) { server in
            let socket = try server.connect()
            try socket.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n")
            try socket.expect(
                "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\n"
            )
            try socket.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
            try socket.expect("HTTP/1.1 204 No Content\r\nDate: *\r\nAllow: GET, HEAD, PUT, DELETE, OPTIONS\r\n\r\n")
            try socket.send("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n")
            try socket.expect(ok("deleted"))
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
            let head = String(decoding: try socket.receive(through: "\r\n\r\n"), as: UTF8.self)
            #expect(head.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"))
            #expect(head.contains("\r\nAllow: GET, HEAD, PUT, DELETE, OPTIONS\r\n"))
        }  // 9110-9.3.2-01
        try await withServer(Inbox()) { server in
            let answer = try server.answer(
                to: "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            )
            #expect(answer == refusal("409 Conflict", "Full."))
        }
    }

    @Test("QUERY brings its question in the content (RFC 10008)")
    func query() async throws {
        try await withServer(Question()) { server in
            let socket = try server.connect()
            try socket.send("QUERY / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nwhy?")
            try socket.expect(ok("why?"))
        }
    }
}
