import Martlet
import MartletReactor
import Testing

@testable import MartletTesting

@Suite("The test client")
struct TestClientTests {
    /// What a client of literal octets has to say to them.
    private func answer(to octets: String) async throws -> TestResponse {
        try await withServer { server in
            server.enqueue(raw: octets)
            return try await TestClient(port: server.port, timeout: .seconds(60)).get("/")
        }
    }

    @Test(
        "content ends where the framing says (RFC 9112 §6.3)",
        arguments: [
            ("Content-Length: 2\r\n\r\nabc", "ab"), ("\r\nabc", "abc"), ("Content-Length: 0\r\n\r\n", ""),
            ("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x\r\nbc\r\n0\r\n\r\n", "abc"),
            ("Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", "ab"),
        ]
    )
    func content(rest: String, expected: String) async throws {
        let response = try await answer(to: "HTTP/1.1 200 OK\r\n\(rest)")
        #expect(response.text == expected)
        #expect(response.rawHead.suffix(4).elementsEqual("\r\n\r\n".utf8))
    }

    @Test("trailers are told apart from fields")
    func trailers() async throws {
        let response = try await answer(
            to: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nETag: a\r\n\r\n"
        )
        #expect(response.trailers[.eTag] == "a")
        #expect(response.fields[.eTag] == nil)
        #expect(response.headLines == ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"])
    }

    @Test(
        "what is not valid is an error, not a guess",
        arguments: [
            "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 2000\r\n\r\n",
            "hello", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "HTTP/1.1 200 O\u{1}K\r\n\r\n",
        ]
    )
    func malformed(octets: String) async throws {
        do {
            let response = try await answer(to: octets)
            Issue.record("\(response.headLines) was taken for an answer")
        } catch TestClientError.malformed {
        }
    }

    @Test(
        "what is cut is an error that says how much came",
        arguments: [("", 0), ("HTTP/1.1 200", 12), ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", 39)]
    )
    func cut(octets: String, count: Int) async throws {
        await #expect(throws: TestClientError.closed(received: count)) { try await answer(to: octets) }
    }

    @Test("sizes have limits")
    func tooLarge() async throws {
        await #expect(throws: TestClientError.tooLarge) {
            try await answer(to: "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")
        }
        await #expect(throws: TestClientError.tooLarge) {
            try await answer(to: "HTTP/1.1 200 OK\r\nA: \(String(repeating: "a", count: 100_000))")
        }
    }

    @Test("a silent server is a timeout, a reset a reset")
    func lost() async throws {
        try await withServer { server in
            server.enqueue(fault: .stall(at: .accept))
            server.enqueue(fault: .reset(at: .beforeHead))
            await #expect(throws: TestClientError.timedOut(received: 0)) {
                try await TestClient(port: server.port, timeout: .milliseconds(100)).get("/")
            }
            await #expect(throws: TestClientError.reset(received: 0)) {
                try await TestClient(port: server.port).get("/")
            }
        }
    }

    @Test("a call ends when its task is cancelled")
    func cancel() async throws {
        try await withServer { server in
            server.enqueue(fault: .stall(at: .beforeHead))
            let port = server.port
            let task = Task { try await TestClient(port: port, timeout: .seconds(240)).get("/") }
            _ = try await server.nextRequest(timeout: .seconds(240))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("a request is sent as one would write it")
    func request() async throws {
        try await withServer { server in
            server.enqueue()
            server.enqueue()
            let client = TestClient(port: server.port)
            var fields = Fields()
            fields.append(.accept, "text/plain")
            _ = try await client.get("/a?b", fields: fields)
            _ = try await client.post("/a", "é")
            #expect(
                server.requests.map { String(decoding: $0.rawHead, as: UTF8.self) } == [
                    "GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nAccept: text/plain\r\n\r\n",
                    "POST /a HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nContent-Type: text/plain; charset=utf-8\r\n"
                        + "Content-Length: 2\r\n\r\n",
                ]
            )
            #expect(server.requests.last?.text == "é")
        }
    }

    @Test("a kept connection that the server has closed meanwhile, or written to, is not used again")
    func stale() throws {
        let (ours, theirs) = try PolledSocket.pair()
        defer { ours.close() }
        #expect(ours.isQuiet)
        #expect(theirs.send([65].span) == .count(1))
        #expect(!ours.isQuiet)
        theirs.close()
        var buffer = ReceiveBuffer(capacity: 1)
        #expect(ours.receive(into: &buffer) == .count(1))
        #expect(!ours.isQuiet)
    }
}
