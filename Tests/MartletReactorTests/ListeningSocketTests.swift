import CMartlet
import Glibc
import MartletReactor
import TestSupport
import Testing

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

    @Test("where clients speak first, a connection is there with its first octets, and a silent one after a while")
    func awaitsData() throws {
        let listening = try ListeningSocket.bind(.loopback(port: 0), count: 1, awaitsData: true)[0]
        defer { close(listening.fd) }
        let silent = try TestSocket.connect(to: listening.address)
        #expect(accept(listening.fd, nil, nil) == -1 && errno == EAGAIN)
        let talking = try TestSocket.connect(to: listening.address)
        try talking.send("hello")
        try wait(for: listening.fd)
        let first = TestSocket(fd: accept(listening.fd, nil, nil))
        #expect(try first.receive() == Array("hello".utf8))
        try wait(for: listening.fd)
        let second = TestSocket(fd: accept(listening.fd, nil, nil))
        try second.send("who is there?")
        #expect(try silent.receive() == Array("who is there?".utf8))
    }

    private func wait(for fd: CInt) throws {
        var entry = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        try #require(unsafe poll(&entry, 1, 60_000) == 1)
    }
}
