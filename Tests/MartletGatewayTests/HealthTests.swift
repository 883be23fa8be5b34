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

    @Test("one that fails again and again is left out, and asked again later")
    func leftOut() async throws {
        var options = GatewayOptions()
        options.health.failures = 2
        options.health.pause = .seconds(3)  // Longer than five requests take on any machine.
        let alive = try RawBackend()
        let gone = try #require(closedPorts.first)
        let gateway = Gateway(to: [try Backend(gone), try Backend(alive.url)], options: options)
        try await withFront(of: gateway, backends: [alive]) { front in
            for _ in 0..<5 {
                let client = try front.connect()
                try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
                try #expect(Self.serve(alive, client).hasPrefix("HTTP/1.1 200 OK\r\n"))
            }
            #expect(front.log.lines.count == 2)
            #expect(front.log.lines.last?.hasSuffix("it is left out for a while") == true)
            try await eventually("it is asked again") {
                let client = try front.connect()
                try client.send(Self.get)
                _ = try Self.serve(alive, client)
                return front.log.lines.count >= 3
            }
        }
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

    @Test("checks take a backend out and bring it back")
    func checks() async throws {
        var options = GatewayOptions()
        options.health.path = "/health?x"
        options.health.interval = .milliseconds(100)
        try await withFront(options: options) { front in
            let client = try front.connect()
            try client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            var status = "500 Internal Server Error"
            var answered: [String] = []
            // Requests and checks come in any order: each gets what it asked for.
            while answered.count < 3 {
                let connection = try front.backend.accept()
                let head = try connection.receiveHead()
                if head.hasPrefix("GET /x ") {
                    try connection.send(Self.empty)
                } else {
                    #expect(
                        head
                            == "GET /health?x HTTP/1.1\r\nHost: \(front.backend.address)\r\nUser-Agent: martlet\r\nConnection: close\r\n\r\n"
                    )
                    try connection.send("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n")
                    _ = try connection.receiveAll(untilReset: true)
                }
                if answered.isEmpty, head.hasPrefix("GET /x ") {
                    try answered.append(String(client.receiveHead().prefix(12)))
                } else if answered.count == 1, head.hasPrefix("GET /health") {
                    // Down by now.
                    try client.send("GET /y HTTP/1.1\r\nHost: a\r\n\r\n")
                    let refused = try client.receiveHead()
                    #expect(refused.contains("Retry-After: 1\r\n"))
                    answered.append(String(refused.prefix(12)))
                    status = "204 No Content"
                } else if answered.count == 2, head.hasPrefix("GET /health"), status.hasPrefix("204") {
                    answered.append("up")
                }
            }
            #expect(answered == ["HTTP/1.1 200", "HTTP/1.1 503", "up"])
            // The server's log has both.
            let news = ["is down: its health check failed", "is up again"]
            let expected = news.map { "warning: backend \(front.backend.url) \($0)" }
            try await eventually("both are told") {
                front.log.lines.filter { $0.hasPrefix("warning: backend ") } == expected
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
