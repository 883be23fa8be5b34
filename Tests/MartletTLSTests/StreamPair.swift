import CMartletOpenSSL
import Glibc
import MartletReactor

@testable import MartletTLS

/// A client and a server of TLS that speak to each other within one thread.
@safe
final class StreamPair {
    let client: TLSStream
    let server: TLSStream
    /// Moves octets from each to the other, if they do not pass by themselves.
    private let wire: MemoryWire?

    /// Through memory: a wire that holds `capacity` octets each way, and moves `step` at a time.
    init(
        _ client: TLSClient,
        _ server: TLSServer,
        to name: String? = "a.example",
        capacity: Int = 100_000,
        step: Int = .max
    ) throws {
        let wire = try MemoryWire(capacity: capacity, step: step)
        let ends = unsafe wire.takeEnds()
        guard let clientStream = unsafe client.protect(reading: ends.0, writing: ends.0, to: name),
            let serverStream = unsafe server.context.protect(reading: ends.1, writing: ends.1)
        else { throw TLSError("no memory") }
        self.wire = wire
        self.client = clientStream
        self.server = serverStream
    }

    /// Through two connected sockets.
    init(overSockets client: TLSClient, _ server: TLSServer, to name: String? = "a.example") throws {
        let (one, other) = try Self.sockets()
        guard let clientStream = client.protect(one, to: name), let serverStream = server.context.protect(other) else {
            throw TLSError("no memory")
        }
        wire = nil
        self.client = clientStream
        self.server = serverStream
    }

    deinit {
        guard wire == nil else { return }
        client.close()
        server.close()
    }

    static func sockets() throws -> (Socket, Socket) {
        var ends: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SystemError(operation: "socketpair") }
        return (Socket(fd: ends[0]), Socket(fd: ends[1]))
    }

    /// Moves what waits.
    /// - Returns: true when there was something.
    @discardableResult
    func move() -> Bool {
        wire?.move() ?? false
    }

    /// Goes on until both are done, or one has failed and the other knows.
    @discardableResult
    func shake() -> (client: SecureStream.Handshake, server: SecureStream.Handshake) {
        var client = SecureStream.Handshake.wouldBlock
        var server = SecureStream.Handshake.wouldBlock
        var scratch = ReceiveBuffer(capacity: 16)
        for _ in 0..<200_000 {
            if client == .wouldBlock { client = self.client.handshake() }
            move()
            if server == .wouldBlock { server = self.server.handshake() }
            move()
            // Nobody else takes what comes behind the handshake.
            if client == .done { _ = self.client.receive(into: &scratch) }
            if client != .wouldBlock, server != .wouldBlock { break }
        }
        return (client, server)
    }

    /// Sends all of `bytes` from one to the other, which receives as much, through a buffer of `room` octets.
    func pass(_ bytes: [UInt8], from sender: TLSStream, to receiver: TLSStream, room: Int = 4096) -> [UInt8] {
        var sent = 0
        var received: [UInt8] = []
        var buffer = ReceiveBuffer(capacity: room)
        for _ in 0..<2_000_000 {
            if received.count >= bytes.count { break }
            if sent < bytes.count {
                let result = sender.send(bytes.span.extracting(sent..<bytes.count))
                if case .count(let count) = result { sent += count } else if result != .wouldBlock { break }
            }
            move()
            let result = receiver.receive(into: &buffer)
            if case .failed = result { break }
            received += buffer.taken()
        }
        return received
    }
}

extension ReceiveBuffer {
    /// All it holds, taken out.
    mutating func taken() -> [UInt8] {
        var octets: [UInt8] = []
        for index in bytes.indices { octets.append(bytes[index]) }
        removeAll()
        return octets
    }
}

/// Two BIOs joined through memory, whose octets pass when they are told to.
@safe
private final class MemoryWire {
    private var ends: (OpaquePointer, OpaquePointer)?
    private let near: OpaquePointer
    private let far: OpaquePointer
    private let step: Int

    init(capacity: Int, step: Int) throws {
        var (end, near): (OpaquePointer?, OpaquePointer?)
        var (other, far): (OpaquePointer?, OpaquePointer?)
        guard unsafe BIO_new_bio_pair(&end, capacity, &near, capacity) == 1,
            unsafe BIO_new_bio_pair(&other, capacity, &far, capacity) == 1,
            let end = unsafe end, let near = unsafe near, let far = unsafe far, let other = unsafe other
        else { throw TLSError("no memory") }
        unsafe ends = (end, other)
        unsafe self.near = near
        unsafe self.far = far
        self.step = step
    }

    deinit {
        unsafe BIO_free(near)
        unsafe BIO_free(far)
    }

    /// What the two streams take over.
    func takeEnds() -> (OpaquePointer, OpaquePointer) {
        unsafe ends!
    }

    func move() -> Bool {
        let forth = unsafe move(from: near, to: far)
        let back = unsafe move(from: far, to: near)
        return forth || back
    }

    private func move(from source: OpaquePointer, to target: OpaquePointer) -> Bool {
        let count = min(unsafe BIO_ctrl_pending(source), unsafe BIO_ctrl_get_write_guarantee(target), step)
        guard count > 0 else { return false }
        var octets = [UInt8](repeating: 0, count: count)
        let read = unsafe BIO_read(source, &octets, CInt(count))
        return unsafe BIO_write(target, octets, read) == read && read > 0
    }
}

/// Takes what a stream sends in place of its peer, to pass it on in another way.
final class Detour {
    private let kept: CInt
    private let end: Socket

    init(of stream: TLSStream) throws {
        let fd = stream.socket.fd
        kept = dup(fd)
        let (near, far) = try StreamPair.sockets()
        end = far
        guard dup2(near.fd, fd) == fd else { throw SystemError(operation: "dup2") }
        near.close()
        var size: CInt = 1 << 20
        _ = unsafe setsockopt(kept, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    }

    deinit {
        close(kept)
        end.close()
    }

    /// What the stream has sent.
    func taken() -> [UInt8] {
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = unsafe recv(end.fd, &chunk, chunk.count, 0), count > 0 { received += chunk[..<count] }
        return received
    }

    /// Sends octets to the peer.
    /// - Returns: how many it took.
    func pass(_ octets: some Collection<UInt8>) -> Int {
        let octets = Array(octets)
        return unsafe send(kept, octets, octets.count, CInt(MSG_NOSIGNAL))
    }

    /// The peer sees the end.
    func finish() {
        _ = shutdown(kept, CInt(SHUT_WR))
    }
}

extension SecureStream {
    func send(_ octets: [UInt8]) -> TransferResult {
        send(octets.span)
    }
}

extension Socket {
    func send(_ octets: [UInt8]) -> TransferResult {
        send(octets.span)
    }
}
