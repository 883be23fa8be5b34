import Martlet
import MartletReactor
import TestSupport
import Testing

@Suite("Behind a proxy that says who the client is (PROXY protocol)")
struct ProxiedConnectionTests {
    private static let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    private static let block: [UInt8] =
        [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0, 12]
        + [192, 0, 2, 7, 127, 0, 0, 1, 0x30, 0x39, 0, 80]
    private static let own: [UInt8] =
        [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x20, 0x00, 0, 0]

    private func withProxied(
        from range: String = "127.0.0.0/8",
        configure: @escaping (inout ServerConfiguration) -> Void = { _ in },
        _ body: @escaping @concurrent @Sendable (RunningServer) async throws -> Void
    ) async throws {
        let range = try #require(AddressRange(range))
        try await withServer(
            Immediate { .text("\($0.peer.host) \($0.peer.port ?? 0)") },
            configure: {
                $0.proxies = [range]
                configure(&$0)
            },
            body
        )
    }

    @Test(
        "the client is whom the header names, in either version",
        arguments: [
            (Array("PROXY TCP4 192.0.2.7 127.0.0.1 12345 80\r\n".utf8), "192.0.2.7 12345"),
            (Array("PROXY TCP6 2001:db8::7 ::1 12345 80\r\n".utf8), "2001:db8::7 12345"),
            (block, "192.0.2.7 12345"),
        ]
    )
    func named(header: [UInt8], client: String) async throws {
        try await withProxied { server in
            for pieces in [[header + Array(Self.request.utf8)], header.map { [$0] } + [Array(Self.request.utf8)]] {
                let socket = try server.connect()
                for piece in pieces { try socket.send(piece) }
                #expect(String(decoding: try socket.receiveAll(), as: UTF8.self).hasSuffix("\r\n\r\n\(client)"))
            }
        }
    }

    @Test("a connection of the proxy itself, or of somebody it does not know, is the proxy's")
    func unnamed() async throws {
        try await withProxied { server in
            for header in [Self.own, Array("PROXY UNKNOWN\r\n".utf8)] {
                let socket = try server.connect()
                try socket.send(header + Array(Self.request.utf8))
                #expect(String(decoding: try socket.receiveAll(), as: UTF8.self).contains("\r\n\r\n127.0.0.1 "))
            }
        }
    }

    @Test(
        "without a sound header there is no answer",
        arguments: [
            request, "PROXY TCP4 192.0.2.7 127.0.0.1 1 80\n" + request,
            "PROXY TCP4 192.0.2.256 127.0.0.1 1 80\r\n" + request,
            "PROXY " + String(repeating: "x", count: 200), "PROXY TCP4 192.0.2.7 127.0.0.1 01 80\r\n" + request,
        ]
    )
    func unsound(octets: String) async throws {
        try await withProxied { server in
            let socket = try server.connect()
            try socket.send(octets)
            #expect(try socket.receiveAll(untilReset: true).isEmpty)
            #expect(server.log.contains("127.0.0.1 was closed: it does not begin with a sound PROXY header"))
        }
    }

    @Test("who is none of the proxies is not heard, header or not")
    func stranger() async throws {
        try await withProxied(from: "192.0.2.0/24") { server in
            let socket = try server.connect()
            try socket.send("PROXY TCP4 192.0.2.7 127.0.0.1 12345 80\r\n" + Self.request)
            #expect(try socket.receiveAll(untilReset: true).isEmpty)
            #expect(server.log.contains("it is none of the proxies"))
        }
    }

    @Test("a header that does not come in time ends the connection; one that only looks in is no trouble")
    func silence() async throws {
        try await withProxied(configure: { $0.limits.handshakeTimeout = .milliseconds(20) }) { server in
            let looking = try server.connect()
            looking.finishSending()
            #expect(try looking.receiveAll(untilReset: true).isEmpty)
            #expect(server.log.lines.isEmpty)
            let socket = try server.connect()
            try socket.send("PROXY ")
            #expect(try socket.receiveAll(untilReset: true).isEmpty)
            #expect(server.log.contains("no PROXY header came in time"))
        }
    }
}
