import CMartletOpenSSL
import Glibc
import MartletReactor
import TestSupport
import Testing

@testable import MartletTLS

@Suite("The end of a stream under TLS")
struct CloseTests {
    private let server: TLSServer
    private let client: TLSClient
    private let octets = [UInt8](repeating: 65, count: 100)

    init() throws {
        server = try TLSServer([TestAuthority.shared.credential("DNS:a.example")])
        client = try TLSClient(authorities: [TestAuthority.shared.certificate], settings: [.only13])
    }

    /// All that comes from a socket until its end.
    private func rest(of socket: Socket) -> [UInt8] {
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = unsafe recv(socket.fd, &chunk, chunk.count, 0), count > 0 { received += chunk[..<count] }
        return received
    }

    @Test("closed before or within the handshake, a stream says nothing", arguments: [false, true])
    func early(hasBegun: Bool) throws {
        let (near, far) = try StreamPair.sockets()
        defer { near.close() }
        let stream = try #require(server.context.protect(far))
        if hasBegun {
            #expect(unsafe send(near.fd, [22, 3, 1, 0, 100, 1] as [UInt8], 6, 0) == 6)
            #expect(stream.handshake() == .wouldBlock)
        }
        stream.close()
        #expect(rest(of: near) == [])
    }

    @Test("an open stream says once that it ends", .rfc("9112-9.8-02", "9112-9.8-03"), arguments: [false, true])
    func open(finishes: Bool) throws {
        let pair = try StreamPair(overSockets: client, server)
        pair.shake()
        _ = rest(of: pair.client.socket)
        if finishes {
            #expect(pair.server.finishSending())
            #expect(pair.server.finishSending())
        }
        pair.server.close()
        pair.server.close()
        // One record: an alert of two octets, its type, and the tag.
        #expect(rest(of: pair.client.socket).count == 5 + 2 + 1 + 16)
    }

    @Test("a reset comes without notice, so that nobody takes a part for the whole")
    func reset() throws {
        let pair = try StreamPair(overSockets: client, server)
        pair.shake()
        #expect(pair.server.send(octets) == .count(100))
        pair.server.resetOnClose()
        pair.server.close()
        var buffer = ReceiveBuffer(capacity: 1000)
        #expect(pair.client.receive(into: &buffer) == .count(100))
        #expect(pair.client.receive(into: &buffer) == .end)
        #expect(pair.client.endedWithoutNotice)
    }

    @Test("a notice that the socket does not take is sent later")
    func blocked() throws {
        // The record of 100 octets fills the wire.
        let pair = try StreamPair(client, server, capacity: 5 + 100 + 1 + 16)
        pair.shake()
        while pair.move() {}
        var buffer = ReceiveBuffer(capacity: 1000)
        while pair.client.receive(into: &buffer) == .wouldBlock, pair.move() {}
        #expect(pair.server.send(octets) == .count(100))
        #expect(!pair.server.finishSending())
        #expect(!pair.server.finishSending())
        #expect(pair.server.send(octets) == .failed(EPIPE))
        pair.move()
        #expect(pair.server.finishSending())
        #expect(pair.client.receive(into: &buffer) == .count(100))
        pair.move()
        #expect(pair.client.receive(into: &buffer) == .end)
    }

    @Test("behind half a record no notice can be sent: the stream is cut, and the peer knows")
    func halfRecord() throws {
        let pair = try StreamPair(overSockets: client, server)
        pair.shake()
        let many = [UInt8](repeating: 65, count: 16_384)
        while pair.server.send(many) != .wouldBlock {}
        pair.server.close()
        var buffer = ReceiveBuffer(capacity: 100_000)
        while case .count = pair.client.receive(into: &buffer) { buffer.removeAll() }
        #expect(pair.client.endedWithoutNotice)
        #expect(pair.client.failure == nil)
    }

    @Test("a peer that is gone is no signal, but an error")
    func gone() throws {
        let pair = try StreamPair(overSockets: client, server)
        pair.shake()
        pair.client.resetOnClose()
        pair.client.close()
        #expect(pair.server.send(octets) == .failed(EPIPE))
        #expect(pair.server.failure?.kind == "lost")
        pair.server.close()
    }

    @Test("after close every call fails, and no other connection is touched")
    func after() throws {
        let pair = try StreamPair(overSockets: client, server)
        pair.shake()
        #expect(pair.server.session?.version == "TLSv1.3")
        pair.server.close()
        var buffer = ReceiveBuffer(capacity: 100)
        #expect(pair.server.receive(into: &buffer) == .failed(EPROTO))
        #expect(pair.server.send(octets) == .failed(EPIPE))
        #expect(pair.server.finishSending())
        #expect(pair.server.session?.version == "TLSv1.3")
    }
}
