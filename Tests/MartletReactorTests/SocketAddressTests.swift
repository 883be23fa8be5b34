import CMartlet
import Testing

@testable import MartletReactor

@Suite("SocketAddress")
struct SocketAddressTests {
    @Test(
        "IPv6 is written as RFC 5952 says",
        arguments: [
            (0, 0, "::"),
            (0, 1, "::1"),
            (0x2001_0db8_0000_0000, 1, "2001:db8::1"),
            // Section 4.2.2: one group of zeros is not shortened.
            (0x2001_0db8_0000_0001, 0x0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"),
            // Section 4.2.3: the longest run; of two equal ones the first.
            (0x2001_0000_0000_0001, 0x0000_0000_0000_0001, "2001:0:0:1::1"),
            (0x2001_0db8_0000_0000, 0x0001_0000_0000_0001, "2001:db8::1:0:0:1"),
            (0x0001_0000_0000_0000, 0x0000_0000_0000_0000, "1::"),
            (0xFE80_0000_0000_0000, 0x0A0B_0CFF_FE0D_0E0F, "fe80::a0b:cff:fe0d:e0f"),
            (0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            (0x0001_0002_0003_0004, 0x0005_0006_0007_0000, "1:2:3:4:5:6:7:0"),
        ] as [(UInt64, UInt64, String)]
    )
    func text6(high: UInt64, low: UInt64, text: String) {
        let address = SocketAddress.ipv6(high, low, port: 8000, zone: 0)
        #expect(address.host == text)
        #expect(address.description == "[\(text)]:8000")
    }

    @Test(
        "other addresses are written as in a URL",
        arguments: [
            (SocketAddress.loopback(port: 80), "127.0.0.1:80"),
            (.anyIPv4(port: 0), "0.0.0.0:0"),
            (.ipv4(0xFFFF_FFFE, port: 65_535), "255.255.255.254:65535"),
            // IPv4 that came in by a dual-stack listener.
            (.ipv6(0, 0x0000_FFFF_C000_0201, port: 1, zone: 0), "192.0.2.1:1"),
            (.ipv6(0xFE80 << 48, 1, port: 1, zone: 3), "[fe80::1%3]:1"),
            (.unix(path: "/run/martlet.sock"), "unix:/run/martlet.sock"),
        ]
    )
    func text(address: SocketAddress, text: String) {
        #expect(address.description == text)
    }

    @Test(
        "knows who stays on this machine and who stands for all of it",
        arguments: [
            (SocketAddress.loopback(port: 1), true, false),
            (.ipv4(0x7FFF_FFFF, port: 1), true, false),
            (.ipv4(0x8000_0000, port: 1), false, false),
            (.anyIPv4(port: 1), false, true),
            (.anyIPv6(port: 1), false, true),
            (.ipv6(0, 1, port: 1, zone: 0), true, false),
            (.ipv6(0, 0x0000_FFFF_7F00_0001, port: 1, zone: 0), true, false),
            (.ipv6(0, 0x0000_FFFF_0A00_0001, port: 1, zone: 0), false, false),
            (.unix(path: "/s"), true, false),
        ]
    )
    func reach(address: SocketAddress, isLoopback: Bool, isAny: Bool) {
        #expect(address.isLoopback == isLoopback)
        #expect(address.isAny == isAny)
    }

    @Test(
        "survives the way through the system's form",
        arguments: [
            SocketAddress.ipv4(0x0102_0304, port: 0x0506),
            .ipv6(0x0102_0304_0506_0708, 0x090A_0B0C_0D0E_0F10, port: 65_535, zone: 0x0102_0304),
            .unix(path: "/tmp/ä socket"),
            .unix(path: String(repeating: "x", count: SocketAddress.longestPath)),
        ]
    )
    func roundTrip(address: SocketAddress) {
        var storage = sockaddr_storage()
        let length = unsafe address.withSystemAddress { system, length in
            unsafe withUnsafeMutableBytes(of: &storage) {
                unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: system, count: Int(length)))
            }
            return length
        }
        #expect(SocketAddress(&storage, length: length) == address)
    }

    @Test("a family of another kind is no address")
    func foreignFamily() {
        var storage = sockaddr_storage()
        storage.ss_family = sa_family_t(AF_NETLINK)
        #expect(SocketAddress(&storage, length: 12) == nil)
    }

    @Test("another port, the same place")
    func withPort() {
        #expect(SocketAddress.loopback(port: 1).with(port: 2) == .loopback(port: 2))
        #expect(SocketAddress.ipv6(1, 2, port: 3, zone: 4).with(port: 5) == .ipv6(1, 2, port: 5, zone: 4))
        #expect(SocketAddress.unix(path: "/s").with(port: 5) == .unix(path: "/s"))
        #expect(SocketAddress.unix(path: "/s").port == nil)
    }

    @Test(
        "numeric addresses resolve to themselves",
        arguments: [
            ("127.0.0.1", SocketAddress.loopback(port: 7)),
            ("192.0.2.1", .ipv4(0xC000_0201, port: 7)),
            ("::1", .ipv6(0, 1, port: 7, zone: 0)),
            ("2001:db8::2", .ipv6(0x2001_0db8_0000_0000, 2, port: 7, zone: 0)),
        ]
    )
    func resolveNumeric(host: String, address: SocketAddress) throws {
        #expect(try SocketAddress.resolve(host, port: 7) == [address])
    }

    @Test("localhost resolves to loopback addresses, each once")
    func resolveLocalhost() throws {
        let addresses = try SocketAddress.resolve("localhost", port: 80)
        #expect(!addresses.isEmpty)
        #expect(addresses.allSatisfy { $0.isLoopback && $0.port == 80 })
        #expect(Set(addresses).count == addresses.count)
    }

    @Test("what is no name is an error that repeats it", arguments: ["", "256.256.256.256", "a name with spaces"])
    func unresolvable(host: String) {
        let error = #expect(throws: ResolutionError.self) { try SocketAddress.resolve(host, port: 1) }
        #expect(error?.host == host)
        #expect(error?.description.hasPrefix("\(host): ") == true)
    }

    @Test("the machine's interfaces include the loopback and leave out link-local addresses")
    func interfaces() {
        let found = SocketAddress.ofInterfaces()
        #expect(found.contains { $0.interface == "lo" && $0.address == .loopback(port: 0) })
        #expect(!found.contains { $0.address.host.hasPrefix("fe80:") || $0.address.host.hasPrefix("169.254.") })
    }
}
