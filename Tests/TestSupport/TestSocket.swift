import CMartlet
import Glibc
public import MartletReactor

/// A blocking client socket that says and hears literal bytes. Closed when the last reference goes.
///
/// No call blocks for longer than the socket's timeout: it throws `SystemError` with ETIMEDOUT instead.
public final class TestSocket: Sendable {
    /// The descriptor, for tests that set options of their own.
    public let fd: CInt

    /// How long one call may wait for the peer, in milliseconds.
    private let milliseconds: CInt

    /// Takes over a connected descriptor.
    public init(fd: CInt, timeout: Duration = .seconds(60)) {
        self.fd = fd
        milliseconds = CInt(clamping: Nanoseconds(timeout).count / 1_000_000)
    }

    deinit {
        close(fd)
    }

    /// Connects to a listener.
    /// - Parameters:
    ///   - timeout: the longest that this and every later call waits; 60 s by default, much more than any test should take: machines are busy.
    ///   - receiveBuffer: octets the kernel may hold for a client that does not read (SO_RCVBUF); nil for its default.
    public static func connect(
        to address: SocketAddress,
        timeout: Duration = .seconds(60),
        receiveBuffer: Int? = nil
    ) throws -> TestSocket {
        let fd = cm_stream_socket(address.family)
        guard fd >= 0 else { throw SystemError(operation: "socket for \(address)") }
        let socket = TestSocket(fd: fd, timeout: timeout)
        // Before connect: the window that the handshake announces follows from it.
        if let receiveBuffer { socket.setOption(SOL_SOCKET, SO_RCVBUF, CInt(clamping: receiveBuffer)) }
        if case .unix = address {} else { socket.setOption(CInt(IPPROTO_TCP), TCP_NODELAY, 1) }
        let code = unsafe address.withSystemAddress { unsafe Glibc.connect(fd, $0, $1) == 0 ? 0 : errno }
        guard code != 0 else { return socket }
        guard code == EINPROGRESS else { throw SystemError(code: code, operation: "connect to \(address)") }
        try socket.wait(for: POLLOUT, "connect to \(address)")
        let failure = socket.option(SOL_SOCKET, SO_ERROR)
        guard failure == 0 else { throw SystemError(code: failure, operation: "connect to \(address)") }
        return socket
    }

    /// Two connected Unix sockets.
    public static func pair(timeout: Duration = .seconds(60)) throws -> (TestSocket, TestSocket) {
        var ends: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SystemError(operation: "socketpair") }
        return (TestSocket(fd: ends[0], timeout: timeout), TestSocket(fd: ends[1], timeout: timeout))
    }

    /// Sends all of `bytes`.
    public func send(_ bytes: some Collection<UInt8>) throws {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(fd, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try wait(for: POLLOUT, "send")
            } else if errno != EINTR {
                throw SystemError(operation: "send")
            }
        }
    }

    /// Sends the UTF-8 of `text`.
    public func send(_ text: String) throws {
        try send(text.utf8)
    }

    /// Receives what is there, at most `limit` octets; waits until there is something. Empty at the end of the stream.
    public func receive(upTo limit: Int = 65_536) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        while true {
            let count = unsafe recv(fd, &bytes, limit, 0)
            if count >= 0 { return Array(bytes[..<count]) }
            if errno == EAGAIN {
                try wait(for: POLLIN, "receive")
            } else if errno != EINTR {
                throw SystemError(operation: "receive")
            }
        }
    }

    /// Receives until the peer finishes sending.
    /// - Parameter untilReset: a reset is an end like others; default false: it is thrown.
    public func receiveAll(untilReset: Bool = false) throws -> [UInt8] {
        var received: [UInt8] = []
        do {
            while true {
                let bytes = try receive()
                if bytes.isEmpty { return received }
                received += bytes
            }
        } catch let error as SystemError where untilReset && error.code == ECONNRESET {
            return received
        }
    }

    /// Receives exactly `count` octets, or fewer when the stream ends before.
    public func receive(exactly count: Int) throws -> [UInt8] {
        var received: [UInt8] = []
        while received.count < count {
            let bytes = try receive(upTo: count - received.count)
            if bytes.isEmpty { break }
            received += bytes
        }
        return received
    }

    /// Receives until `isEnough` says so of all that came in this call, or the stream ends.
    public func receive(until isEnough: ([UInt8]) -> Bool) throws -> [UInt8] {
        var received: [UInt8] = []
        while !isEnough(received) {
            let bytes = try receive()
            if bytes.isEmpty { break }
            received += bytes
        }
        return received
    }

    /// Receives octet by octet until the last ones are `terminator`, so that nothing behind it is taken.
    public func receive(through terminator: String) throws -> [UInt8] {
        let end = Array(terminator.utf8)
        var received: [UInt8] = []
        while !received.suffix(end.count).elementsEqual(end) {
            let bytes = try receive(upTo: 1)
            if bytes.isEmpty { break }
            received += bytes
        }
        return received
    }

    /// Tells the peer that nothing more will be sent (a FIN); receiving goes on.
    public func finishSending() {
        _ = shutdown(fd, CInt(SHUT_WR))
    }

    /// Cuts the connection by a reset (TCP) instead of a FIN. Every later call fails.
    public func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        // The number must stay ours until deinit closes it: put something dead in its place.
        var ends: [CInt] = [-1, -1]
        guard unsafe cm_pipe(&ends) == 0 else { return }
        close(ends[1])
        _ = dup2(ends[0], fd)
        close(ends[0])
    }

    /// The address of this end.
    public var localAddress: SocketAddress? { Socket(fd: fd).localAddress }

    /// Sets an option with an integer value.
    public func setOption(_ level: CInt, _ name: CInt, _ value: CInt) {
        var value = value
        _ = unsafe setsockopt(fd, level, name, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    /// The integer value of an option; -1 when there is none.
    public func option(_ level: CInt, _ name: CInt) -> CInt {
        Self.option(of: fd, level, name)
    }

    /// The integer value of an option of any socket; -1 when there is none.
    public static func option(of fd: CInt, _ level: CInt, _ name: CInt) -> CInt {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return unsafe getsockopt(fd, level, name, &value, &length) == 0 ? value : -1
    }

    private func wait(for events: CInt, _ operation: String) throws {
        var entry = pollfd(fd: fd, events: Int16(events), revents: 0)
        while true {
            let count = unsafe poll(&entry, 1, milliseconds)
            if count > 0 { return }
            if count == 0 { throw SystemError(code: ETIMEDOUT, operation: operation) }
            if errno != EINTR { throw SystemError(operation: operation) }
        }
    }
}
