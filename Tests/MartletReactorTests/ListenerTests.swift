import CMartlet
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
    ) async throws -> (Shared<Accepted>, OnLoop<Listener>) {
        let accepted = Shared(Accepted())
        let listener = try await loop.call { () -> OnLoop<Listener> in
            let listener = try Listener(
                socket,
                loop: loop,
                accepted: { socket, peer in
                    accepted.change {
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
        #expect(count == 1)
        #expect(clients.count == 3)
        let error = #expect(throws: SystemError.self) { try TestSocket.connect(to: bound.address) }
        #expect(error?.code == ECONNREFUSED)
    }
}

@Suite("ListeningSocket")
struct ListeningSocketTests {
    @Test("sockets that share a port each get a share of the connections")
    func sharing() throws {
        let sockets = try ListeningSocket.bind(.loopback(port: 0), count: 4)
        defer { for socket in sockets { close(socket.fd) } }
        #expect(sockets.count == 4)
        #expect(Set(sockets.map(\.address)).count == 1)
        let clients = try (0..<200).map { _ in try TestSocket.connect(to: sockets[0].address) }
        let shares = sockets.map { socket in
            var share = 0
            while true {
                let fd = accept(socket.fd, nil, nil)
                guard fd >= 0 else { return share }
                close(fd)
                share += 1
            }
        }
        #expect(shares.reduce(0, +) == clients.count)
        #expect(shares.allSatisfy { $0 > 10 }, "\(shares)")
    }

    @Test("sockets that share a Unix socket take its connections, whoever comes first")
    func sharedUnixSocket() throws {
        let directory = try TemporaryDirectory()
        let address = SocketAddress.unix(path: directory.path(of: "shared"))
        let sockets = try ListeningSocket.bind(address, count: 3)
        defer { for socket in sockets { close(socket.fd) } }
        #expect(sockets.map(\.address) == [address, address, address])
        for socket in sockets {
            let client = try TestSocket.connect(to: address)
            let fd = accept(socket.fd, nil, nil)
            #expect(fd >= 0)
            close(fd)
            #expect(try client.receiveAll() == [])
        }
    }

    @Test("a port where somebody listens is refused, even if he shares it", arguments: [false, true], [1, 2])
    func busy(shares: Bool, count: Int) throws {
        let fd = cm_stream_socket(AF_INET)
        let owner = TestSocket(fd: fd)
        if shares { owner.setOption(SOL_SOCKET, SO_REUSEPORT, 1) }
        owner.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
        try #require(unsafe SocketAddress.loopback(port: 0).withSystemAddress { unsafe bind(fd, $0, $1) } == 0)
        try #require(listen(fd, 16) == 0)
        let address = try #require(owner.localAddress)
        let error = #expect(throws: SystemError.self) { try ListeningSocket.bind(address, count: count) }
        #expect(error?.code == EADDRINUSE)
        #expect(error?.description == "bind \(address): Address already in use")
    }

    @Test("our own shared port is refused to a second server")
    func busyWithOurs() throws {
        let first = try ListeningSocket.bind(.loopback(port: 0), count: 2)
        defer { for socket in first { close(socket.fd) } }
        let error = #expect(throws: SystemError.self) { try ListeningSocket.bind(first[0].address, count: 2) }
        #expect(error?.code == EADDRINUSE)
    }

    @Test("a port whose last connections linger in TIME-WAIT can be taken again at once")
    func timeWait() throws {
        let first = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
        let client = try TestSocket.connect(to: first.address)
        let fd = accept(first.fd, nil, nil)
        close(fd)
        #expect(try client.receiveAll() == [])
        close(first.fd)
        let again = try ListeningSocket.bind(first.address, count: 1)[0]
        close(again.fd)
    }

    @Test("a socket file that nobody listens on is replaced; one in use is refused")
    func staleSocketFile() throws {
        let directory = try TemporaryDirectory()
        let address = SocketAddress.unix(path: directory.path(of: "s"))
        close(try ListeningSocket.bind(address, count: 1)[0].fd)
        let second = try ListeningSocket.bind(address, count: 1)[0]
        let error = #expect(throws: SystemError.self) { try ListeningSocket.bind(address, count: 1) }
        #expect(error?.code == EADDRINUSE)
        _ = try TestSocket.connect(to: address)
        close(second.fd)
    }

    @Test("a file that is no socket is never removed", arguments: ["file", "link"])
    func otherFiles(name: String) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("file", "precious")
        try #require(unsafe symlink(path, directory.path(of: "link")) == 0)
        let error = #expect(throws: SystemError.self) {
            try ListeningSocket.bind(.unix(path: directory.path(of: name)), count: 1)
        }
        #expect(error?.code == EADDRINUSE)
        #expect(try contents(ofFile: directory.path(of: name)) == "precious")
    }

    @Test(
        "paths that fit no socket address are refused, not cut",
        arguments: [
            "/tmp/" + String(repeating: "x", count: 103), "", "/tmp/martlet-nul\0.sock",
        ]
    )
    func badPaths(path: String) {
        #expect(throws: SystemError.self) { try ListeningSocket.bind(.unix(path: path), count: 1) }
    }

    @Test("the longest path that fits is taken")
    func longestPath() throws {
        let directory = try TemporaryDirectory()
        let name = String(repeating: "x", count: SocketAddress.longestPath - directory.path.utf8.count - 1)
        let address = SocketAddress.unix(path: directory.path(of: name))
        let bound = try ListeningSocket.bind(address, count: 1)[0]
        defer { close(bound.fd) }
        #expect(bound.address == address)
        #expect(Socket(fd: bound.fd).localAddress == address)
        _ = try TestSocket.connect(to: address)
    }

    @Test("an address of somebody else is refused in words that name it")
    func foreignAddress() {
        let error = #expect(throws: SystemError.self) {
            try ListeningSocket.bind(.ipv4(0xC000_0201, port: 0), count: 1)
        }
        #expect(error?.description == "bind 192.0.2.1:0: Cannot assign requested address")
    }
}
