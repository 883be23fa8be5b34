import Glibc
import Martlet
import MartletGateway
import MartletReactor
import TestSupport
import Testing

/// What goes wrong behind the gateway, and what the client and the log hear of it.
@Suite(.timeLimit(.minutes(2))) struct FailureTests {
    static let date = ForwardingTests.date
    private static let get = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    @Test(
        "an answer that is not valid is a 502, and its connection is dropped",
        .rfc(
            "9110-15.6.3-01",
            "9110-15-04",
            "9112-5.1-02",
            "9112-5.2-03",
            "9112-6.3-09",
            "9110-8.6-08",
            "9110-8.6-09",
            "9112-6.3-05",
            "9112-6.3-03"
        ),
        arguments: [
            "<html>", "HTTP/1.1 999 X\r\n\r\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
        ]
    )
    func invalid(octets: String) async throws {
        try await withFreshAndRestingFront { front in
            let answer = try front.answer(octets, to: Self.get)
            #expect(answer.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
            #expect(!answer.contains(front.backend.url))
            #expect(
                front.log.lines.count {
                    $0.hasPrefix("warning: backend \(front.backend.url): ") && $0.contains("GET /x of 127.0.0.1")
                } == 1
            )
        }
    }

    @Test("a backend that is not there is a 502, and the log says why", .rfc("9110-15.6.3-01"))
    func refused() async throws {
        let gone = try #require(closedPorts.first)
        try await withFront(of: Gateway(to: try Backend(gone)), backends: []) { front in
            let client = try front.connect()
            try client.send(Self.get)
            try #expect(client.receiveText().hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
            #expect(
                front.log.lines == [
                    "warning: backend \(gone): connecting failed: Connection refused, for GET /x of 127.0.0.1"
                ]
            )
        }
    }

    @Test("a name that stands for nothing is a 502")
    func unknownName() async throws {
        try await withFront(of: Gateway(to: try Backend("http://no-such-host.invalid:1")), backends: []) { front in
            let client = try front.connect()
            try client.send(Self.get)
            try #expect(client.receiveText().hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
        }
    }

    @Test("a name is looked up, and a Unix socket is as good as a port")
    func places() async throws {
        let backend = try RawBackend()
        try await withFront(of: Gateway(to: try Backend("http://localhost:\(backend.port)")), backends: [backend]) {
            front in
            try #expect(front.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
        let folder = try TemporaryDirectory()
        let path = folder.path(of: "s")
        let unix = try RawBackend(.unix(path: path))
        try await withFront(of: Gateway(to: try Backend("unix:\(path)")), backends: [unix]) { front in
            try #expect(front.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("a backend that does not answer in time is a 504", .rfc("9110-15.6.5-01"))
    func silent() async throws {
        var options = GatewayOptions()
        options.firstByteTimeout = .milliseconds(100)
        try await withFreshAndRestingFront(options: options) { front in
            let (client, backend) = try front.exchange(Self.get)
            try #expect(client.receiveText().hasPrefix("HTTP/1.1 504 Gateway Timeout\r\n"))
            #expect(front.log.contains("no answer in time"))
            // Its connection is closed, so that it can stop working.
            _ = try backend.receiveHead()
            try #expect(backend.receive().isEmpty)
        }
    }

    @Test("a client that is slow to send its content is no fault of the backend", .rfc("9110-15.6.5-01"))
    func slowClient() async throws {
        var options = GatewayOptions()
        options.firstByteTimeout = .milliseconds(100)
        try await withFreshAndRestingFront(options: options) { front in
            let (client, backend) = try front.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nstart")
            try #expect(backend.receive(through: "start").count > 5)
            // Later by as much as a backend has, twice.
            for _ in 0..<2 {
                let (other, silent) = try front.exchange(Self.get)
                try #expect(other.receiveText().hasPrefix("HTTP/1.1 504 Gateway Timeout\r\n"))
                _ = try silent.receiveHead()
            }
            try client.send("andon")
            try #expect(backend.receiveText(5) == "andon")
            // Now it is the backend's turn.
            try #expect(client.receiveHead().hasPrefix("HTTP/1.1 504 Gateway Timeout\r\n"))
        }
    }

    @Test(
        "an answer that ends early cannot look complete",
        .rfc("9112-8-03", "9110-8.6-08"),
        arguments: [
            "Content-Length: 10\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n",
        ]
    )
    func cut(rest: String) async throws {
        try await withFreshAndRestingFront { front in
            let answer = try front.answer("HTTP/1.1 200 OK\r\n\(Self.date)\(rest)", to: Self.get)
            #expect(!answer.hasSuffix("0\r\n\r\n"))
            #expect(!answer.hasSuffix("Content-Length: 5\r\n\r\nhello"))
            #expect(front.log.lines.count { $0.hasPrefix("warning: backend ") } == 1)
        }
    }

    @Test("an answer that stops coming is cut", .rfc("9112-8-03"))
    func stalled() async throws {
        var options = GatewayOptions()
        options.idleTimeout = .milliseconds(100)
        try await withFreshAndRestingFront(options: options) { front in
            let (client, backend) = try front.exchange(Self.get)
            _ = try backend.receiveHead()
            try backend.send("HTTP/1.1 200 OK\r\n\(Self.date)Content-Length: 10\r\n\r\nhello")
            #expect(throws: SystemError.self) { try client.receiveAll() }
            #expect(front.log.contains("the answer stopped coming"))
        }
    }

    @Test("octets behind an answer are taken for nothing", .rfc("9112-6.3-16", "9112-9.2-02", "9112-9.2-03"))
    func extra() async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try backend.receiveHead()
            let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            try backend.send(empty + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            _ = try client.receiveHead()
            try client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            let next = try front.backend.accept()
            try #expect(next.receiveHead().hasPrefix("GET /2 "))
            try next.send(empty)
            try #expect(!String(decoding: client.receive(through: "\r\n\r\n"), as: UTF8.self).contains("evil"))
            // Octets on a connection at rest close it.
            try next.send("x")
            _ = try next.receiveAll(untilReset: true)
            try client.send("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(front.backend.accept().receiveHead().hasPrefix("GET /3 "))
        }
    }

    @Test("after close, said by the backend, its connection is not used again", .rfc("9112-9.6-10", "9112-9.6-11"))
    func saysClose() async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try backend.receiveHead()
            try backend.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            _ = try client.receiveHead()
            try #expect(backend.receive().isEmpty)
            try client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(front.backend.accept().receiveHead().hasPrefix("GET /2 "))
        }
    }

    // MARK: Again

    @Test(
        "a request whose connection ended without an answer is sent again, once, when that can do no harm",
        .rfc("9110-9.2.2-02", "9110-9.2.2-03", "9110-9.2.2-04", "9112-9.3.1-01", "9112-9.3.2-04"),
        arguments: [
            ("GET", "", true), ("PUT", "Content-Length: 2\r\n\r\nok", true), ("DELETE", "", true), ("POST", "", false),
            ("POST", "Content-Length: 2\r\n\r\nok", false), ("PATCH", "Content-Length: 2\r\n\r\nok", false),
            ("ODD", "", false),
        ]
    )
    func again(method: String, rest: String, isAgain: Bool) async throws {
        try await withFront(backends: 2) { front in
            let client = try front.connect()
            let end = rest.isEmpty ? "\r\n" : rest
            try client.send("\(method) / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(end)")
            let first = try front.backends[0].accept()
            let head = try first.receiveHead()
            #expect(head.hasPrefix("\(method) / "))
            if rest.hasSuffix("ok") { try #expect(first.receiveText(2) == "ok") }
            first.finishSending()
            guard isAgain else {
                try #expect(client.receiveText().hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
                return #expect(!front.backends[1].hasConnection)
            }
            let second = try front.backends[1].accept()
            try #expect(second.receiveHead() == head)
            if rest.hasSuffix("ok") { try #expect(second.receiveText(2) == "ok") }
            second.finishSending()
            try #expect(client.receiveText().hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
            #expect(!front.backends[0].hasConnection)
        }
    }

    @Test("no request is sent again once an octet of an answer came")
    func notAfterAnOctet() async throws {
        try await withFront(backends: 2) { front in
            let client = try front.connect()
            try client.send(Self.get)
            let backend = try front.backends[0].accept()
            _ = try backend.receiveHead()
            try backend.send("H")
            backend.finishSending()
            try #expect(client.receiveText().hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
            #expect(!front.backends[1].hasConnection)
        }
    }

    @Test("content that streams is not sent again")
    func notContent() async throws {
        try await withFront(backends: 2) { front in
            let client = try front.connect()
            try client.send(
                "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"
            )
            let backend = try front.backends[0].accept()
            _ = try backend.receive(through: "ok\r\n")
            backend.finishSending()
            try #expect(client.receiveText().hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
            #expect(!front.backends[1].hasConnection)
        }
    }

    @Test("a connection at rest that its backend closes is noticed", .rfc("9112-9.3.1-01"), arguments: ["GET", "POST"])
    func stale(method: String) async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try backend.receiveHead()
            try backend.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            _ = try client.receiveHead()
            backend.finishSending()
            try #expect(backend.receive().isEmpty)
            try client.send("\(method) /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let next = try front.backend.accept()
            try #expect(next.receiveHead().hasPrefix("\(method) /2 "))
            try next.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            try #expect(client.receiveText().hasSuffix("ok"))
            #expect(front.log.lines.isEmpty)
        }
    }

    @Test("one that dies under the request is replaced by a new one")
    func diesUnderRequest() async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try backend.receiveHead()
            try backend.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            _ = try client.receiveHead()
            try client.send("GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            try #expect(backend.receiveHead().hasPrefix("GET /2 "))
            backend.reset()
            let next = try front.backend.accept()
            try #expect(next.receiveHead().hasPrefix("GET /2 "))
            try next.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            try #expect(client.receiveText().hasSuffix("ok"))
            #expect(front.log.lines.isEmpty)
        }
    }

    // MARK: The client

    @Test("a client that goes away ends the backend's request")
    func clientGone() async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try backend.receiveHead()
            client.reset()
            try #expect(backend.receiveAll(untilReset: true).isEmpty)
            let (other, streaming) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try streaming.receiveHead()
            try streaming.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
            _ = try other.receiveHead()
            other.reset()
            try #expect(streaming.receiveAll(untilReset: true).isEmpty)
        }
    }

    @Test("content that is malformed is refused, and the backend's connection closed")
    func malformedContent() async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"
            )
            _ = try backend.receive(through: "ok\r\n")
            try client.send("zz\r\n")
            try #expect(client.receiveHead().hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            try #expect(backend.receiveAll(untilReset: true).isEmpty)
            #expect(!front.log.lines.contains { $0.hasPrefix("warning: backend") })
        }
    }

    @Test("an error that comes before all content was sent ends the upload", .rfc("9112-9.5-05"))
    func earlyError() async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nstart"
            )
            _ = try backend.receiveHead()
            try backend.send("HTTP/1.1 413 Content Too Large\r\n\(Self.date)Content-Length: 2\r\n\r\nno")
            try #expect(client.receiveText(untilReset: true).hasSuffix("Connection: close\r\n\r\nno"))
            try #expect(backend.receiveText(untilReset: true) == "start")
        }
    }

    @Test(
        "an early answer that is no error lets the upload go on",
        .rfc("9110-7.5-01"),
        arguments: ["HTTP/1.1 200 OK\r\n", "HTTP/1.0 200 OK\r\n"]
    )
    func earlyAnswer(start: String) async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nstart")
            _ = try backend.receiveHead()
            try #expect(backend.receiveText(5) == "start")
            try backend.send("\(start)\(Self.date)Content-Length: 2\r\n\r\nok")
            // The loop has had its turn with that.
            let (other, another) = try front.exchange(Self.get)
            _ = try another.receiveHead()
            try another.send("HTTP/1.1 204 No Content\r\n\r\n")
            _ = try other.receiveHead()
            try client.send("andon")
            try #expect(backend.receiveText(5) == "andon")
            try #expect(String(decoding: client.receive(through: "ok"), as: UTF8.self).hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("a backend of HTTP/1.0 gets no chunks", .rfc("9112-6.1-11"))
    func oldBackend() async throws {
        try await withFront { front in
            _ = try front.answer("HTTP/1.0 200 OK\r\n\r\n")
            let client = try front.connect()
            try client.send(
                "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            )
            try #expect(client.receiveText().hasPrefix("HTTP/1.1 411 Length Required\r\n"))
        }
    }
}
