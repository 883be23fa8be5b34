import MartletWire
import TestSupport
import Testing

/// The PROXY protocol, written and read (proxy-protocol.txt §2).
@Suite struct ProxyHeaderTests {
    private static let ipv4 = ProxyHeader(
        .ipv4(source: 0xC000_0201, sourcePort: 56324, destination: 0x0A00_0001, destinationPort: 443)
    )
    /// Made anew each time: how an enum keeps its arrays hides them from LeakSanitizer.
    private static var ipv6: ProxyHeader {
        ProxyHeader(
            .ipv6(
                source: [0x20, 1, 0xD, 0xB8] + Array(repeating: 0, count: 11) + [1],
                sourcePort: 1,
                destination: Array(repeating: 0, count: 15) + [1],
                destinationPort: 65535
            )
        )
    }
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    private func octets(_ header: ProxyHeader, _ version: ProxyHeader.Version) -> [UInt8] {
        var octets: [UInt8] = []
        header.append(version, to: &octets)
        return octets
    }

    @Test("version 1 is a line")
    func v1() {
        #expect(octets(Self.ipv4, .v1) == Array("PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n".utf8))
        #expect(octets(Self.ipv6, .v1) == Array("PROXY TCP6 2001:db8:0:0:0:0:0:1 0:0:0:0:0:0:0:1 1 65535\r\n".utf8))
        #expect(octets(ProxyHeader(.unknown), .v1) == Array("PROXY UNKNOWN\r\n".utf8))
        #expect(octets(ProxyHeader(.local), .v1) == Array("PROXY UNKNOWN\r\n".utf8))
    }

    @Test("version 2 is a block")
    func v2() {
        #expect(
            octets(Self.ipv4, .v2)
                == Self.signature + [0x21, 0x11, 0, 12, 192, 0, 2, 1, 10, 0, 0, 1, 0xDC, 0x04, 0x01, 0xBB]
        )
        #expect(
            octets(Self.ipv6, .v2)
                == Self.signature + [0x21, 0x21, 0, 36, 0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
                + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0xFF, 0xFF]
        )
        #expect(octets(ProxyHeader(.local), .v2) == Self.signature + [0x20, 0, 0, 0])
        #expect(octets(ProxyHeader(.unknown), .v2) == Self.signature + [0x21, 0, 0, 0])
    }

    @Test("what was written is read again, however it is cut", arguments: ProxyHeader.Version.allCases)
    func roundTrip(version: ProxyHeader.Version) throws {
        for header in [Self.ipv4, Self.ipv6, ProxyHeader(.unknown)] {
            let octets = octets(header, version)
            for count in 0..<octets.count { try #expect(ProxyHeader.parse(octets.span.extracting(0..<count)) == nil) }
            let read = try #require(try ProxyHeader.parse((octets + Array("GET /".utf8)).span))
            #expect(read.header == header)
            #expect(read.count == octets.count)
        }
    }

    @Test(
        "other spellings of a line are read",
        arguments: [
            ("PROXY UNKNOWN ffff:: ffff:: 65535 65535\r\n", ProxyHeader(.unknown)),
            ("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n", ipv6),
        ]
    )
    func spellings(line: String, header: ProxyHeader) throws {
        let read = try #require(try ProxyHeader.parse(line.utf8.span))
        #expect(read.header == header)
        #expect(read.count == line.utf8.count)
    }

    @Test(
        "a line that is not quite right is refused",
        arguments: [
            ("GET / HTTP/1.1\r\n", ProxyHeader.Fault.noHeader), ("PROXY  TCP4 1.1.1.1 1.1.1.1 1 1\r\n", .malformedLine),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n\r\n", .malformedLine),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1 65536\r\n", .malformedLine),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n", .malformedLine),
            ("PROXY TCP4 1.1.1 1.1.1.1 1 1\r\n", .malformedLine),
            ("PROXY TCP4 1.1.1.256 1.1.1.1 1 1\r\n", .malformedLine), ("PROXY TCP4 ::1 ::1 1 1\r\n", .malformedLine),
            ("PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n", .malformedLine), ("PROXY TCP6 :::1 ::1 1 1\r\n", .malformedLine),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1 \r\n", .malformedLine),
            ("PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n", .malformedLine),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\rX", .malformedLine),
            ("PROXY UNKNOWN " + String(repeating: "x", count: 92), .malformedLine),
        ]
    )
    func refusedLine(line: String, fault: ProxyHeader.Fault) {
        #expect(throws: fault) { try ProxyHeader.parse(line.utf8.span) }
    }

    @Test("a block with extensions is read to its end")
    func extensions() throws {
        var octets = octets(Self.ipv4, .v2)
        octets[15] = 16
        octets += [4, 0, 1, 0]
        let read = try #require(try ProxyHeader.parse(octets.span))
        #expect(read.header == Self.ipv4)
        #expect(read.count == 32)
    }

    @Test(
        "a block that is not quite right is refused",
        arguments: [
            ([0x11, 0x11, 0, 12], ProxyHeader.Fault.unknownCommand), ([0x22, 0x11, 0, 12], .unknownCommand),
            ([0x21, 0x12, 0, 12], .unsupportedFamily), ([0x21, 0x41, 0, 12], .unsupportedFamily),
            ([0x21, 0x11, 0, 11], .wrongLength), ([0x21, 0x21, 0, 35], .wrongLength),
            ([0x21, 0x31, 0, 215], .wrongLength),
            ([0x21, 0x11, 0xFF, 0xFF], .wrongLength),
        ] as [([UInt8], ProxyHeader.Fault)]
    )
    func refusedBlock(start: [UInt8], fault: ProxyHeader.Fault) {
        let octets = Self.signature + start + Array(repeating: 0, count: 256)
        #expect(throws: fault) { try ProxyHeader.parse(octets.span) }
        #expect(throws: ProxyHeader.Fault.noHeader) { try ProxyHeader.parse([13, 10, 13, 11].span) }
    }
}
