import CMartlet
import Glibc
import MartletReactor

/// Why a `PolledSocket` could not go on.
enum StreamError: Error, Equatable {
    /// The deadline came first.
    case timedOut
    /// The interrupt was set.
    case interrupted
    /// The connection is lost, by this `errno`: ECONNRESET for one that the peer has reset.
    case lost(CInt)
    /// TLS failed, for this reason.
    case insecure(String)
}

/// A connected, non-blocking socket for a thread that waits: each call ends at its deadline or with the interrupt.
///
/// A plain number, as `Socket` is: who made it closes it, once.
///
/// `@unchecked Sendable`: what protects it belongs to whatever thread has the connection now.
struct PolledSocket: @unchecked Sendable {
    let socket: Socket
    /// Ends every wait when it is set.
    let interrupt: Signal
    /// Protects the octets; nil: they go in the clear.
    let security: SecureStream?

    init(_ socket: Socket, interrupt: Signal, security: SecureStream? = nil) {
        self.socket = socket
        self.interrupt = interrupt
        self.security = security
    }

    /// The same connection for another call.
    func with(interrupt: Signal) -> PolledSocket {
        PolledSocket(socket, interrupt: interrupt, security: security)
    }

    /// The same connection, protected from here on: waits until the handshake is done.
    func protected(by stream: SecureStream?, by deadline: Instant = .never) throws(StreamError) -> PolledSocket {
        guard let stream else { throw .lost(ENOMEM) }
        while true {
            switch stream.handshake() {
            case .done: return PolledSocket(socket, interrupt: interrupt, security: stream)
            case .wouldBlock: try wait(for: POLLIN, by: deadline)
            case .plainHTTP: throw .insecure("the peer speaks HTTP in the clear")
            case .failed(let failure): throw .insecure(failure.message)
            }
        }
    }

    /// Closes the connection, in good order unless `resetOnClose` came before.
    func close() {
        if let security { security.close() } else { socket.close() }
    }

    /// Says that nothing more will be sent.
    func finishSending() {
        if let security { _ = security.finishSending() } else { socket.finishSending() }
    }

    /// Makes `close` reset the connection.
    func resetOnClose() {
        if let security { security.resetOnClose() } else { socket.resetOnClose() }
    }

    /// Sends all of `bytes`.
    func send(_ bytes: ArraySlice<UInt8>, by deadline: Instant = .never) throws(StreamError) {
        var rest = bytes
        while !rest.isEmpty {
            switch security?.send(rest.span) ?? socket.send(rest.span) {
            case .count(let count): rest = rest.dropFirst(count)
            case .wouldBlock: try wait(for: POLLOUT, by: deadline)
            case .failed(let code): throw failure(code)
            case .end: throw .lost(EPIPE)
            }
        }
    }

    /// Receives once, waiting until there is something.
    /// - Returns: false at the end of what the peer sends.
    func receive(into buffer: inout ReceiveBuffer, by deadline: Instant = .never) throws(StreamError) -> Bool {
        if buffer.room == 0 { buffer.grow(toCapacity: max(4096, 2 * buffer.capacity)) }
        while true {
            switch security?.receive(into: &buffer) ?? socket.receive(into: &buffer) {
            case .count: return true
            case .end: return false
            case .failed(let code): throw failure(code)
            case .wouldBlock: try wait(for: POLLIN, by: deadline)
            }
        }
    }

    private func failure(_ code: CInt) -> StreamError {
        code == EPROTO ? security?.failure.map { .insecure($0.message) } ?? .lost(code) : .lost(code)
    }

    /// Receives and drops until the peer has closed its side or is gone.
    func drain(by deadline: Instant = .never) throws(StreamError) {
        var dropped = ReceiveBuffer(capacity: 65_536)
        while try receive(into: &dropped, by: deadline) { dropped.removeAll() }
    }

    /// Waits until there is something to receive, and leaves it alone.
    func waitForInput(by deadline: Instant) throws(StreamError) {
        try wait(for: POLLIN, by: deadline)
    }

    /// Waits until the peer has closed its side or is gone, and leaves alone what it sent.
    func waitUntilPeerLeaves() throws(StreamError) {
        try wait(for: CInt(cm_peer_finished), by: .never)
    }

    /// Waits.
    func pause(for duration: Duration) throws(StreamError) {
        do throws(StreamError) {
            _ = try poll([(interrupt.fd, POLLIN)], by: Instant.now() + Nanoseconds(duration))
        } catch .timedOut {
            return
        }
        throw .interrupted
    }

    /// Waits until `signal` is set.
    func wait(for signal: Signal) throws(StreamError) {
        let ready = try poll([(interrupt.fd, POLLIN), (signal.fd, POLLIN)], by: .never)
        if ready[0] { throw .interrupted }
    }

    private func wait(for events: CInt, by deadline: Instant) throws(StreamError) {
        let ready = try poll([(interrupt.fd, POLLIN), (socket.fd, events)], by: deadline)
        if ready[0] { throw .interrupted }
    }
}

extension PolledSocket {
    /// Connects to a listener.
    static func connect(
        to address: SocketAddress,
        interrupt: Signal,
        by deadline: Instant
    ) throws -> PolledSocket {
        let fd = cm_stream_socket(address.family)
        guard fd >= 0 else { throw SystemError(operation: "socket for \(address)") }
        let stream = PolledSocket(Socket(fd: fd), interrupt: interrupt)
        do {
            if address.port != nil { stream.socket.setNoDelay() }
            let code = unsafe address.withSystemAddress { unsafe Glibc.connect(fd, $0, $1) == 0 ? 0 : errno }
            if code == EINPROGRESS {
                try stream.wait(for: POLLOUT, by: deadline)
            } else if code != 0 {
                throw StreamError.lost(code)
            }
            var failure: CInt = 0
            var length = socklen_t(MemoryLayout<CInt>.size)
            _ = unsafe getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &length)
            guard failure == 0 else { throw StreamError.lost(failure) }
            return stream
        } catch {
            stream.close()
            throw error
        }
    }

    /// Two sockets that are connected with each other.
    static func pair() throws(SystemError) -> (Socket, Socket) {
        var ends: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SystemError(operation: "socketpair") }
        return (Socket(fd: ends[0]), Socket(fd: ends[1]))
    }
}

extension Socket {
    /// Whether nothing has come, not even the end: a connection at rest.
    var isQuiet: Bool {
        (try? poll([(fd, POLLIN | CInt(cm_peer_finished))], by: Instant.now())) == nil
    }
}

/// Waits until one of `descriptors` has one of its events, an error or its end.
/// - Returns: for each descriptor whether it has; one at least.
/// - Throws: `timedOut`, or `lost` where the system cannot wait.
func poll(_ descriptors: [(fd: CInt, events: CInt)], by deadline: Instant) throws(StreamError) -> [Bool] {
    var entries = descriptors.map { pollfd(fd: $0.fd, events: Int16(truncatingIfNeeded: $0.events), revents: 0) }
    while true {
        let left = Instant.now().duration(to: deadline).count
        // Rounded up: a wait that ends too early would only come again.
        let milliseconds = deadline == .never ? -1 : CInt(clamping: left / 1_000_000 + (left == 0 ? 0 : 1))
        let count = unsafe Glibc.poll(&entries, nfds_t(entries.count), milliseconds)
        if count > 0 { return entries.map { $0.revents != 0 } }
        if count < 0, errno != EINTR { throw .lost(errno) }
        if count == 0, Instant.now() >= deadline { throw .timedOut }
    }
}
