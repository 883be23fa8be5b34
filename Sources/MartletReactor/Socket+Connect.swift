import CMartlet
import Glibc

extension Socket {
    /// Begins to connect to `address`, without waiting: the socket is writable when that is done, and then
    /// `connectionFailure` says how it went. Small segments are sent at once, and a peer that vanishes is found out.
    /// - Throws: `SystemError` when it failed already: for a Unix socket at once, ECONNREFUSED, ENOENT, or EAGAIN when too
    ///   many wait there.
    public static func connect(to address: SocketAddress) throws(SystemError) -> Socket {
        let fd = cm_stream_socket(address.family)
        guard fd >= 0 else { throw SystemError(operation: "socket for \(address)") }
        let socket = Socket(fd: fd)
        if address.port != nil {
            socket.setNoDelay()
            socket.setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
            socket.setOption(CInt(IPPROTO_TCP), TCP_KEEPIDLE, 60)
            socket.setOption(CInt(IPPROTO_TCP), TCP_KEEPINTVL, 10)
            socket.setOption(CInt(IPPROTO_TCP), TCP_KEEPCNT, 4)
        }
        let code = unsafe address.withSystemAddress { unsafe Glibc.connect(fd, $0, $1) == 0 ? 0 : errno }
        guard code == 0 || code == EINPROGRESS || code == EINTR else {
            socket.close()
            throw SystemError(code: code, operation: "connect to \(address)")
        }
        return socket
    }

    /// Why connecting failed, as an `errno`; 0: it did not.
    public var connectionFailure: CInt {
        var code: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        guard unsafe getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { return errno }
        return code
    }

    /// Whether the connection rests: nothing has come, not even its end. Takes nothing away.
    public var isAtRest: Bool {
        var octet: UInt8 = 0
        let count = unsafe recv(fd, &octet, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT))
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
    }
}
