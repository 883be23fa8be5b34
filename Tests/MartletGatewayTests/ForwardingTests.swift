import Martlet
import MartletGateway
import TestSupport
import Testing

/// What a backend gets, and what the client gets back, octet for octet.
@Suite(.timeLimit(.minutes(2))) struct ForwardingTests {
    static let date = "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"

    @Test(
        "a GET goes to the backend with the client's Host first, and its answer comes back",
        .rfc(
            "9110-7.2-01",
            "9110-7.2-02",
            "9112-3.2.1-01",
            "9110-7.6.3-01",
            "9110-7.6.3-02",
            "9112-2.3-03",
            "9112-2.2-06"
        )
    )
    func get() async throws {
        try await withFront { front in
            let (client, backend) = try front.exchange("GET /x?y=%2F HTTP/1.1\r\nAccept: */*\r\nHost: a\r\n\r\n")
            try #expect(backend.receiveHead() == forwarded("GET /x?y=%2F", "Accept: */*\r\n") + "\r\n")
            try backend.send("HTTP/1.1 200 OK\r\nServer: python\r\n\(Self.date)Content-Length: 5\r\n\r\nhello")
            let expected =
                "HTTP/1.1 200 OK\r\nServer: python\r\n\(Self.date)Via: 1.1 martlet\r\nContent-Length: 5\r\n\r\nhello"
            try #expect(client.receiveText(expected.utf8.count) == expected)
        }
    }

    @Test("a connection is used again, by another client too", .rfc("9112-9.3-07", "9112-9.2-01"))
    func keepAlive() async throws {
        try await withFront { front in
            let (client, backend) = try front.exchange("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try backend.receiveHead()
            try backend.send("HTTP/1.1 204 No Content\r\n\(Self.date)\r\n")
            _ = try client.receiveHead()
            let other = try front.connect()
            try other.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(backend.receiveHead().hasPrefix("GET /2 "))
            try backend.send("HTTP/1.1 200 OK\r\n\(Self.date)Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
            try #expect(other.receiveHead().hasSuffix("Content-Length: 5\r\n\r\n"))
            try #expect(other.receiveText(5) == "hello")
            #expect(!front.backend.hasConnection)
        }
    }

    @Test("content with a length goes with the head", .rfc("9112-6.3-14", "9112-6.3-15"))
    func post() async throws {
        try await withFront { front in
            let (client, backend) = try front.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            try #expect(backend.receiveHead() == forwarded("POST /") + "Content-Length: 5\r\n\r\n")
            try #expect(backend.receiveText(5) == "hello")
            try backend.send("HTTP/1.1 201 Created\r\n\(Self.date)Content-Length: 0\r\n\r\n")
            try #expect(client.receiveHead().hasPrefix("HTTP/1.1 201 Created\r\n"))
        }
    }

    @Test("content streams as it comes, chunked where its length is not known", .rfc("9112-6.1-03"))
    func chunkedRequest() async throws {
        try await withFront { front in
            let (client, backend) = try front.exchange(
                "PUT /f HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"
            )
            try #expect(backend.receiveHead() == forwarded("PUT /f") + "Transfer-Encoding: chunked\r\n\r\n")
            try #expect(backend.receiveText(8) == "3\r\none\r\n")
            try client.send("3;x=y\r\ntwo\r\n")
            try #expect(backend.receiveText(8) == "3\r\ntwo\r\n")
            try client.send("0\r\nX: y\r\n\r\n")
            try #expect(backend.receiveText(5) == "0\r\n\r\n")
            try backend.send("HTTP/1.1 200 OK\r\n\(Self.date)Content-Length: 2\r\n\r\nok")
            try #expect(client.receive(through: "ok").isEmpty == false)
        }
    }

    @Test("what a client pipelines goes on one by one, each when the answer before it came", .rfc("9112-9.3.2-03"))
    func pipelined() async throws {
        try await withFront { front in
            let (client, backend) = try front.exchange(
                "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nokGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
            )
            try #expect(backend.receiveHead().hasPrefix("POST /1 "))
            try #expect(backend.receiveText(2) == "ok")
            // The one loop has served another client meanwhile, and nothing more has come of this one.
            let (other, another) = try front.exchange("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(another.receiveHead().hasPrefix("GET /3 "))
            try another.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            _ = try other.receiveHead()
            #expect(!backend.hasInput)
            #expect(!front.backend.hasConnection)
            try backend.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try client.receiveHead()
            try #expect(backend.receiveHead().hasPrefix("GET /2 "))
        }
    }

    @Test("a long upload with a length streams, at the backend's pace, and nothing is lost")
    func longUpload() async throws {
        try await withFront { front in
            let count = 3 << 20
            let client = try front.connect()
            let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let sending = Task.detached {
                try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n")
                try client.send(body)
            }
            let backend = try front.backend.accept()
            try #expect(backend.receiveHead().hasSuffix("Content-Length: \(count)\r\n\r\n"))
            try #expect(backend.receive(exactly: count) == body)
            try await sending.value
            try backend.send("HTTP/1.1 200 OK\r\n\(Self.date)Content-Length: 2\r\n\r\nok")
            try #expect(String(decoding: client.receive(through: "ok"), as: UTF8.self).hasSuffix("ok"))
        }
    }

    @Test("a part that is PUT is the backend's to take or refuse")
    func partialPut() async throws {
        try await withFront { front in
            let (_, backend) = try front.exchange(
                "PUT / HTTP/1.1\r\nHost: a\r\nContent-Range: bytes 0-1/4\r\nContent-Length: 2\r\n\r\nok"
            )
            try #expect(backend.receiveHead().contains("\r\nContent-Range: bytes 0-1/4\r\n"))
        }
    }

    @Test("a long answer streams with its length, and the connection is used again")
    func longAnswer() async throws {
        try await withFront { front in
            let count = 5 << 20
            let (client, backend) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try backend.receiveHead()
            let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 17) }
            let sending = Task.detached {
                try backend.send("HTTP/1.1 200 OK\r\n\(Self.date)Content-Length: \(count)\r\n\r\n")
                try backend.send(body)
            }
            try #expect(client.receiveHead().hasSuffix("Content-Length: \(count)\r\n\r\n"))
            try #expect(client.receive(exactly: count) == body)
            try await sending.value
            try client.send("GET /again HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(backend.receiveHead().hasPrefix("GET /again "))
        }
    }

    @Test(
        "events are passed on as they come, with the trailers behind them for who asked",
        .rfc("9110-10.1.4-01", "9112-7.4-03")
    )
    func events() async throws {
        try await withFront { front in
            let (client, backend) = try front.exchange(
                "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers, deflate\r\nConnection: TE\r\n\r\n"
            )
            let head = try backend.receiveHead()
            #expect(head.contains("TE: trailers\r\nConnection: TE\r\n"))
            try backend.send(
                "HTTP/1.1 200 OK\r\n\(Self.date)Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            try #expect(client.receiveHead().hasSuffix("Transfer-Encoding: chunked\r\n\r\n"))
            try backend.send("9\r\ndata: 1\n\n\r\n")
            try #expect(client.receiveText(14) == "9\r\ndata: 1\n\n\r\n")
            try backend.send("9\r\ndata: 2\n\n\r\n0\r\nX-Sum: 3\r\n\r\n")
            let end = "9\r\ndata: 2\n\n\r\n0\r\nX-Sum: 3\r\n\r\n"
            try #expect(client.receiveText(end.utf8.count) == end)
        }
    }

    @Test("content that ends with the backend's connection is chunked for HTTP/1.1", .rfc("9112-6.3-05"))
    func untilClose() async throws {
        try await withFront { front in
            let answer = try front.answer("HTTP/1.0 200 OK\r\n\(Self.date)\r\nhello")
            #expect(answer.hasSuffix("Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))
            #expect(answer.contains("Via: 1.0 martlet\r\n"))
        }
    }

    @Test(
        "the answer to HEAD keeps its length and has no content",
        .rfc("9110-6-01"),
        arguments: ["Content-Length: 1234\r\n", "Transfer-Encoding: chunked\r\n"]
    )
    func head(framing: String) async throws {
        try await withFront { front in
            let (client, backend) = try front.exchange("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(backend.receiveHead().hasPrefix("HEAD / "))
            try backend.send("HTTP/1.1 200 OK\r\n\(Self.date)\(framing)\r\n")
            try #expect(client.receiveHead().hasSuffix("Via: 1.1 martlet\r\n\(framing)\r\n"))
            // Both connections are where the next request can use them.
            try client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(backend.receiveHead().hasPrefix("GET /next "))
        }
    }
}
