import Martlet
import MartletGateway
import TestSupport
import Testing

/// Interim responses, 100-continue, and other protocols.
@Suite(.timeLimit(.minutes(2))) struct InterimTests {
    static let date = ForwardingTests.date

    @Test("interim responses are passed on, any number of them", .rfc("9110-15.2-03", "9110-15.2-04", "9112-9.2-01"))
    func interim() async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try backend.receiveHead()
            let hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"
            try backend.send(
                hints + "HTTP/1.1 100 Continue\r\n\r\n" + hints + "HTTP/1.1 199 Odd\r\nConnection: X\r\nX: 1\r\n\r\n"
            )
            let expected = hints + "HTTP/1.1 100 Continue\r\n\r\n" + hints + "HTTP/1.1 199 Odd\r\n\r\n"
            try #expect(client.receiveText(expected.utf8.count) == expected)
            try backend.send("HTTP/1.1 200 OK\r\n\(Self.date)Content-Length: 0\r\n\r\n")
            try #expect(client.receiveHead().hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("an HTTP/1.0 client gets none", .rfc("9110-15.2-03"))
    func notToOldClients() async throws {
        try await withFreshAndRestingFront { front in
            let answer = try front.answer(
                "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                to: "GET / HTTP/1.0\r\n\r\n"
            )
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("a backend that sends interim responses without end is given up")
    func endless() async throws {
        try await withFreshAndRestingFront { front in
            let many = String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 101)
            try #expect(front.answer(many).contains("HTTP/1.1 502 Bad Gateway\r\n"))
        }
    }

    /// Its content, `hello`, waits to be asked for.
    private static let expecting =
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"

    @Test("100-continue is the backend's to say", .rfc("9110-10.1.1-09", "9110-10.1.1-11"))
    func expectContinue() async throws {
        var options = GatewayOptions()
        options.continueTimeout = .seconds(60)
        try await withFreshAndRestingFront(options: options) { front in
            let (client, backend) = try front.exchange(Self.expecting)
            try #expect(
                backend.receiveHead() == forwarded("POST /") + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
            )
            try backend.send("HTTP/1.1 100 Continue\r\n\r\n")
            try #expect(client.receiveHead() == "HTTP/1.1 100 Continue\r\n\r\n")
            try client.send("hello")
            try #expect(backend.receiveText(5) == "hello")
            try backend.send("HTTP/1.1 200 OK\r\n\(Self.date)Content-Length: 0\r\n\r\n")
            try #expect(client.receiveHead().hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test(
        "a refusal instead of 100 goes to the client, whose content is not asked for",
        .rfc("9110-10.1.1-09", "9110-10.1.1-13"),
        arguments: ["417 Expectation Failed", "401 Unauthorized"]
    )
    func refused(status: String) async throws {
        var options = GatewayOptions()
        options.continueTimeout = .seconds(60)
        try await withFreshAndRestingFront(options: options) { front in
            let answer = try front.answer(
                "HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n",
                to: Self.expecting
            )
            #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"))
        }
    }

    @Test("a backend that says nothing does not keep the content back for ever", .rfc("9110-10.1.1-12"))
    func silent() async throws {
        var options = GatewayOptions()
        options.continueTimeout = .milliseconds(50)
        try await withFreshAndRestingFront(options: options) { front in
            let (client, backend) = try front.exchange(Self.expecting)
            _ = try backend.receiveHead()
            try #expect(client.receiveHead() == "HTTP/1.1 100 Continue\r\n\r\n")
            try client.send("hello")
            try #expect(backend.receiveText(5) == "hello")
        }
    }

    @Test("nor does one that says something else than 100", .rfc("9110-10.1.1-12"))
    func otherInterim() async throws {
        var options = GatewayOptions()
        options.continueTimeout = .milliseconds(500)
        try await withFreshAndRestingFront(options: options) { front in
            let (client, backend) = try front.exchange(Self.expecting)
            _ = try backend.receiveHead()
            try backend.send("HTTP/1.1 102 Processing\r\n\r\n")
            // In this order, but on a machine that is too slow for the timeout.
            let heads = try Set([client.receiveHead(), client.receiveHead()])
            #expect(heads == ["HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"])
            try client.send("hello")
            try #expect(backend.receiveText(5) == "hello")
        }
    }

    // MARK: Upgrade

    private static let upgrade = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x, y/2\r\n\r\n"

    @Test("another protocol passes through, both ways, with what came at once")
    func tunnel() async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange(Self.upgrade)
            try #expect(
                backend.receiveHead() == forwarded("GET /ws") + "Upgrade: x, y/2\r\nConnection: Upgrade\r\n\r\n"
            )
            try backend.send(
                "HTTP/1.1 101 Switching Protocols\r\n\(Self.date)Upgrade: x\r\nConnection: Upgrade\r\n\r\nhi"
            )
            let head = try client.receiveHead()
            #expect(
                head
                    == "HTTP/1.1 101 Switching Protocols\r\n\(Self.date)Via: 1.1 martlet\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
            )
            try #expect(client.receiveText(2) == "hi")
            try client.send("GET / HTTP/1.1\r\n\r\n")
            try #expect(backend.receiveHead() == "GET / HTTP/1.1\r\n\r\n")
            let many = [UInt8](repeating: 7, count: 4 << 20)
            let sending = Task.detached { try backend.send(many) }
            try #expect(client.receive(exactly: many.count) == many)
            try await sending.value
            backend.finishSending()
            try #expect(client.receive().isEmpty)
            try #expect(backend.receive().isEmpty)
        }
    }

    @Test("a client that has finished sending still hears the rest")
    func halfClosed() async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange(Self.upgrade)
            _ = try backend.receiveHead()
            try backend.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
            _ = try client.receiveHead()
            try client.send("last")
            client.finishSending()
            try #expect(backend.receiveText() == "last")
            try backend.send("words")
            backend.finishSending()
            try #expect(client.receiveText(untilReset: true) == "words")
        }
    }

    @Test("a client that is cut ends the backend's connection")
    func tunnelCut() async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange(Self.upgrade)
            _ = try backend.receiveHead()
            try backend.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
            _ = try client.receiveHead()
            client.reset()
            try #expect(backend.receiveAll(untilReset: true).isEmpty)
        }
    }

    @Test("a backend may refuse to change the protocol")
    func notUpgraded() async throws {
        try await withFreshAndRestingFront { front in
            let answer = try front.answer(
                "HTTP/1.1 426 Upgrade Required\r\n\(Self.date)Upgrade: z\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n",
                to: Self.upgrade.replacing("Connection: Upgrade", with: "Connection: Upgrade, close")
            )
            #expect(
                answer
                    == "HTTP/1.1 426 Upgrade Required\r\n\(Self.date)Upgrade: z\r\nVia: 1.1 martlet\r\nContent-Length: 0\r\nConnection: close, Upgrade\r\n\r\n"
            )
        }
    }
}
