import Martlet
import MartletWebSocket
import TestSupport
import Testing

@Suite("The opening handshake (RFC 6455 §4.2)", .timeLimit(.patient))
struct HandshakeTests {
    /// What the server says to a handshake, whole.
    private func answer(
        _ changes: [String: String?],
        method: String = "GET",
        protocols: [String] = [],
        origins: WebSocket.Origins = .same
    ) async throws -> WireAnswer {
        let answers = Record<WireAnswer>()
        try await LiveServer.run(protocols: protocols, origins: origins, socket: { _ in }) { server in
            let socket = try TestSocket.connect(to: server.address)
            try socket.send(server.handshake(changes, method: method))
            socket.finishSending()
            answers.append(try #require(WireAnswer(socket.receiveAll())))
        }
        return try #require(answers.all.first)
    }

    @Test("the example of RFC 6455 §1.3, octet by octet")
    func example() async throws {
        let answer = try await answer([:])
        #expect(
            answer.head() == """
                HTTP/1.1 101 Switching Protocols
                Date: *
                Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
                Upgrade: websocket
                Connection: Upgrade
                """
        )
    }

    @Test(
        "what is no handshake, or one of another version, gets a 426 that says what is",
        .rfc("9110-15.5.22-01"),
        arguments: [
            ["Upgrade": nil], ["Connection": nil], ["Connection": "keep-alive"], ["Upgrade": "h2c"],
            ["Sec-WebSocket-Version": nil], ["Sec-WebSocket-Version": "8"], ["Sec-WebSocket-Version": "13, 13"],
        ] as [[String: String?]]
    )
    func needed(changes: [String: String?]) async throws {
        let answer = try await answer(changes)
        #expect(answer.status == 426)
        #expect(answer["Upgrade"] == "websocket")
        #expect(answer["Sec-WebSocket-Version"] == "13")
        #expect(answer["Connection"]?.contains("Upgrade") == true)
    }

    @Test("POST is no handshake", .rfc("9110-7.8-09"))
    func post() async throws {
        #expect(try await answer([:], method: "POST").status == 426)
    }

    @Test("a key must be 16 octets in base64", arguments: [nil, "", "dGhlIHNhbXBsZSBub25jZQ", "x", "AAAA"])
    func key(key: String?) async throws {
        #expect(try await answer(["Sec-WebSocket-Key": key]).status == 400)
    }

    @Test(
        "of the subprotocols offered, the client's favourite that the server speaks",
        arguments: [
            (nil, nil), ("chat", "chat"), ("other", nil), ("superchat, chat", "superchat"),
            ("x,chat ,superchat", "chat"),
            ("CHAT", nil),
        ] as [(String?, String?)]
    )
    func subprotocols(offered: String?, chosen: String?) async throws {
        let answer = try await answer(["Sec-WebSocket-Protocol": offered], protocols: ["chat", "superchat"])
        #expect(answer.status == 101)
        #expect(answer["Sec-WebSocket-Protocol"] == chosen)
    }

    @Test("extensions are not spoken, and not said to be")
    func extensions() async throws {
        let answer = try await answer(["Sec-WebSocket-Extensions": "permessage-deflate"])
        #expect(answer.status == 101)
        #expect(answer["Sec-WebSocket-Extensions"] == nil)
    }

    @Test(
        "pages of the same host and port may connect, others not",
        arguments: [
            ("example.com", "http://example.com", true), ("example.com:80", "http://example.com", true),
            ("example.com", "https://EXAMPLE.com", true), ("example.com:8000", "http://example.com:8000", true),
            ("[::1]:8000", "http://[::1]:8000", true), ("example.com", nil, true),
            ("example.com", "http://example.com:8000", false), ("example.com:8000", "http://example.com", false),
            ("example.com", "http://example.com.evil.test", false), ("example.com", "http://evil.test", false),
            ("example.com", "null", false), ("example.com", "example.com", false), ("example.com", "", false),
            ("example.com", "http://example.com/", false), ("example.com", "http://a@example.com", false),
            ("example.com", "file://example.com", false), ("", "http://", false),
        ] as [(String, String?, Bool)]
    )
    func origins(host: String, origin: String?, passes: Bool) async throws {
        #expect(try await answer(["Host": host, "Origin": origin]).status == (passes ? 101 : 403))
    }

    @Test("other origins when the program says so")
    func otherOrigins() async throws {
        let one = WebSocket.Origins.sameAnd(["https://app.test"])
        #expect(try await answer(["Origin": "https://app.test"], origins: one).status == 101)
        #expect(try await answer(["Origin": "https://app.test:1"], origins: one).status == 403)
        #expect(try await answer(["Origin": "http://127.0.0.1"], origins: one).status == 101)
        #expect(try await answer(["Origin": "null"], origins: .any).status == 101)
    }
}
