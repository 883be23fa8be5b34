import CMartlet
import Glibc

/// A bound socket that listens, not yet given to a `Listener`.
public struct ListeningSocket: Sendable {
    /// The descriptor, non-blocking; whoever takes the value closes it.
    public let fd: CInt
    /// Where it is bound, with the real port when 0 was asked for.
    public let address: SocketAddress

    /// Connections that may wait to be accepted; the kernel cuts it to net.core.somaxconn.
    public static let defaultBacklog = 4096

    /// Binds one socket for each of `count` loops to the same address; the kernel spreads connections over them
    /// (SO_REUSEPORT). A Unix socket is bound once and shared.
    ///
    /// Another process that listens there already is an error, EADDRINUSE, even if it would share the port.
    /// - Parameters:
    ///   - address: port 0 takes a free one; [::] takes IPv4 connections too.
    ///   - awaitsData: for a protocol in which clients speak first. Over TCP, a connection is accepted when its first
    ///     octets are there, or the end, and otherwise after a second (TCP_DEFER_ACCEPT): a third less work for the
    ///     kernel where connections are short.
    public static func bind(
        _ address: SocketAddress,
        count: Int,
        backlog: Int = defaultBacklog,
        awaitsData: Bool = false
    ) throws(SystemError) -> [ListeningSocket] {
        if case .unix(let path) = address { return try bindUnix(path, count: count, backlog: backlog) }
        var sockets: [ListeningSocket] = []
        do throws(SystemError) {
            // The first is bound without SO_REUSEPORT: so the kernel refuses it when anybody else is there.
            let first = try bound(to: address, sharing: false)
            sockets.append(first)
            if count > 1 { Socket(fd: first.fd).setOption(SOL_SOCKET, SO_REUSEPORT, 1) }
            for _ in 1..<max(count, 1) { sockets.append(try bound(to: first.address, sharing: true)) }
            for socket in sockets {
                // In seconds, and rounded up to one repeat of the kernel's answer to a client that stays silent.
                if awaitsData { Socket(fd: socket.fd).setOption(CInt(IPPROTO_TCP), TCP_DEFER_ACCEPT, 1) }
                try socket.listen(backlog: backlog)
            }
            return sockets
        } catch {
            for socket in sockets { socket.close() }
            throw error
        }
    }

    private static func bound(to address: SocketAddress, sharing: Bool) throws(SystemError) -> ListeningSocket {
        let fd = cm_stream_socket(address.family)
        guard fd >= 0 else { throw SystemError(operation: "socket for \(address)") }
        let socket = Socket(fd: fd)
        // Connections of an earlier run that linger in TIME-WAIT do not hold up a new start.
        socket.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
        if sharing { socket.setOption(SOL_SOCKET, SO_REUSEPORT, 1) }
        if address.port != nil { setConnectionOptions(socket) }
        if case .ipv6 = address { socket.setOption(CInt(IPPROTO_IPV6), IPV6_V6ONLY, address.isAny ? 0 : 1) }
        let result = unsafe address.withSystemAddress { unsafe Glibc.bind(fd, $0, $1) }
        guard result == 0, let real = socket.localAddress else {
            let error = SystemError(operation: "bind \(address)")
            socket.close()
            throw error
        }
        return ListeningSocket(fd: fd, address: real)
    }

    /// Inherited by accepted connections: one system call here instead of one for each.
    private static func setConnectionOptions(_ socket: Socket) {
        socket.setNoDelay()
        // A peer that vanished without a word is found out after 100 s, whatever the connection waits for.
        socket.setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
        socket.setOption(CInt(IPPROTO_TCP), TCP_KEEPIDLE, 60)
        socket.setOption(CInt(IPPROTO_TCP), TCP_KEEPINTVL, 10)
        socket.setOption(CInt(IPPROTO_TCP), TCP_KEEPCNT, 4)
    }

    private static func bindUnix(_ path: String, count: Int, backlog: Int) throws(SystemError) -> [ListeningSocket] {
        let address = SocketAddress.unix(path: path)
        guard path.utf8.count <= SocketAddress.longestPath else {
            throw SystemError(code: ENAMETOOLONG, operation: "bind \(address)")
        }
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw SystemError(code: EINVAL, operation: "bind \(address)")
        }
        try removeStale(path)
        let first = try bound(to: address, sharing: false)
        var sockets = [first]
        do throws(SystemError) {
            try first.listen(backlog: backlog)
            for _ in 1..<max(count, 1) { sockets.append(try first.duplicate()) }
            return sockets
        } catch {
            for socket in sockets { socket.close() }
            throw error
        }
    }

    /// A socket file that nobody listens on any more is left by a server that was killed: it may go.
    private static func removeStale(_ path: String) throws(SystemError) {
        // Connecting to a file of another kind is refused just as connecting to a dead socket: that file stays.
        var status = stat()
        guard unsafe lstat(path, &status) == 0, unsafe cm_is_socket(&status) else { return }
        let fd = cm_stream_socket(AF_UNIX)
        guard fd >= 0 else { throw SystemError(operation: "socket for unix:\(path)") }
        defer { Glibc.close(fd) }
        let result = unsafe SocketAddress.unix(path: path).withSystemAddress { unsafe connect(fd, $0, $1) }
        guard result != 0 else { throw SystemError(code: EADDRINUSE, operation: "bind unix:\(path)") }
        if errno == ECONNREFUSED { unsafe unlink(path) }
    }

    /// The same socket under a further descriptor, which is closed on its own.
    public func duplicate() throws(SystemError) -> ListeningSocket {
        let copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SystemError(operation: "dup \(address)") }
        return ListeningSocket(fd: copy, address: address)
    }

    /// Stops listening, for a socket that no `Listener` took.
    public func close() {
        _ = Glibc.close(fd)
    }

    private func listen(backlog: Int) throws(SystemError) {
        guard Glibc.listen(fd, CInt(clamping: backlog)) == 0 else {
            throw SystemError(operation: "listen on \(address)")
        }
    }
}

extension ListeningSocket {
    /// Takes a listening socket that somebody else has bound, and sets what `bind` would have set for its connections.
    package init(inherited fd: CInt, address: SocketAddress) {
        self.init(fd: fd, address: address)
        if address.port != nil { Self.setConnectionOptions(Socket(fd: fd)) }
    }
}
