import Glibc
import Logging
import Martlet
import MartletReactor
import TestSupport
import Testing

@Suite("A server hands its listening sockets over to the next", .timeLimit(.patient))
struct HandOverTests {
    @Test("ten servers one after the other, with more loops and fewer: no request is refused, cut or unanswered")
    func underLoad() async throws {
        var configuration = ServerConfiguration()
        configuration.addresses = [.loopback(port: 0)]
        configuration.threads = 2
        configuration.holdUpWarning = nil
        var current = Server(configuration: configuration, handler: echoPath)
        try current.start()
        let address = try #require(current.addresses.first)
        let ends = Locked(false)
        let clients = try (0..<4).map { try Client(number: $0, address: address, ends: ends) }
        for generation in 1...10 {
            let answered = clients.map(\.answered)
            try await eventually("each client got 20 answers more") {
                zip(clients, answered).allSatisfy { $0.answered >= $1 + 20 || $0.failure != nil }
            }
            configuration.listeners = try current.duplicateListeners()
            configuration.threads = [3, 1, 2, 5][generation % 4]
            let next = Server(configuration: configuration, handler: echoPath)
            try next.start()
            #expect(next.addresses == [address])
            current.handOver(grace: .seconds(60))
            await current.waitUntilStopped()
            current = next
        }
        ends.withLock { $0 = true }
        for client in clients {
            client.thread.join()
            #expect(client.failure == nil)
        }
        current.stop()
        await current.waitUntilStopped()
    }

    @Test("an idle connection may send one more request, and is told that it was the last")
    func idle() async throws {
        try await withServer(echoPath) { server in
            let socket = try server.connect()
            try socket.send(get("/first"))
            try socket.expect(ok("/first"))
            server.server.handOver(grace: .seconds(3600))
            try await eventually("new connections are refused") { (try? server.connect()) == nil }
            try socket.send(get("/last"))
            let answer = String(decoding: try socket.receiveAll(), as: UTF8.self)
            #expect(answer.contains("Connection: close\r\n") && answer.hasSuffix("/last"))
            await server.server.waitUntilStopped()
        }
    }

    @Test("who sends nothing more is let go after a few seconds, long before the grace is over")
    func silent() async throws {
        try await withServer(echoPath) { server in
            let socket = try server.connect()
            try socket.send(get("/first"))
            try socket.expect(ok("/first"))
            server.server.handOver(grace: .seconds(3600))
            try socket.expectEnd()
            await server.server.waitUntilStopped()
        }
    }

    @Test("a Unix socket's file stays where it is, and a client that was not accepted is the successor's")
    func unixSocket() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path(of: "socket")
        try await withServer(echoPath, configure: { $0.addresses = [.unix(path: path)] }) { first in
            var configuration = ServerConfiguration()
            configuration.listeners = try first.server.duplicateListeners()
            configuration.threads = 2
            first.server.handOver(grace: .zero)
            await first.server.waitUntilStopped()
            // Nobody accepts now, and yet nobody is refused.
            let client = try TestSocket.connect(to: .unix(path: path))
            try client.send("GET /waited HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let second = Server(configuration: configuration, handler: echoPath)
            try second.start()
            #expect(String(decoding: try client.receiveAll(), as: UTF8.self).hasSuffix("/waited"))
            second.stop()
            await second.waitUntilStopped()
            #expect(unsafe access(path, F_OK) != 0)
        }
    }

    @Test("what the successor does not take is closed as ever, and its file removed")
    func dropped() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path(of: "socket")
        try await withServer(echoPath, configure: { $0.addresses.append(.unix(path: path)) }) { server in
            let copies = try server.server.duplicateListeners()
            let client = try TestSocket.connect(to: .unix(path: path))
            try client.send("GET /waits HTTP/1.1\r\nHost: a\r\n\r\n")
            server.server.handOver(grace: .seconds(3600), at: [server.address])
            let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
            #expect(answer.hasSuffix("/waits"))
            #expect(unsafe access(path, F_OK) != 0)
            for copy in copies { copy.close() }
            await server.server.waitUntilStopped()
        }
    }

    @Test("a server that has stopped has nothing to hand over")
    func stopped() async throws {
        try await withServer(echoPath) { server in
            server.server.stop()
            #expect(throws: SystemError.self) { try server.server.duplicateListeners() }
            await server.server.waitUntilStopped()
        }
    }
}

/// Sends requests, two on each connection, until told to end.
private final class Client: Sendable {
    private struct State {
        var answered = 0
        var failure: String?
    }

    private let state: Locked<State>
    let thread: Thread

    var answered: Int { state.withLock { $0.answered } }
    var failure: String? { state.withLock { $0.failure } }

    init(number: Int, address: SocketAddress, ends: Locked<Bool>) throws {
        let state = Locked(State())
        self.state = state
        thread = try Thread(name: "client-\(number)") {
            while !ends.withLock({ $0 }) {
                do {
                    try Self.exchange(address) { state.withLock { $0.answered += 1 } }
                } catch {
                    return state.withLock { $0.failure = "\(error)" }
                }
            }
        }
    }

    /// The second request comes when the first is answered: unless that said that the connection closes.
    private static func exchange(_ address: SocketAddress, answered: () -> Void) throws {
        let socket = try TestSocket.connect(to: address, timeout: .seconds(60))
        try socket.send(get("/first"))
        let first = String(decoding: try socket.receive(through: "/first"), as: UTF8.self)
        answered()
        guard !first.contains("Connection: close") else { return }
        try socket.send("GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let second = String(decoding: try socket.receiveAll(), as: UTF8.self)
        guard second.hasSuffix("/second") else { throw Cut(answer: second) }
        answered()
    }

    private struct Cut: Error {
        let answer: String
    }
}
