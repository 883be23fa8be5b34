import Glibc
import MartletReactor
import TestSupport
import Testing

/// True where the kernel has IPv6 at all.
private let hasIPv6 = unsafe access("/proc/net/if_inet6", R_OK) == 0
private let loopback6 = SocketAddress.ipv6(0, 1, port: 0, zone: 0)

@Suite("Listener")
struct ListenerTests {
    /// What a listener that answers each connection with its peer's address did.
    private struct Accepted: Sendable {
        var fds: [CInt] = []
        var peers: [SocketAddress] = []
    }

    /// Serves `socket` on `loop`: every connection is recorded, greeted with "hi" and closed when `keeps` is false.
    private func serve(
        _ socket: ListeningSocket,
        on loop: EventLoop,
        keeps: Bool = false
    ) async throws -> (Locked<Accepted>, OnLoop<Listener>) {
        let accepted = Locked(Accepted())
        let listener = try await loop.call { () -> OnLoop<Listener> in
            let listener = try Listener(
                socket,
                loop: loop,
                accepted: { socket, peer in
                    accepted.withLock {
                        $0.fds.append(socket.fd)
                        $0.peers.append(peer)
                    }
                    _ = socket.send(Array("hi".utf8).span)
                    if !keeps { socket.close() }
                },
                failed: { Issue.record("\($0)") }
            )
            return OnLoop(value: listener)
        }
        return (accepted, listener)
    }

    @Test("port 0 takes a free port, and a client of 127.0.0.1 is accepted with its own address")
    func ipv4() async throws {
        try await withLoop { loop in
            let bound = try ListeningSocket.bind(.loopback(port: 0), count: 1)
            #expect(bound.count == 1)
            #expect(bound[0].address.port != 0)
            #expect(bound[0].address.host == "127.0.0.1")
            let (accepted, listener) = try await serve(bound[0], on: loop)
            let client = try TestSocket.connect(to: bound[0].address)
            #expect(try client.receiveAll() == Array("hi".utf8))
            #expect(accepted.value.peers == [client.localAddress])
            try await loop.call { listener.value.close() }
        }
    }

    @Test("[::] takes IPv4 clients too and shows them as IPv4", .enabled(if: hasIPv6))
    func dualStack() async throws {
        try await withLoop { loop in
            let bound = try ListeningSocket.bind(.anyIPv6(port: 0), count: 1)[0]
            let (accepted, listener) = try await serve(bound, on: loop)
            let port = try #require(bound.address.port)
            let clients = [
                try TestSocket.connect(to: .loopback(port: port)),
                try TestSocket.connect(to: loopback6.with(port: port)),
            ]
            for client in clients { #expect(try client.receiveAll() == Array("hi".utf8)) }
            #expect(accepted.value.peers.map(\.host).sorted() == ["127.0.0.1", "::1"])
            #expect(accepted.value.peers.allSatisfy { $0.isLoopback })
            try await loop.call { listener.value.close() }
        }
    }

    @Test("[::1] takes IPv6 clients only", .enabled(if: hasIPv6))
    func ipv6Only() async throws {
        let bound = try ListeningSocket.bind(loopback6, count: 1)[0]
        defer { close(bound.fd) }
        #expect(bound.address.description.hasPrefix("[::1]:"))
        #expect(TestSocket.option(of: bound.fd, CInt(IPPROTO_IPV6), IPV6_V6ONLY) == 1)
        _ = try TestSocket.connect(to: bound.address)
    }

    @Test("a Unix socket is accepted on, with a peer that has no path")
    func unixSocket() async throws {
        let directory = try TemporaryDirectory()
        try await withLoop { loop in
            let address = SocketAddress.unix(path: directory.path(of: "s"))
            let bound = try ListeningSocket.bind(address, count: 1)[0]
            #expect(bound.address == address)
            let (accepted, listener) = try await serve(bound, on: loop)
            #expect(try TestSocket.connect(to: address).receiveAll() == Array("hi".utf8))
            #expect(accepted.value.peers == [.unix(path: "")])
            try await loop.call { listener.value.close() }
        }
    }

    @Test("accepted sockets do not block, do not leak into children, and do not wait to fill segments")
    func options() async throws {
        try await withLoop { loop in
            for bound in try ListeningSocket.bind(.loopback(port: 0), count: 2) {
                let (accepted, listener) = try await serve(bound, on: loop, keeps: true)
                var clients: [TestSocket] = []
                // Which of the two gets a client is the kernel's choice.
                while accepted.value.fds.isEmpty {
                    let client = try TestSocket.connect(to: bound.address, timeout: .milliseconds(100))
                    clients.append(client)
                    try await loop.call { listener.value.ready(.readable) }
                }
                for fd in accepted.value.fds {
                    #expect(fcntl(fd, F_GETFL) & O_NONBLOCK != 0)
                    #expect(fcntl(fd, F_GETFD) & FD_CLOEXEC != 0)
                    #expect(TestSocket.option(of: fd, CInt(IPPROTO_TCP), TCP_NODELAY) == 1)
                    #expect(TestSocket.option(of: fd, SOL_SOCKET, SO_KEEPALIVE) == 1)
                    #expect(TestSocket.option(of: fd, CInt(IPPROTO_TCP), TCP_KEEPIDLE) == 60)
                    close(fd)
                }
                #expect(fcntl(bound.fd, F_GETFL) & O_NONBLOCK != 0)
                #expect(fcntl(bound.fd, F_GETFD) & FD_CLOEXEC != 0)
                try await loop.call { listener.value.close() }
            }
        }
    }

    @Test("a burst of 500 connections is accepted in portions, with turns for others between")
    func burst() throws {
        let loop = try EventLoop(name: "burst")
        let bound = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
        let clients = try (0..<500).map { _ in try TestSocket.connect(to: bound.address) }
        var accepted = 0
        let listener = try Listener(
            bound,
            loop: loop,
            accepted: { socket, _ in
                accepted += 1
                socket.close()
            },
            failed: { Issue.record("\($0)") }
        )
        let other = ScriptedSource()
        let registration = loop.register(timer: other)
        var portions: [Int] = []
        other.onTurn = {
            portions.append(accepted)
            accepted = 0
            if portions.reduce(0, +) < clients.count { loop.requestTurn(registration) } else { loop.stop() }
        }
        loop.requestTurn(registration)
        loop.runHere()
        #expect(portions.reduce(0, +) == 500)
        #expect((portions.max() ?? 0) <= 64)
        listener.close()
    }

    @Test("closing from inside the accepting call stops there; later clients are refused")
    func closeWhileAccepting() throws {
        let loop = try EventLoop(name: "close")
        let bound = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
        let clients = try (0..<3).map { _ in try TestSocket.connect(to: bound.address) }
        var listener: Listener?
        var count = 0
        listener = try Listener(
            bound,
            loop: loop,
            accepted: { socket, _ in
                count += 1
                socket.close()
                listener?.close()
                listener?.close()
                loop.stop()
            },
            failed: { Issue.record("\($0)") }
        )
        loop.runHere()
        listener = nil
        #expect(count == 1)
        #expect(clients.count == 3)
        let error = #expect(throws: SystemError.self) { try TestSocket.connect(to: bound.address) }
        #expect(error?.code == ECONNREFUSED)
    }
}
