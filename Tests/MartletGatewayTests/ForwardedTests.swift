import Martlet
import MartletGateway
import MartletReactor
import MartletWire
import TestSupport
import Testing

/// What backends are told of the client, and who is believed (RFC 7239).
@Suite(.timeLimit(.minutes(2))) struct ForwardedTests {
    private static let claims =
        "Forwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n"
        + "X-Forwarded-Port: 1\r\nX_Forwarded_For: 6.6.6.6\r\nx-forwarded_proto: https\r\n"

    @Test(
        "what a client claims is dropped, in every spelling",
        .rfc("7239-4-04", "7239-4-07", "7239-5.4-01", "7239-7.2-01")
    )
    func untrusted() async throws {
        try await withFront { front in
            let (_, backend) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\n\(Self.claims)X-Forward: 1\r\n\r\n")
            try #expect(backend.receiveHead() == forwarded("GET /", "X-Forward: 1\r\n") + "\r\n")
        }
    }

    @Test(
        "what a trusted proxy says is kept and added to, on one line",
        .rfc("7239-4-06", "7239-4-08", "7239-5.3-01", "7239-7.2-01")
    )
    func trusted() async throws {
        var options = GatewayOptions()
        options.trustedProxies = [try #require(AddressRange("127.0.0.0/8"))]
        try await withFront(options: options) { front in
            let (_, backend) = try front.exchange(
                "GET / HTTP/1.1\r\nHost: a:80\r\n\(Self.claims)Forwarded: for=\"[::1]\"\r\n\r\n"
            )
            try #expect(
                backend.receiveHead()
                    == "GET / HTTP/1.1\r\nHost: a:80\r\nX-Forwarded-Port: 1\r\n"
                    + "Forwarded: for=1.2.3.4, for=\"[::1]\", for=127.0.0.1;host=\"a:80\";proto=http\r\n"
                    + "X-Forwarded-For: 1.2.3.4, 127.0.0.1\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: https\r\n"
                    + "Via: 1.1 martlet\r\n\r\n"
            )
        }
    }

    @Test(
        "each part can be left out, or hidden",
        .rfc("7239-4-02", "7239-5.1-02", "7239-5.2-02", "7239-6.3-01", "7239-6.3-02", "7239-6.3-03")
    )
    func parts() async throws {
        var options = GatewayOptions()
        options.forwarded.client = .obfuscated
        options.forwarded.interface = .obfuscated
        options.forwarded.host = false
        options.forwarded.scheme = false
        try await withFront(options: options) { front in
            var seen: Set<Substring> = []
            for _ in 0..<2 {
                let (_, backend) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let head = try backend.receiveHead()
                let line = try #require(head.split(separator: "\r\n").first { $0.hasPrefix("Forwarded: ") })
                let form = try Regex("Forwarded: for=_[0-9a-z]+;by=_[0-9a-z]+")
                #expect(line.wholeMatch(of: form) != nil)
                #expect(!head.contains("X-Forwarded"))
                seen.insert(line)
            }
            #expect(seen.count == 2)
        }
        var by = GatewayOptions()
        by.forwarded.interface = .address
        by.forwarded.client = .none
        by.forwarded.legacy = false
        try await withFront(options: by) { front in
            let (_, backend) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(
                backend.receiveHead()
                    == "GET / HTTP/1.1\r\nHost: a\r\nForwarded: by=127.0.0.1;host=a;proto=http\r\nVia: 1.1 martlet\r\n\r\n"
            )
        }
    }

    @Test(
        "an IPv6 address is in brackets and quotes, short and in lower case",
        .rfc("7239-6-01", "7239-6.1-01"),
        arguments: [("2001:DB8:0:0:0:0:0:7", "2001:db8::7"), ("::1", "::1"), ("1:0:0:2:0:0:0:A", "1:0:0:2::a")]
    )
    func addressOfSixteenOctets(source: String, expected: String) async throws {
        let range = try #require(AddressRange("127.0.0.0/8"))
        try await withFront(configure: { $0.proxies = [range] }) { front in
            let (_, backend) = try front.exchange(
                "PROXY TCP6 \(source) ::1 12345 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
            )
            let head = try backend.receiveHead()
            #expect(head.contains("\r\nForwarded: for=\"[\(expected)]\";host=a;proto=http\r\n"))
            #expect(head.contains("\r\nX-Forwarded-For: \(expected)\r\n"))
        }
    }

    @Test("nothing is told when that is asked for", .rfc("7239-4-07", "9110-7.6.3-04"))
    func nothing() async throws {
        var options = GatewayOptions()
        options.forwarded = .none
        options.pseudonym = "edge"
        try await withFront(options: options) { front in
            let (_, backend) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\n\(Self.claims)\r\n")
            try #expect(backend.receiveHead() == "GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 edge\r\n\r\n")
        }
    }

    @Test("the PROXY header goes before the request, on a connection for that alone", .rfc("9112-9.3-08"))
    func proxyHeader() async throws {
        for version in ProxyHeader.Version.allCases {
            var options = GatewayOptions()
            options.proxyProtocol = version
            try await withFront(options: options) { front in
                let (client, backend) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let port = try #require(client.localAddress?.port)
                let own = try #require(front.server.addresses[0].port)
                var expected: [UInt8] = []
                ProxyHeader(
                    .ipv4(source: 0x7F00_0001, sourcePort: port, destination: 0x7F00_0001, destinationPort: own)
                ).append(version, to: &expected)
                try #expect(backend.receive(exactly: expected.count) == expected)
                try #expect(backend.receiveHead() == forwarded("GET /") + "Connection: close\r\n\r\n")
                try backend.send("HTTP/1.1 204 No Content\r\n\r\n")
                _ = try client.receiveHead()
                try #expect(backend.receive().isEmpty)
            }
        }
    }

    @Test(
        "ranges hold what they say, and what is none is told",
        arguments: [
            ("10.0.0.0/8", SocketAddress.ipv4(0x0AFF_FFFF, port: 1), true),
            ("10.0.0.0/8", .ipv4(0x0B00_0000, port: 1), false),
            ("0.0.0.0/0", .ipv4(0xFFFF_FFFF, port: 1), true), ("1.2.3.4", .ipv4(0x0102_0304, port: 1), true),
            ("1.2.3.4", .ipv4(0x0102_0305, port: 1), false),
            ("1.2.3.4/32", .ipv6(0, 0xFFFF_0102_0304, port: 1, zone: 0), true),
            ("::/0", .ipv6(1, 2, port: 1, zone: 0), true), ("::/0", .ipv4(1, port: 1), false),
            // The same client by a dual-stack listener, and a range that is spelled as that listener spells it.
            ("::/0", .ipv6(0, 0xFFFF_0102_0304, port: 1, zone: 0), false),
            ("::ffff:10.0.0.0/104", .ipv4(0x0AFF_FFFF, port: 1), true),
            ("::ffff:10.0.0.0/104", .ipv6(0, 0xFFFF_0A00_0001, port: 1, zone: 0), true),
            ("::ffff:10.0.0.0/104", .ipv4(0x0B00_0000, port: 1), false),
            ("2001:db8::/32", .ipv6(0x2001_0DB8_FFFF_FFFF, 1, port: 1, zone: 0), true),
            ("2001:db8::/32", .ipv6(0x2001_0DB9_0000_0000, 1, port: 1, zone: 0), false),
            ("::1", .ipv6(0, 1, port: 1, zone: 0), true),
            ("2001:db8::8000:0:0:0/65", .ipv6(0x2001_0DB8_0000_0000, 1 << 63, port: 1, zone: 0), true),
            ("unix:", .unix(path: "/x"), true), ("0.0.0.0/0", .unix(path: "/x"), false),
        ]
    )
    func ranges(text: String, address: SocketAddress, isIn: Bool) throws {
        let range = try #require(AddressRange(text))
        #expect(range.contains(address) == isIn)
    }

    @Test(
        "what is no range is none",
        arguments: [
            "", "10", "10.0.0.0/33", "10.0.0.0/", "10.1.0.0/8", "::/129", "::1/64", "a.b", "10.0.0.0/8/8", "1.2.3.4/+8",
        ]
    )
    func noRange(text: String) {
        #expect(AddressRange(text) == nil)
    }
}
