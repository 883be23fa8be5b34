import CMartlet
import Glibc

/// A listening socket of one loop: accepts connections and hands them on.
public final class Listener: EventSource {
    /// Connections accepted in one turn, so that a burst of new ones does not hold up those that are served.
    static let acceptsPerTurn = 64
    /// How long accepting rests when the system has no memory, or not even a spare descriptor, for another connection.
    static let pause = Nanoseconds(.milliseconds(100))

    /// Where it listens, with the real port.
    public let address: SocketAddress

    private let fd: CInt
    private let loop: EventLoop
    private let accepted: (Socket, SocketAddress) -> Void
    private let failed: (SystemError) -> Void
    private var registration: Registration?
    private var spare = SpareDescriptor()

    /// Starts accepting on the loop's thread, where both closures are called too.
    /// - Parameters:
    ///   - socket: bound and listening; the listener closes it, unless this initialiser throws.
    ///   - accepted: takes over each new connection, non-blocking.
    ///   - failed: told when the system is out of descriptors or memory; the connection at the front is dropped.
    public init(
        _ socket: ListeningSocket,
        loop: EventLoop,
        accepted: @escaping (Socket, SocketAddress) -> Void,
        failed: @escaping (SystemError) -> Void
    ) throws(SystemError) {
        fd = socket.fd
        address = socket.address
        self.loop = loop
        self.accepted = accepted
        self.failed = failed
        registration = try loop.register(self, fd: fd, trigger: .level)
    }

    /// Stops listening; the kernel resets connections that nobody accepted yet. Call it on the loop's thread.
    public func close() {
        guard let registration else { return }
        self.registration = nil
        loop.deregister(registration, fd: fd)
        _ = Glibc.close(fd)
    }

    /// Accepts a burst; what is left is reported again by the next wait.
    public func ready(_ readiness: Readiness) {
        for _ in 0..<Self.acceptsPerTurn {
            guard registration != nil, acceptOne() else { return }
        }
    }

    /// - Returns: false when there is nothing more to accept now.
    private func acceptOne() -> Bool {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let connection = unsafe cm_accept(fd, &storage, &length)
        guard connection < 0 else {
            let socket = Socket(fd: connection)
            guard let peer = SocketAddress(&storage, length: length) else {
                socket.close()
                return true
            }
            accepted(socket, peer)
            return true
        }
        switch errno {
        case EAGAIN:
            return false
        case EMFILE, ENFILE:
            // A connection that cannot be accepted would be reported for ever: take it with the spare
            // descriptor and close it, so that its client learns at once.
            failed(SystemError(operation: "accept on \(address)"))
            guard registration != nil else { return false }
            if spare.acceptAndClose(fd) { return true }
            rest()
            return false
        case ENOBUFS, ENOMEM:
            failed(SystemError(operation: "accept on \(address)"))
            rest()
            return false
        default:
            // ECONNABORTED and the network errors that accept(2) lists concern one peer that is gone already.
            return true
        }
    }

    private func rest() {
        guard let registration else { return }
        loop.deregister(registration, fd: fd)
        let timer = loop.register(timer: self)
        self.registration = timer
        loop.setDeadline(timer, loop.now + Self.pause)
    }

    /// The rest is over.
    public func deadlineReached() {
        guard let registration else { return }
        loop.deregister(registration, fd: nil)
        do {
            self.registration = try loop.register(self, fd: fd, trigger: .level)
        } catch {
            self.registration = loop.register(timer: self)
            failed(error)
            rest()
        }
    }
}

/// A descriptor kept in reserve for the moment when the process has none left.
private struct SpareDescriptor: ~Copyable {
    private var fd = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)

    deinit {
        if fd >= 0 { close(fd) }
    }

    /// - Returns: false when there was no spare descriptor or nobody waited: then it is time to rest.
    mutating func acceptAndClose(_ listener: CInt) -> Bool {
        if fd >= 0 { close(fd) }
        let connection = accept(listener, nil, nil)
        if connection >= 0 { close(connection) }
        fd = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        return connection >= 0
    }
}
