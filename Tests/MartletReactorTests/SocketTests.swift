import Glibc
import MartletReactor
import TestSupport
import Testing

@Suite("Socket")
struct SocketTests {
    @Test("sends what fits, says when it would block, and loses nothing")
    func partialSends() throws {
        let (server, client) = try TestSocket.pair()
        server.setOption(SOL_SOCKET, SO_SNDBUF, 16_384)
        let socket = Socket(fd: server.fd)
        let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        var (sent, partial, blocked) = (0, 0, 0)
        var received: [UInt8] = []
        while received.count < content.count {
            if sent < content.count {
                let part = min(50_000, content.count - sent)
                switch socket.send(content.span.extracting(sent..<sent + part)) {
                case .count(let count):
                    if count < part { partial += 1 }
                    sent += count
                    continue
                case .wouldBlock:
                    blocked += 1
                case let other:
                    Issue.record("\(other)")
                    return
                }
            }
            received += try client.receive()
        }
        #expect(received == content)
        #expect(partial > 0)
        #expect(blocked > 0)
    }

    @Test("sending to a peer that is gone is a failure, not a signal")
    func brokenPipe() throws {
        var (server, client): (TestSocket, TestSocket?) = try TestSocket.pair()
        client = nil
        #expect(client == nil)
        #expect(Socket(fd: server.fd).send([1].span) == .failed(EPIPE))
    }

    @Test("receiving tells apart nothing yet, octets, the end and a reset")
    func receiving() throws {
        let listening = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
        defer { close(listening.fd) }
        var buffer = ReceiveBuffer(capacity: 8)
        let client = try TestSocket.connect(to: listening.address)
        let server = TestSocket(fd: accept(listening.fd, nil, nil))
        _ = fcntl(server.fd, F_SETFL, O_NONBLOCK)
        let socket = Socket(fd: server.fd)
        #expect(socket.receive(into: &buffer) == .wouldBlock)
        try client.send("twelve bytes")
        try wait(server)
        #expect(socket.receive(into: &buffer) == .count(8))
        buffer.consume(3)
        #expect(socket.receive(into: &buffer) == .count(3))
        #expect(buffer.text == "lve byte")
        buffer.removeAll()
        #expect(socket.receive(into: &buffer) == .count(1))
        client.finishSending()
        try wait(server)
        #expect(socket.receive(into: &buffer) == .end)

        let rude = try TestSocket.connect(to: listening.address)
        let other = TestSocket(fd: accept(listening.fd, nil, nil))
        rude.reset()
        try wait(other)
        #expect(Socket(fd: other.fd).receive(into: &buffer) == .failed(ECONNRESET))
    }

    private func wait(_ socket: TestSocket) throws {
        var entry = pollfd(fd: socket.fd, events: Int16(POLLIN), revents: 0)
        try #require(unsafe poll(&entry, 1, 10_000) == 1)
    }

    @Test("a head sent with more to follow shares its segment with the content")
    func more() throws {
        let listening = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
        defer { close(listening.fd) }
        let client = try TestSocket.connect(to: listening.address)
        let server = TestSocket(fd: accept(listening.fd, nil, nil))
        let socket = Socket(fd: server.fd)
        socket.setNoDelay()
        #expect(socket.send(Array("head ".utf8).span, more: true) == .count(5))
        #expect(socket.send(Array("content".utf8).span) == .count(7))
        #expect(try client.receive() == Array("head content".utf8))
    }

    @Test("a file is sent from the offset, in parts, and ends where the file does now")
    func sendFile() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("file", "0123456789")
        let file = unsafe open(path, O_RDWR | O_CLOEXEC)
        defer { close(file) }
        let (server, client) = try TestSocket.pair()
        let socket = Socket(fd: server.fd)
        #expect(socket.sendFile(file, offset: 2, count: 3) == .count(3))
        #expect(try client.receive() == Array("234".utf8))
        #expect(socket.sendFile(file, offset: 8, count: 100) == .count(2))
        #expect(try client.receive() == Array("89".utf8))
        #expect(socket.sendFile(file, offset: 10, count: 1) == .end)
        #expect(ftruncate(file, 4) == 0)
        #expect(socket.sendFile(file, offset: 5, count: 5) == .end, "truncated meanwhile")
        #expect(socket.sendFile(file, offset: 3, count: 5) == .count(1))
        #expect(lseek(file, 0, SEEK_CUR) == 0, "the file's own position stays")
    }

    @Test("a file that does not fit into the socket says that it would block")
    func sendFileBlocks() throws {
        let directory = try TemporaryDirectory()
        let content = [UInt8](repeating: 7, count: 4_000_000)
        let path = try directory.write("file", content)
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        let (server, client) = try TestSocket.pair()
        let socket = Socket(fd: server.fd)
        var (sent, blocked) = (0, 0)
        var received = 0
        while received < content.count {
            if sent < content.count {
                switch socket.sendFile(file, offset: sent, count: content.count - sent) {
                case .count(let count):
                    sent += count
                    continue
                case .wouldBlock: blocked += 1
                case let other:
                    Issue.record("\(other)")
                    return
                }
            }
            received += try client.receive().count
        }
        #expect(received == content.count)
        #expect(blocked > 0)
    }

    @Test("finishing to send leaves the other direction open")
    func finishSending() throws {
        let (server, client) = try TestSocket.pair()
        Socket(fd: server.fd).finishSending()
        #expect(try client.receive() == [])
        try client.send("still here")
        #expect(try server.receive() == Array("still here".utf8))
    }

    @Test("a reset on close makes the peer's read fail instead of end")
    func resetOnClose() throws {
        let listening = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
        defer { close(listening.fd) }
        let client = try TestSocket.connect(to: listening.address)
        let socket = Socket(fd: accept(listening.fd, nil, nil))
        #expect(socket.send(Array("part".utf8).span) == .count(4))
        #expect(try client.receive() == Array("part".utf8))
        socket.resetOnClose()
        socket.close()
        let error = #expect(throws: SystemError.self) { try client.receive() }
        #expect(error?.code == ECONNRESET)
    }
}

extension ReceiveBuffer {
    /// What it holds, as text.
    var text: String {
        String(decoding: octets, as: UTF8.self)
    }

    /// What it holds, copied.
    var octets: [UInt8] {
        let bytes = bytes
        return bytes.indices.map { bytes[$0] }
    }
}
