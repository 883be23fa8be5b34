import Martlet
import MartletTesting
import TestSupport
import Testing

@Suite("The test server")
struct TestServerTests {
    @Test("enqueued answers are given in order, whatever the path")
    func order() async throws {
        try await withServer { server in
            for text in ["one", "two", "three"] { server.enqueue(.text(text)) }
            let result = try await curl(server.url("/a"), server.url("/b?x=1"), server.url("/c"))
            #expect(result.text == "onetwothree")
            #expect(server.requests.map(\.target) == ["/a", "/b?x=1", "/c"])
            #expect(server.requests.map(\.query) == [nil, "x=1", nil])
            // curl keeps its connection.
            #expect(server.requests.map(\.connection) == [1, 1, 1])
            #expect(server.connectionCount == 1)
        }
    }

    @Test("a route answers its method and path; what it does not answer is enqueued")
    func routes() async throws {
        try await withServer { server async throws in
            server.route(.get, "/time") { request in .text("\(request.query ?? "-")") }
            server.route(.post, "/time") { request in
                guard request.text == "now" else { throw HTTPError(.badRequest, "Say now.") }
                return Response(status: .noContent)
            }
            server.enqueue(.text("other"))
            let client = TestClient(port: server.port)
            #expect(try await client.get("/time?zone=UTC").text == "zone=UTC")
            #expect(try await client.post("/time", "now").status == .noContent)
            #expect(try await client.post("/time", "then").text == "400 Bad Request\nSay now.\n")
            #expect(try await client.get("/times").text == "other")
        }
    }

    @Test("a route can be a handler, which reads the content as from a server")
    func handlerRoute() async throws {
        try await withServer { server in
            server.route(.post, "/reverse", to: Reverse())
            let result = try await curl("-H", "Transfer-Encoding: chunked", "-d", "stressed", server.url("/reverse"))
            #expect(result.text == "desserts")
        }
    }

    @Test("a request is recorded as it came, octet for octet")
    func recorded() async throws {
        try await withServer { server in
            server.enqueue(.text("thanks"))
            let head = "POST /a%20b?c HTTP/1.1\r\nhOST:  x \r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            let octets = try await TestClient(port: server.port)
                .raw("\(head)3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n")
            #expect(String(decoding: octets, as: UTF8.self).hasSuffix("Connection: close\r\n\r\nthanks"))
            let request = try await server.nextRequest()
            #expect(String(decoding: request.rawHead, as: UTF8.self) == head)
            #expect(request.method == .post)
            #expect(request.target == "/a%20b?c")
            #expect(request.path == "/a%20b")
            #expect(request.text == "abcde")
            #expect(request.trailers[HTTPField.Name("X-Sum")!] == "5")
            #expect(request.number == 1)
            let timings = try #require(server.requests.first).timings
            let answer = try #require(timings.answer)
            #expect(timings.firstOctet <= timings.head)
            #expect(timings.head <= timings.body)
            #expect(timings.body <= answer)
        }
    }

    @Test("answers say where they end as they were told to", arguments: Framing.allCases)
    func framing(framing: Framing) async throws {
        try await withServer { server in
            for _ in 0..<2 { server.enqueue(.text("Hello"), framing: framing) }
            let client = TestClient(port: server.port)
            for _ in 0..<2 { #expect(try await client.get("/").text == "Hello") }
            #expect(server.connectionCount == (framing == .untilClose ? 2 : 1))
            let old = try await oldAnswer(framing)
            #expect(old.hasSuffix("\r\n\r\nHello"))
        }
    }

    private func oldAnswer(_ framing: Framing) async throws -> String {
        try await withServer { server in
            server.enqueue(.text("Hello"), framing: framing)
            let octets = try await TestClient(port: server.port).raw("GET / HTTP/1.0\r\n\r\n")
            return String(decoding: octets, as: UTF8.self)
        }
    }

    @Test("HEAD, 204 and 304 have no content; 205 has a length of zero")
    func noContent() async throws {
        try await withServer { server in
            server.route(.head, "/") { _ in .text("Hello") }
            for status: HTTPResponse.Status in [.noContent, .notModified, .resetContent] {
                server.enqueue(.text("ignored", status: status))
            }
            let client = TestClient(port: server.port)
            let head = try await client.send(.head, "/")
            #expect(head.fields[.contentLength] == "5")
            #expect(head.body.isEmpty)
            for code in [204, 304, 205] {
                let response = try await client.get("/x")
                #expect(response.status.code == code)
                #expect(response.body.isEmpty)
                #expect(response.fields[.contentLength] == (code == 205 ? "0" : nil))
            }
            #expect(server.connectionCount == 1)
        }
    }

    @Test("a client that waits for leave to send gets it")
    func expectContinue() async throws {
        try await withServer { server in
            server.enqueue(.text("got it"))
            let body = String(repeating: "x", count: 100_000)
            let result = try await curl(
                "-H",
                "Expect: 100-continue",
                "--expect100-timeout",
                "9",
                "-d",
                body,
                server.url()
            )
            #expect(result.text == "got it")
            #expect(server.requests.first?.body.count == 100_000)
        }
    }

    @Test("raw octets go out as they are, and the connection stays open if they say so")
    func raw() async throws {
        try await withServer { server in
            server.enqueue(
                raw: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nhi",
                closes: false
            )
            server.enqueue(raw: "HTTP/1.0 404 Nope\r\n\r\nlast")
            let client = TestClient(port: server.port)
            let first = try await client.get("/")
            #expect(first.interim == [HTTPResponse.Status(code: 103)])
            #expect(first.text == "hi")
            let second = try await client.get("/")
            #expect(second.status == HTTPResponse.Status(code: 404, reasonPhrase: "Nope"))
            #expect(second.text == "last")
            #expect(server.connectionCount == 1)
        }
    }

    // MARK: What was not expected

    @Test("an unexpected request is answered 500 in words, and fails the test")
    func unexpected() async throws {
        let problems = await problems { server in
            server.route(.get, "/known") { _ in .text("") }
            let result = try await curl("-w", "%{http_code}", server.url("/unknown?a=b"))
            #expect(result.text.hasPrefix("TestServer: unexpected GET /unknown?a=b: no answer was enqueued"))
            #expect(result.text.hasSuffix("500"))
        }
        #expect(problems?.problems == [.unexpectedRequest("GET /unknown?a=b", connection: 1)])
        #expect("\(try #require(problems))".contains("GET /unknown?a=b"))
    }

    @Test("answers that nobody asked for fail the test, unless they may stay")
    func unused() async throws {
        let problems = await problems { $0.enqueue(.text("never")) }
        #expect(problems?.problems == [.unusedAnswers(1)])
        #expect(problems?.description == "1 enqueued answer was never asked for")
        try await withServer(allowing: .unusedAnswers) { $0.enqueue(.text("never")) }
    }

    @Test("an allowance covers what it names and nothing else")
    func allowances() async throws {
        let octets = "GET / HTTP/1.1\r\n\r\n"
        try await withServer(allowing: [.brokenRequests, .unexpectedRequests]) { server async throws in
            let client = TestClient(port: server.port)
            #expect(try await client.raw(octets).starts(with: "HTTP/1.1 400 ".utf8))
            #expect(try await client.get("/").status == .internalServerError)
        }
        let problems = await problems(allowing: [.unusedAnswers, .unexpectedRequests]) { server in
            _ = try await TestClient(port: server.port).raw(octets)
        }
        #expect(problems?.problems.count == 1)
    }

    @Test(
        "a broken request fails the test, with the reason",
        arguments: [
            ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "connection 1 sent a broken request: 400: "),
            ("GET / HTTP/1.1\r\nHost: a\r\n", "it ended in the middle of the head"),
            ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc", "it ended after 3 of 5 octets of content"),
            ("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na", "it ended before the last chunk"),
            ("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", "400: "),
            ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", "413: "),
        ]
    )
    func broken(octets: String, reason: String) async throws {
        let problems = await problems { server in
            _ = try await TestClient(port: server.port).raw(octets, finishing: true)
        }
        let text = problems?.description ?? ""
        #expect(text.contains(reason), "\(text)")
        #expect(problems?.problems.count == 1)
    }

    @Test("a route that throws answers 500 without details, and fails the test with them")
    func routeFails() async throws {
        struct Oops: Error {}
        let problems = await problems { server in
            server.route(.get, "/") { _ in throw Oops() }
            let response = try await TestClient(port: server.port).get("/")
            #expect(response.status == .internalServerError)
            #expect(!response.text.contains("Oops"))
        }
        #expect(problems?.problems == [.routeFailed("GET /", error: "Oops()")])
    }

    @Test("a route's stream is sent chunked; one that fails is cut, and fails the test")
    func streams() async throws {
        struct Oops: Error {}
        let problems = await problems { server in
            server.route(.get, "/") { request in
                .stream(type: "text/plain") { writer in
                    try await writer.write("part")
                    if request.query != nil { throw Oops() }
                }
            }
            let client = TestClient(port: server.port)
            let response = try await client.get("/")
            #expect(response.text == "part")
            #expect(response.fields[.transferEncoding] == "chunked")
            await #expect(throws: TestClientError.self) { try await client.get("/?x") }
        }
        #expect(problems?.problems == [.routeFailed("GET /?x", error: "Oops()")])
    }

    @Test("what the test throws itself is thrown on, alone or with the problems that may have caused it")
    func ownError() async throws {
        struct Mine: Error {}
        await #expect(throws: Mine.self) { try await withServer { _ in throw Mine() } }
        let problems = await problems { server in
            server.enqueue(.text(""))
            throw Mine()
        }
        #expect(problems?.underlying is Mine)
        #expect(problems?.description == "Mine()\n1 enqueued answer was never asked for")
    }

    // MARK: Waiting

    @Test("nextRequest gives each request once, those that came before the call first")
    func nextRequest() async throws {
        try await withServer { server in
            for _ in 0..<3 { server.enqueue() }
            let client = TestClient(port: server.port)
            _ = try await client.get("/1")
            _ = try await client.get("/2")
            #expect(try await server.nextRequest().target == "/1")
            #expect(try await server.nextRequest().target == "/2")
            async let third = server.nextRequest(timeout: .seconds(240))
            _ = try await client.get("/3")
            #expect(try await third.target == "/3")
        }
    }

    @Test("nextRequest says so when none comes, and ends with its task")
    func noRequest() async throws {
        try await withServer { server in
            let error = await #expect(throws: NoRequest.self) {
                try await server.nextRequest(timeout: .milliseconds(10))
            }
            #expect(error?.description == "no request came within 0.01 seconds; 0 had come before")
            let task = Task { try await server.nextRequest(timeout: .seconds(240)) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("many servers and clients at once keep to themselves")
    func parallel() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<20 {
                group.addTask {
                    try await withServer { server async throws in
                        server.enqueue(.text("\(index)"))
                        #expect(try await TestClient(port: server.port).get("/").text == "\(index)")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("a server can be started and stopped by hand, as setUp and tearDown do")
    func byHand() async throws {
        let server = try TestServer.start()
        let port = server.port
        await #expect(throws: ServerProblems.self) {
            server.enqueue()
            try await server.stop()
        }
        try await server.stop(allowing: .unusedAnswers)
        await #expect(throws: TestClientError.refused) { try await TestClient(port: port).get("/") }
    }
}

/// Answers with the content, back to front.
struct Reverse: POST {
    func post(_ request: Request) async throws -> Response {
        .text(String(String(decoding: try await request.body.collect(upTo: 1000), as: UTF8.self).reversed()))
    }
}
