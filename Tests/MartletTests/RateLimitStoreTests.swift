import Logging
import MartletReactor
import MartletWire
import TestSupport
import Testing

@testable import Martlet

@Suite("A limit whose buckets are in a store", .timeLimit(.patient))
struct RateLimitStoreTests {
    /// Says what it was asked, and what it is told to.
    private final class Store: RateLimitStore {
        let asked = Locked<[String]>([])
        let answer: @Sendable () throws -> Duration?

        init(_ answer: @escaping @Sendable () throws -> Duration?) {
            self.answer = answer
        }

        func take(_ key: String, interval: Duration, burst: Int) async throws -> Duration? {
            asked.withLock { $0.append("\(key) \(interval) \(burst)") }
            return try answer()
        }
    }

    private struct Broken: Error {}

    @Test(
        "the key is the limit and the peer, as one customer has it",
        arguments: [
            (SocketAddress.ipv4(0xC000_0201, port: 2), "192.0.2.1"),
            (.ipv6(0, 0xFFFF_C000_0201, port: 9, zone: 0), "192.0.2.1"),
            (.ipv6(0x2001_0DB8_0000_0001, 5, port: 9, zone: 0), "2001:db8:0:1::/64"),
            (.ipv6(0xFE80_0000_0000_0000, 5, port: 9, zone: 2), "fe80::5"), (.unix(path: ""), "unix"),
        ]
    )
    func keys(peer: SocketAddress, key: String) async throws {
        let store = Store { nil }
        let limit = RateLimit(4, per: .seconds(2), burst: 9, named: "api", in: store)
        #expect(try await answer(limit, to: Request(.get, "/", peer: peer)).status == .ok)
        #expect(store.asked.withLock(\.self) == ["api:\(key) 0.5 seconds 9"])
    }

    @Test("what is refused learns when to come back, in whole seconds and one at least")
    func refused() async throws {
        for (wait, seconds) in [(Duration.milliseconds(1), "1"), (.seconds(2), "2"), (.milliseconds(2001), "3")] {
            let response = try await answer(RateLimit(1, named: "api", in: Store { wait }), to: Request(.get, "/"))
            #expect(response.status == .tooManyRequests)
            #expect(response.fields[.retryAfter] == seconds)
        }
    }

    @Test("while the store fails, requests pass or get a 503, and the log hears of it once in ten seconds")
    func away() async throws {
        for (choice, status) in [(RateLimit.WhenAway.allow, 200), (.refuse, 503)] {
            let log = CapturedLog()
            let limit = RateLimit(1, named: "api", in: Store { throw Broken() }, whenAway: choice)
            for _ in 0..<5 {
                let request = try Request(.get, "/", logger: Logger(label: "test") { _ in log })
                #expect(try await answer(limit, to: request).status.code == status)
            }
            #expect(log.lines == ["warning: The store of a rate limit fails."])
        }
    }
}
