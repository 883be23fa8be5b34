import HTTPTypes
import MartletReactor
import MartletWire
import TestSupport
import Testing

@testable import Martlet

@Suite("Each peer has its share", .timeLimit(.patient))
struct RateLimitTests {
    /// A clock that stands still until a test moves it.
    private final class Clock: Sendable {
        private let time = Locked(Instant(nanoseconds: 1_000_000_000_000))

        var now: Instant { time.withLock { $0 } }

        func advance(_ duration: Duration) {
            time.withLock { $0 = $0 + Nanoseconds(duration) }
        }
    }

    private static let here = SocketAddress.ipv4(0x0A00_0001, port: 1)

    /// True when the request was let through; else what Retry-After says.
    private func send(_ limit: RateLimit, from peer: SocketAddress = here) async throws -> String {
        let response = try await answer(limit, to: Request(.get, "/", peer: peer))
        if response.status == .ok { return "ok" }
        #expect(response.status == .tooManyRequests)
        return response.fields[.retryAfter] ?? "none"
    }

    @Test("a burst, then the rate; whoever is refused learns when to come back", .rfc("9110-10.2.3-01"))
    func rate() async throws {
        let clock = Clock()
        let limit = RateLimit(2, per: .seconds(10), burst: 3) { clock.now }
        for _ in 1...3 { #expect(try await send(limit) == "ok") }
        #expect(try await send(limit) == "5")
        clock.advance(.milliseconds(4001))
        #expect(try await send(limit) == "1")
        clock.advance(.milliseconds(999))
        #expect(try await send(limit) == "ok")
        #expect(try await send(limit) == "5")
        clock.advance(.seconds(3600))
        for _ in 1...3 { #expect(try await send(limit) == "ok") }
        #expect(try await send(limit) == "5")
    }

    @Test(
        "who counts as one peer",
        .rfc("3986-7.4-01"),
        arguments: [
            (SocketAddress.ipv4(0x0A00_0001, port: 2), true), (.ipv4(0x0A00_0002, port: 1), false),
            // The same by a dual-stack listener.
            (.ipv6(0, 0xFFFF_0A00_0001, port: 9, zone: 0), true), (.ipv6(0, 0xFFFF_0A00_0002, port: 9, zone: 0), false),
            (.unix(path: ""), false),
        ]
    )
    func ipv4Peers(peer: SocketAddress, isSame: Bool) async throws {
        let limit = RateLimit(1, per: .seconds(60))
        #expect(try await send(limit) == "ok")
        #expect(try await send(limit, from: peer) == (isSame ? "60" : "ok"))
    }

    @Test(
        "an IPv6 /64 is one peer, but for neighbours on a link",
        .rfc("3986-7.4-01"),
        arguments: [
            (0x2001_0DB8_0000_0001, 1, 0x2001_0DB8_0000_0001, UInt64.max, true),
            (0x2001_0DB8_0000_0001, 1, 0x2001_0DB8_0000_0002, 1, false),
            (0xFE80_0000_0000_0000, 1, 0xFE80_0000_0000_0000, 1, true),
            (0xFE80_0000_0000_0000, 1, 0xFE80_0000_0000_0000, 2, false),
        ] as [(UInt64, UInt64, UInt64, UInt64, Bool)]
    )
    func ipv6Peers(high: UInt64, low: UInt64, otherHigh: UInt64, otherLow: UInt64, isSame: Bool) async throws {
        let clock = Clock()
        let limit = RateLimit(1, per: .seconds(60)) { clock.now }
        #expect(try await send(limit, from: .ipv6(high, low, port: 1, zone: 0)) == "ok")
        let other = SocketAddress.ipv6(otherHigh, otherLow, port: 2, zone: 0)
        #expect(try await send(limit, from: other) == (isSame ? "60" : "ok"))
    }

    @Test("a flood of peers makes room by forgetting the ones that were silent longest, not those at work")
    func eviction() async throws {
        let clock = Clock()
        let limit = RateLimit(1, per: .seconds(3600), peers: 100) { clock.now }
        let silent = SocketAddress.ipv4(1, port: 1)
        #expect(try await send(limit, from: silent) == "ok")
        #expect(try await send(limit) == "ok")
        for number in 0..<1000 {
            #expect(try await send(limit, from: .ipv4(0x0B00_0000 + UInt32(number), port: 1)) == "ok")
            #expect(try await send(limit) == "3600")
        }
        #expect(try await send(limit, from: silent) == "ok")
    }

    @Test("numbers at the edge do not trap")
    func extremes() async throws {
        for period in [Duration.nanoseconds(1), .seconds(Int64.max)] {
            let clock = Clock()
            let limit = RateLimit(1, per: period, burst: .max) { clock.now }
            #expect(try await send(limit) == "ok")
            clock.advance(.seconds(Int64.max))
            _ = try await send(limit)
            _ = try await send(limit)
        }
    }

    @Test("on the wire: 429 with Retry-After, and the connection stays", .rfc("6585-4-01", "6585-4-02"))
    func wire() async throws {
        let clock = Clock()
        let limit = RateLimit(1, per: .seconds(30)) { clock.now }
        try await withServer(behind(limit, handler: echoPath)) { server in
            let socket = try server.connect()
            try socket.send(get("/a") + get("/b"))
            try socket.expect(ok("/a"))
            let text = "429 Too Many Requests\nToo many requests; try again in 30 s.\n"
            try socket.expect(
                "HTTP/1.1 429 Too Many Requests\r\nDate: *\r\nContent-Type: text/plain; charset=utf-8\r\n"
                    + "Retry-After: 30\r\nVary: Accept\r\nCache-Control: no-store\r\n"
                    + "Content-Length: \(text.utf8.count)\r\n\r\n" + text
            )
            clock.advance(.seconds(30))
            try socket.send(get("/c"))
            try socket.expect(ok("/c"))
        }
    }
}
