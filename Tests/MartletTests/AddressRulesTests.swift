import HTTPTypes
import MartletReactor
import MartletWire
import TestSupport
import Testing

@testable import Martlet

@Suite("Rules by address", .timeLimit(.patient))
struct AddressRulesTests {
    private static func rules(allow: [String] = [], deny: [String] = []) throws -> AddressRules {
        AddressRules(
            allow: try allow.map { try #require(AddressRange($0)) },
            deny: try deny.map { try #require(AddressRange($0)) }
        )
    }

    @Test(
        "denied goes before allowed, and with any allowed all else is denied",
        arguments: [
            ([], [], SocketAddress.ipv4(1, port: 1), true),
            ([], ["10.0.0.0/8"], .ipv4(0x0A00_0001, port: 1), false),
            ([], ["10.0.0.0/8"], .ipv4(0x0B00_0001, port: 1), true),
            (["10.0.0.0/8"], [], .ipv4(0x0A00_0001, port: 1), true),
            (["10.0.0.0/8"], [], .ipv4(0x0B00_0001, port: 1), false),
            (["10.0.0.0/8"], ["10.0.0.1"], .ipv4(0x0A00_0001, port: 1), false),
            (["10.0.0.1"], ["10.0.0.0/8"], .ipv4(0x0A00_0001, port: 1), false),
            // The same client by a dual-stack listener.
            (["10.0.0.0/8"], [], .ipv6(0, 0xFFFF_0A00_0001, port: 1, zone: 0), true),
            ([], ["10.0.0.0/8"], .ipv6(0, 0xFFFF_0A00_0001, port: 1, zone: 0), false),
            (["::/0"], [], .ipv6(0, 0xFFFF_0A00_0001, port: 1, zone: 0), false),
            (["::/0"], [], .ipv6(1, 1, port: 1, zone: 0), true),
            ([], ["::ffff:10.0.0.0/104"], .ipv4(0x0A00_0001, port: 1), false),
            (["10.0.0.0/8"], [], .unix(path: ""), false),
            (["10.0.0.0/8", "unix:"], [], .unix(path: ""), true),
            ([], ["0.0.0.0/0", "::/0"], .unix(path: ""), true),
            ([], ["unix:"], .unix(path: "/x"), false),
        ] as [([String], [String], SocketAddress, Bool)]
    )
    func rules(allow: [String], deny: [String], peer: SocketAddress, isPermitted: Bool) async throws {
        let rules = try Self.rules(allow: allow, deny: deny)
        #expect(rules.permits(peer) == isPermitted)
        let response = try await answer(rules, to: Request(.get, "/", peer: peer))
        #expect(response.status == (isPermitted ? .ok : .forbidden))
    }

    @Test("who is refused gets 403 without a reason, and the connection stays as it is")
    func refused() async throws {
        let handler = try echoPath.behind([Self.rules(deny: ["127.0.0.0/8"])])
        try await withServer(handler) { server in
            let text = try server.answer(to: "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.0\r\n\r\n")
            #expect(text.components(of: "HTTP/1.1 403 Forbidden\r\n") == 2)
            #expect(!text.contains("127."))
        }
    }

    @Test("what the server answers by itself goes through the rules too: OPTIONS *, 404, 501, a PUT of a part")
    func everything() async throws {
        let router = try Router(middleware: [SecurityHeaders()]) {
            Route("/a") { _ in .text("a") }
        }
        let rules = try Self.rules(deny: ["127.0.0.0/8"])
        for handler in [try router.behind([rules]), try echoPath.behind([rules])] {
            try await withServer(handler) { server in
                for line in ["OPTIONS * HTTP/1.1", "GET /b HTTP/1.1", "BREW /a HTTP/1.1", "CONNECT a:1 HTTP/1.1"] {
                    let text = try server.answer(to: "\(line)\r\nHost: a\r\nConnection: close\r\n\r\n")
                    #expect(text.hasPrefix("HTTP/1.1 403 "), "\(line)")
                }
            }
        }
        // And with them let in, it is as it was.
        try await withServer(try router.behind([Self.rules(allow: ["127.0.0.0/8"])])) { server in
            let text = try server.answer(to: "GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(text.hasPrefix("HTTP/1.1 404 ") && text.contains("nosniff"))
        }
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
