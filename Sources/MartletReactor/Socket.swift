import CMartlet
import Glibc

/// What a read or a write on a non-blocking socket came to.
public enum TransferResult: Equatable, Sendable {
    /// So many octets were moved; at least one.
    case count(Int)
    /// Nothing can be moved now: wait for the next event.
    case wouldBlock
    /// Reading: the peer has finished sending. Sending a file: the file has no more octets.
    case end
    /// The connection is lost, by this `errno`.
    case failed(CInt)
}

/// A connected, non-blocking stream socket. A plain number: who accepted it closes it, once.
public struct Socket: Sendable {
    /// The descriptor.
    public let fd: CInt

    /// Takes over a non-blocking descriptor.
    public init(fd: CInt) {
        self.fd = fd
    }

    /// Receives as much as fits behind what the buffer holds. The buffer must have room.
    public func receive(into buffer: inout ReceiveBuffer) -> TransferResult {
        unsafe buffer.fill { free in
            while true {
                let count = unsafe cm_receive(fd, free.baseAddress, free.count)
                if count > 0 { return (count, .count(count)) }
                if count == 0 { return (0, .end) }
                if errno == EINTR { continue }
                return (0, Self.failure())
            }
        }
    }

    /// Looks at what was received without taking it: `body` is given at most `count` octets.
    /// - Returns: what `body` returned; nil when there is nothing to look at: neither octets nor, as `body` is told by none
    ///   of them, the end.
    public func peek<Result>(_ count: Int, _ body: (Span<UInt8>) -> Result) -> Result? {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { octets in
            while true {
                let seen = unsafe recv(fd, octets.baseAddress, octets.count, CInt(MSG_PEEK))
                if seen < 0, errno == EINTR { continue }
                if seen < 0, errno == EAGAIN { return nil }
                return unsafe body(Span(_unsafeElements: UnsafeMutableBufferPointer(rebasing: octets[..<max(seen, 0)])))
            }
        }
    }

    /// Takes `count` octets that `peek` has shown.
    public func discard(_ count: Int) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { octets in
            while unsafe recv(fd, octets.baseAddress, count, 0) < 0, errno == EINTR {}
        }
    }

    /// Sends `bytes`, or a part of them.
    /// - Parameter more: true when more follows at once, so that a short head shares its segment with the content.
    public func send(_ bytes: Span<UInt8>, more: Bool = false) -> TransferResult {
        let flags = CInt(MSG_NOSIGNAL) | (more ? CInt(MSG_MORE) : 0)
        return unsafe bytes.withUnsafeBytes { bytes in
            while true {
                let count = unsafe cm_send(fd, bytes.baseAddress, bytes.count, flags)
                if count >= 0 { return .count(count) }
                if errno == EINTR { continue }
                return Self.failure()
            }
        }
    }

    /// Sends at most `count` octets of an open file from `offset` on, without a copy through this process.
    public func sendFile(_ file: CInt, offset: Int, count: Int) -> TransferResult {
        while true {
            let sent = cm_sendfile(fd, file, Int64(offset), count)
            if sent > 0 { return .count(sent) }
            if sent == 0 { return .end }
            if errno == EINTR { continue }
            return Self.failure()
        }
    }

    /// Tells the peer that nothing more will be sent (a FIN). Receiving goes on.
    public func finishSending() {
        _ = shutdown(fd, CInt(SHUT_WR))
    }

    /// Sends segments at once instead of waiting to fill them: without it answers can take 40 ms.
    public func setNoDelay() {
        setOption(CInt(IPPROTO_TCP), TCP_NODELAY, 1)
    }

    /// Makes the coming `close` reset the connection, so that the peer cannot take a part for the whole.
    public func resetOnClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    /// Gives the descriptor back to the system. The number may be somebody else's at once.
    public func close() {
        _ = Glibc.close(fd)
    }

    /// The address the socket is bound to.
    public var localAddress: SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(fd, $0, &length) }
        }
        return result == 0 ? SocketAddress(&storage, length: length) : nil
    }

    func setOption(_ level: CInt, _ name: CInt, _ value: CInt) {
        var value = value
        _ = unsafe setsockopt(fd, level, name, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    private static func failure() -> TransferResult {
        let code = errno
        return code == EAGAIN || code == EWOULDBLOCK ? .wouldBlock : .failed(code)
    }
}
