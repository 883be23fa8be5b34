import Martlet
import MartletGateway
import MartletReactor
import TestSupport
import Testing

/// A connection to a backend never has more or less on it than the requests and answers that it should have.
@Suite(.timeLimit(.minutes(2))) struct DesynchronisationTests {
    private static let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    @Test(
        "octets that lay on a connection at rest when a request took it are no answer to that",
        .rfc("9112-9.2-02", "9112-9.2-03")
    )
    func octetsBeforeRequest() async throws {
        let (inside, outside) = try TestSocket.pair()
        let handler = { @Sendable (gateway: Gateway) throws -> any Handler in
            try Router {
                Route("/hold") { _ in
                    try inside.send("held")
                    _ = try inside.receive()
                    return .text("")
                }
                Route("/**", gateway)
            }
        }
        try await withFront(handler: handler) { front in
            let (client, backend) = try front.exchange("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try backend.receiveHead()
            try backend.send(Self.empty)
            _ = try client.receiveHead()
            // While the loop is busy, a request comes, and then octets of the backend that are for nobody.
            let holder = try front.connect()
            try holder.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try outside.receive()
            try client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            try backend.send("HTTP/1.1 200 OK\r\nX-For: nobody\r\nContent-Length: 0\r\n\r\n")
            try outside.send("go on")
            let next = try front.backend.accept()
            try #expect(next.receiveHead().hasPrefix("GET /2 "))
            try next.send(Self.empty)
            try #expect(!client.receiveHead().contains("nobody"))
            #expect(front.log.lines.isEmpty)
        }
    }

    @Test(
        "content that is being read is not sent again by another connection, nor is its head without it",
        .rfc("9110-9.2.2-02")
    )
    func contentBegun() async throws {
        try await withFreshAndRestingFront { front in
            let (client, backend) = try front.exchange(
                "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
            )
            _ = try backend.receiveHead()
            backend.reset()
            try #expect(client.receiveText(untilReset: true).hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
            #expect(!front.backend.hasConnection)
        }
    }

    private struct Reader: Middleware {
        func respond(to request: Request, next: Next) async throws -> Response {
            _ = try await request.body.collect(upTo: 100)
            return try await next(request)
        }
    }

    @Test("a request whose content middleware has read does not leave its connection short of it")
    func contentRead() async throws {
        try await withFront(handler: { gateway in try Router(middleware: [Reader()]) { Route("/**", gateway) } }) {
            front in
            let (client, backend) = try front.exchange(
                "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
            )
            _ = try backend.receiveHead()
            try #expect(backend.receive().isEmpty)
            try #expect(client.receiveText().hasPrefix("HTTP/1.1 500 Internal Server Error\r\n"))
            #expect(front.log.contains("content"))
        }
    }

    @Test(
        "HTTP/2 is not asked for on the way to another protocol: requests would pass that nobody sees",
        .rfc("9110-7.8-01"),
        arguments: [("h2c", ""), ("H2C, websocket", "Upgrade: websocket\r\nConnection: Upgrade\r\n")]
    )
    func noHTTP2(protocols: String, passed: String) async throws {
        try await withFront { front in
            let (client, backend) = try front.exchange(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n"
                    + "Upgrade: \(protocols)\r\n\r\n"
            )
            try #expect(backend.receiveHead() == forwarded("GET /") + passed + "\r\n")
            try backend.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
            try #expect(client.receiveHead().hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
        }
    }
}
