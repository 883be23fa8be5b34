import CMartlet
import Glibc
import Martlet
import MartletReactor

extension TestServer {
    /// The life of the acceptor's thread.
    func acceptConnections() {
        var threads: [(thread: Thread, hasEnded: Signal)] = []
        while let isListening = waitForConnection() {
            guard isListening, let (socket, peer) = accept() else { continue }
            threads.removeAll { entry in
                let hasEnded = (try? poll([(entry.hasEnded.fd, POLLIN)], by: Instant.now())) != nil
                if hasEnded { entry.thread.join() }
                return hasEnded
            }
            do {
                guard threads.count < Self.connectionLimit else {
                    throw SystemError(code: EMFILE, operation: "more than \(Self.connectionLimit) connections at once")
                }
                threads.append(try serve(socket, peer))
            } catch {
                socket.close()
                report(.limit("a connection was closed: \(error)"))
            }
        }
        for entry in threads { entry.thread.join() }
        listener.close()
        let waiters = state.withLock { state in
            state.hasEnded = true
            return state.stopWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until there may be a connection or the state has changed.
    /// - Returns: whether connections are accepted; nil when the server stops.
    private func waitForConnection() -> Bool? {
        let isListening = state.withLock { $0.isListening }
        var descriptors = [(stopped.fd, POLLIN), (changed.fd, POLLIN)]
        if isListening { descriptors.append((listener.fd, POLLIN)) }
        guard let ready = try? poll(descriptors, by: .never), !ready[0] else { return nil }
        if ready[1] { changed.clear() }
        return isListening
    }

    private func accept() -> (Socket, SocketAddress)? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let fd = unsafe cm_accept(listener.fd, &storage, &length)
        if fd < 0, errno == EMFILE || errno == ENFILE {
            report(.limit("\(SystemError(operation: "accept"))"))
            // The connection goes on waiting: without a rest this thread would spin.
            _ = try? poll([(stopped.fd, POLLIN)], by: Instant.now() + Nanoseconds(.milliseconds(50)))
        }
        guard fd >= 0 else { return nil }
        return (Socket(fd: fd), SocketAddress(&storage, length: length) ?? .loopback(port: 0))
    }

    private func serve(_ socket: Socket, _ peer: SocketAddress) throws -> (Thread, Signal) {
        let (number, security) = state.withLock { state in
            state.connections += 1
            return (state.connections, state.security)
        }
        let hasEnded = try Signal()
        let stream = PolledSocket(socket, interrupt: stopped)
        let connection = ServedConnection(
            server: self,
            stream: stream,
            security: security,
            peer: peer,
            number: number
        )
        let thread = try Thread(name: "test-server-\(number)") {
            connection.run()
            hasEnded.set()
        }
        return (thread, hasEnded)
    }
}
