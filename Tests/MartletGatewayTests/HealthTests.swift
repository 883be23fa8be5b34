import Martlet
import MartletGateway
import TestSupport
import Testing

/// Several backends: turns, failures, checks.
@Suite(.timeLimit(.minutes(2))) struct HealthTests {
    private static let get = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    private static let empty = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

    private static func serve(_ backend: RawBackend, _ client: TestSocket) throws -> String {
        let connection = try backend.accept()
        _ = try connection.receiveHead()
        try connection.send(empty)
        return try client.receiveText()
    }

    @Test("backends take turns")
    func turns() async throws {
        try await withFront(backends: 3) { front in
            for round in 0..<6 {
                let client = try front.connect()
                try client.send(Self.get)
                try #expect(Self.serve(front.backends[round % 3], client).hasPrefix("HTTP/1.1 200 OK\r\n"))
            }
        }
    }

    @Test("one that fails again and again is left out")
    func leftOut() async throws {
        try await withOneGone(pause: .seconds(1000)) { front in
            for _ in 0..<5 { try Self.post(to: front) }
            #expect(front.log.lines.count == 2)
            #expect(front.log.lines.last?.hasSuffix("it is left out for a while") == true)
        }
    }

    @Test("one that was left out is asked again later")
    func askedAgain() async throws {
        try await withOneGone(pause: .milliseconds(50)) { front in
            try await eventually("it is asked again") {
                try Self.post(to: front)
                return front.log.lines.count >= 3
            }
        }
    }

    /// A gateway to two backends, of which nobody listens at the first.
    private func withOneGone(
        pause: Duration,
        _ body: @escaping @concurrent @Sendable (Front) async throws -> Void
    ) async throws {
        var options = GatewayOptions()
        options.health.failures = 2
        options.health.window = .seconds(1000)
        options.health.pause = pause
        let alive = try RawBackend()
        let gone = try #require(closedPorts.first)
        let gateway = Gateway(to: [try Backend(gone), try Backend(alive.url)], options: options)
        try await withFront(of: gateway, backends: [alive], body)
    }

    private static func post(to front: Front) throws {
        let client = try front.connect()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        try #expect(serve(front.backend, client).hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test("when all are out the client hears when to come back")
    func allOut() async throws {
        var options = GatewayOptions()
        options.health.failures = 1
        options.health.pause = .seconds(100)
        try #require(closedPorts.count == 2)
        try await withFront(of: Gateway(to: try closedPorts.map { try Backend($0) }, options: options), backends: []) {
            front in
            for status in ["502 Bad Gateway", "503 Service Unavailable"] {
                let client = try front.connect()
                try client.send(Self.get)
                let answer = try client.receiveText()
                #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"))
                #expect(answer.contains("\r\nRetry-After: ") == status.hasPrefix("503"))
            }
        }
    }

    @Test("a gateway without backends answers 503")
    func none() async throws {
        try await withFront(of: Gateway(to: []), backends: []) { front in
            let client = try front.connect()
            try client.send(Self.get)
            try #expect(client.receiveText().hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        }
    }

    @Test("a check is a request of its own")
    func check() async throws {
        var options = GatewayOptions()
        options.health.path = "/health?x"
        options.health.interval = .seconds(1000)
        try await withFront(options: options) { front in
            let client = try front.connect()
            try client.send(Self.get)
            // The check and the request come in any order.
            var heads: [String] = []
            for _ in 0..<2 {
                let connection = try front.backend.accept()
                try heads.append(connection.receiveHead())
                try connection.send(Self.empty)
            }
            let expected =
                "GET /health?x HTTP/1.1\r\nHost: \(front.backend.address)\r\nUser-Agent: martlet\r\nConnection: close\r\n\r\n"
            #expect(heads.contains(expected))
            try #expect(client.receiveText().hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("checks take a backend out and bring it back")
    func checks() async throws {
        let health = Locked(200)
        let backend = try Router {
            Route("/health") { _ in Response(status: .init(code: health.withLock { $0 })) }
            Route("/x") { _ in .text("Hello") }
        }
        try await withFront(of: backend, backends: []) { back in
            let url = "http://\(back.server.addresses[0])"
            var options = GatewayOptions()
            options.health.path = "/health"
            options.health.interval = .milliseconds(100)
            try await withFront(of: Gateway(to: [try Backend(url)], options: options), backends: []) { front in
                for (status, answer) in [(200, "200 OK"), (500, "503 Service Unavailable"), (204, "200 OK")] {
                    health.withLock { $0 = status }
                    try await eventually("requests are answered with \(answer)") {
                        let client = try front.connect()
                        try client.send(Self.get)
                        let answered = try client.receiveText()
                        #expect(answered.hasPrefix("HTTP/1.1 503 ") == answered.contains("\r\nRetry-After: 1\r\n"))
                        return answered.hasPrefix("HTTP/1.1 \(answer)\r\n")
                    }
                }
                // The server's log has both.
                for news in ["is down: its health check failed", "is up again"] {
                    try await eventually("it is told: \(news)") {
                        front.log.contains("warning: backend \(url) \(news)")
                    }
                }
            }
        }
    }

    @Test(
        "what is no backend is told so, and so is one behind TLS: no request for it goes out in the clear",
        .rfc("9110-4.2.2-04"),
        arguments: [
            "", "127.0.0.1:9000", "ftp://a", "https://a", "http://", "http://a:0", "http://a:99999", "http://u@a",
            "http://a?x",
            "http://a/#x", "http://a/%zz", "unix:run", "unix:", "http://a b", "http://[::1", "http:///x",
        ]
    )
    func noBackend(url: String) {
        #expect(throws: BackendError.self) { try Backend(url) }
    }

    @Test(
        "backends can be written in many ways",
        arguments: ["http://a", "HTTP://a:1/", "http://[::1]:9/x/y", "http://1.2.3.4", "unix:/s"]
    )
    func backend(url: String) throws {
        #expect(try Backend(url).description == url)
    }
}
