import CMartletOpenSSL
import CMartletTLS
import Glibc
import MartletReactor
import TestSupport
import Testing

@testable import MartletTLS

@Suite("A stream under TLS")
struct StreamTests {
    private let authority = TestAuthority.shared
    private let server: TLSServer

    init() throws {
        server = try TLSServer([TestAuthority.shared.credential("DNS:a.example")])
    }

    private func client(_ settings: TLSConfiguration.Setting...) throws -> TLSClient {
        try TLSClient(authorities: [authority.certificate], settings: settings)
    }

    private static let text = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    @Test(
        "octets arrive as they were sent, whatever pieces the wire makes of them",
        arguments: [TLSConfiguration.Setting.only12, .only13],
        [(100_000, Int.max, 4096), (17, 17, 65_536), (100_000, 1, 100), (1, 1, 4096)]
    )
    func pieces(version: TLSConfiguration.Setting, wire: (capacity: Int, step: Int, room: Int)) throws {
        let text = wire.capacity == 1 ? Array(Self.text[..<3000]) : Self.text
        let pair = try StreamPair(client(version), server, capacity: wire.capacity, step: wire.step)
        #expect(pair.shake() == (.done, .done))
        #expect(pair.pass(text, from: pair.client, to: pair.server, room: wire.room) == text)
        #expect(pair.pass(text, from: pair.server, to: pair.client, room: wire.room) == text)
    }

    @Test("a record is received with one read, and nothing is said to wait behind it")
    func oneRead() throws {
        let pair = try StreamPair(overSockets: client(), server)
        #expect(pair.shake() == (.done, .done))
        #expect(pair.server.mayHoldInput, "a request may have come with the handshake")
        var buffer = ReceiveBuffer(capacity: 4096)
        #expect(pair.server.receive(into: &buffer) == .wouldBlock)
        #expect(!pair.server.mayHoldInput)
        #expect(pair.client.send(Array(Self.text[..<1000])) == .count(1000))
        #expect(pair.server.receive(into: &buffer) == .count(1000))
        #expect(!pair.server.mayHoldInput)
        #expect(unsafe pair.server.wire?.pointee.reads_left == 15)
    }

    @Test("what does not fit is said to wait")
    func holds() throws {
        let pair = try StreamPair(overSockets: client(), server)
        pair.shake()
        #expect(pair.client.send(Array(Self.text[..<1000])) == .count(1000))
        var buffer = ReceiveBuffer(capacity: 400)
        var received: [UInt8] = []
        for (count, waits) in [(400, true), (400, true), (200, false)] {
            #expect(pair.server.receive(into: &buffer) == .count(count))
            #expect(pair.server.mayHoldInput == waits)
            received += buffer.taken()
        }
        #expect(received == Array(Self.text[..<1000]))
    }

    @Test("records that come together are received together, and so is the part of one")
    func coalesced() throws {
        let pair = try StreamPair(client(), server)
        pair.shake()
        for _ in 0..<3 { #expect(pair.client.send(Array(Self.text[..<10])) == .count(10)) }
        pair.move()
        var buffer = ReceiveBuffer(capacity: 4096)
        #expect(pair.server.receive(into: &buffer) == .count(30))
        #expect(!pair.server.mayHoldInput)
    }

    @Test(
        "an end that comes with the last octets is told by the next call",
        .rfc("9112-9.8-01"),
        arguments: [true, false]
    )
    func endBehind(hasNotice: Bool) throws {
        let pair = try StreamPair(overSockets: client(), server)
        pair.shake()
        #expect(pair.client.send(Array(Self.text[..<10])) == .count(10))
        if hasNotice { #expect(pair.client.finishSending()) } else { pair.client.socket.finishSending() }
        var buffer = ReceiveBuffer(capacity: 4096)
        #expect(pair.server.receive(into: &buffer) == .count(10))
        #expect(pair.server.mayHoldInput == hasNotice, "a FIN by itself is an event of the socket")
        #expect(pair.server.receive(into: &buffer) == .end)
        #expect(pair.server.receive(into: &buffer) == .end)
        #expect(!pair.server.mayHoldInput)
        #expect(pair.server.endedWithoutNotice == !hasNotice)
        #expect(pair.server.failure == nil)
    }

    @Test("a stream cut within a record has ended without notice, and can still be answered")
    func cut() throws {
        let pair = try StreamPair(overSockets: client(.only13), server)
        pair.shake()
        let detour = try Detour(of: pair.client)
        #expect(pair.client.send(Array(Self.text[..<100])) == .count(100))
        let record = detour.taken()
        #expect(record.count == 5 + 100 + 1 + 16)
        #expect(detour.pass(record.dropLast()) == record.count - 1)
        detour.finish()
        var buffer = ReceiveBuffer(capacity: 4096)
        #expect(pair.server.receive(into: &buffer) == .end)
        #expect(pair.server.endedWithoutNotice)
        #expect(pair.server.send(Array(Self.text[..<10])) == .count(10))
    }

    @Test(
        "after its end of sending a peer still hears the answer",
        arguments: [TLSConfiguration.Setting.only12, .only13]
    )
    func halfClosed(version: TLSConfiguration.Setting) throws {
        let pair = try StreamPair(overSockets: client(version), server)
        pair.shake()
        #expect(pair.client.finishSending())
        var buffer = ReceiveBuffer(capacity: 100)
        #expect(pair.server.receive(into: &buffer) == .end)
        #expect(pair.pass(Self.text, from: pair.server, to: pair.client) == Self.text)
        pair.server.close()
        #expect(pair.client.receive(into: &buffer) == .end)
        #expect(!pair.client.endedWithoutNotice)
    }

    @Test("a changed record fails, the peer is told, and nothing more is sent")
    func changed() throws {
        let pair = try StreamPair(overSockets: client(), server)
        pair.shake()
        let forged: [UInt8] = [23, 3, 3, 0, 20] + [UInt8](repeating: 9, count: 20)
        #expect(unsafe send(pair.client.socket.fd, forged, forged.count, 0) == forged.count)
        var buffer = ReceiveBuffer(capacity: 100)
        #expect(pair.server.receive(into: &buffer) == .failed(EPROTO))
        #expect(pair.server.failure?.kind == "bad_record")
        #expect(pair.server.send(Array(Self.text[..<10])) == .failed(EPROTO))
        pair.server.close()
        #expect(pair.client.receive(into: &buffer) == .failed(EPROTO))
        #expect(pair.client.failure?.kind == "bad_record_mac")
    }

    @Test(
        "keys can be changed at any time (RFC 8446 §4.6.3)",
        arguments: [SSL_KEY_UPDATE_REQUESTED, SSL_KEY_UPDATE_NOT_REQUESTED]
    )
    func keyUpdate(kind: CInt) throws {
        let pair = try StreamPair(client(.only13), server)
        pair.shake()
        for _ in 0..<3 {
            #expect(unsafe SSL_key_update(pair.client.stream, kind) == 1)
            #expect(pair.pass(Self.text, from: pair.client, to: pair.server) == Self.text)
            #expect(pair.pass(Self.text, from: pair.server, to: pair.client) == Self.text)
        }
    }

    @Test("a peer that sends KeyUpdates without end does not keep a call to itself")
    func keyUpdates() throws {
        let pair = try StreamPair(overSockets: client(.only13), server)
        pair.shake()
        let detour = try Detour(of: pair.client)
        var updates: [UInt8] = []
        while updates.count < 18 * 17_000 {
            #expect(unsafe SSL_key_update(pair.client.stream, SSL_KEY_UPDATE_NOT_REQUESTED) == 1)
            #expect(unsafe SSL_do_handshake(pair.client.stream) == 1)
            updates += detour.taken()
        }
        #expect(detour.pass(updates) == updates.count)
        var buffer = ReceiveBuffer(capacity: 100)
        #expect(pair.server.receive(into: &buffer) == .wouldBlock)
        #expect(pair.server.mayHoldInput)
        for _ in 0..<20 where pair.server.mayHoldInput { #expect(pair.server.receive(into: &buffer) == .wouldBlock) }
        #expect(!pair.server.mayHoldInput)
        #expect(pair.client.send(Array(Self.text[..<10])) == .count(10))
        let last = detour.taken()
        #expect(detour.pass(last) == last.count)
        #expect(pair.server.receive(into: &buffer) == .count(10))
    }

    @Test("renegotiation is refused")
    func renegotiation() throws {
        let pair = try StreamPair(client(.only12, .init("Options", "-NoRenegotiation")), server)
        pair.shake()
        #expect(unsafe SSL_renegotiate(pair.client.stream) == 1)
        var buffer = ReceiveBuffer(capacity: 100)
        for _ in 0..<4 {
            _ = pair.client.receive(into: &buffer)
            pair.move()
            _ = pair.server.receive(into: &buffer)
            pair.move()
        }
        #expect(pair.client.failure?.kind == "renegotiation")
        #expect(pair.server.failure?.kind == "handshake_failure", "the client gives up then")
    }
}
