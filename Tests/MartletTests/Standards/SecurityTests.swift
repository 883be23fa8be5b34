import HTTPTypes
import Martlet
import MartletWire
import TestSupport
import Testing

@Suite("What RFC 9110 sections 16 and 17, and RFC 7239, ask for safety", .timeLimit(.patient))
struct SecurityTests {
    @Test("a field name is a token, or there is none: of all octets just tchar", .rfc("9110-16.3.1-01"))
    func fieldNames() {
        let marks = "!#$%&'*+-.^_`|~"
        for octet in UInt8.min...UInt8.max {
            let character = Character(UnicodeScalar(octet))
            let isTchar = character.isASCII && (character.isLetter || character.isNumber || marks.contains(character))
            #expect((HTTPField.Name("x\(character)") != nil) == isTchar, "\(octet)")
        }
        #expect(HTTPField.Name("") == nil)
    }

    static let claims = [
        "Forwarded: for=192.0.2.1;host=evil;proto=https;by=203.0.113.9", "X-Forwarded-For: 192.0.2.1",
        "X-Forwarded-Host: evil", "X-Forwarded-Proto: https", "X-Real-IP: 192.0.2.1", "Via: 1.1 evil",
    ]

    @Test(
        "nobody is believed who says for whom he asks: the peer is the socket's",
        .rfc("7239-8.1-01"),
        arguments: claims
    )
    func forwarded(claim: String) async throws {
        let router = try Router {
            Group(host: "evil") { Route("/") { _ in .text("evil") } }
            Route("/") { request in .text("\(request.peer.host) \(request.head.authority?.host ?? "-")") }
        }
        try await withServer(router) { server in
            let request = get("/", claim, "Connection: close")
            let answer = try everyDelivery(of: request, at: server.address)
            #expect(answer == ok("127.0.0.1 a", connection: "close"))
        }
    }

    @Test("a limit for each peer is not escaped by such claims", .rfc("7239-8.1-01"))
    func limited() async throws {
        let router = try Router(middleware: [RateLimit(1, per: .seconds(1000))]) { Route("/") { _ in .text("ok") } }
        try await withServer(router) { server in
            try #expect(server.answer(to: get("/", "Connection: close")).hasPrefix("HTTP/1.1 200 "))
            for claim in Self.claims {
                let answer = try server.answer(to: get("/", claim, "Connection: close"))
                #expect(answer.hasPrefix("HTTP/1.1 429 "))
            }
        }
    }

    @Test(
        "TRACE is off, and no answer repeats Forwarded or credentials",
        .rfc("7239-4-03", "7239-8.2-01"),
        arguments: ["TRACE", "GET", "OPTIONS", "DELETE", "BREW"]
    )
    func trace(method: String) async throws {
        let router = try Router { Route("/") { _ in .text("ok") } }
        try await withServer(router) { server in
            let fields = "Forwarded: for=secret\r\nAuthorization: secret\r\nCookie: secret\r\nConnection: close"
            let request = "\(method) / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n"
            let answer = try everyDelivery(of: request, at: server.address)
            if method == "TRACE" { #expect(answer.hasPrefix("HTTP/1.1 405 ")) }
            #expect(!answer.contains("secret") && !answer.lowercased().contains("forwarded"))
        }
    }

    /// A request beyond each limit, and the answer. Limits are set low by the test.
    static let beyond = [
        ("\(String(repeating: "M", count: 33)) / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("GET /\(String(repeating: "a", count: 100)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "n", count: 500)): x\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "v", count: 500))\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 10))\r\n", 431),
        ("\(String(repeating: "\r\n", count: 9))GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(String(repeating: "9", count: 30))\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", 413),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(String(repeating: "0", count: 17))1\r\n",
            400
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n"
                + String(repeating: "c", count: 200), 413
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "1;\(String(repeating: "e", count: 4096))\r\n", 400
        ),
        ("GET / HTT", 408),
    ]

    @Test(
        "method, target, names, values, their number, digits, chunk lines and the time have limits",
        .rfc("9110-17.5-01"),
        arguments: beyond
    )
    func limits(request: String, status: Int) async throws {
        let configure = { @Sendable (configuration: inout ServerConfiguration) in
            configuration.limits.requestLine = 64
            configuration.limits.head = 400
            configuration.limits.fieldCount = 8
            configuration.limits.body = 100
            configuration.limits.headTimeout = .milliseconds(200)
        }
        let handler = Waiting { request in .text("\(try await request.body.collect(upTo: 100).count)") }
        try await withServer(handler, configure: configure) { server in
            let answer = try server.answer(to: request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains("\r\nConnection: close\r\n"))
        }
    }

    @Test("what an error page repeats of a request is escaped for where it stands", .rfc("9110-17.4-01"))
    func errorPage() async throws {
        let handler = Immediate { request in
            throw HTTPError(.badRequest, "No \(request.queryItems["q"] ?? "") here.")
        }
        try await withServer(handler) { server in
            let target = "/?q=%3Cscript%3E%22%26'"
            let page = try server.answer(to: get(target, "Accept: text/html", "Connection: close"))
            #expect(page.contains("\r\nContent-Type: text/html; charset=utf-8\r\n"))
            #expect(page.contains("No &lt;script&gt;&quot;&amp;&#39; here.") && !page.contains("<script"))
            let text = try server.answer(to: get(target, "Connection: close"))
            #expect(text.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"))
        }
    }

    @Test("no answer is split by what a handler repeats of a request", .rfc("9110-17.4-01"))
    func splitting() async throws {
        let handler = Immediate { request in .redirect(to: "/\(request.queryItems["to"] ?? "")") }
        try await withServer(handler) { server in
            let answer = try server.answer(
                to: get("/?to=a%0D%0ASet-Cookie:%20x=y%0D%0A%0D%0A%00b", "Connection: close")
            )
            let lines = try #require(WireAnswer(Array(answer.utf8))).lines
            #expect(!lines.contains { $0.hasPrefix("Set-Cookie") })
            #expect(lines.contains { $0.hasPrefix("Location: /a") && $0.hasSuffix("b") })
        }
    }

    @Test("HSTS is off until asked for", .rfc("6797-11.2-01"))
    func noHSTS() async throws {
        let router = try Router(middleware: [SecurityHeaders()]) { Route("/") { _ in .text("ok") } }
        try await withServer(router) { server in
            let answer = try server.answer(to: get("/", "Connection: close"))
            #expect(answer.contains("\r\nX-Content-Type-Options: nosniff\r\n"))
            #expect(!answer.contains("Strict-Transport-Security"))
        }
    }
}
