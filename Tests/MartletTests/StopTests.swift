import Glibc
import Logging
import Martlet
import TestSupport
import Testing

@Suite("Servers start whole and stop gracefully", .timeLimit(.patient))
struct StopTests {
    @Test("idle connections close at once, used or not, with a stray empty line or without")
    func idle() async throws {
        // Over a Unix socket, where a connection is accepted before anything is sent.
        let directory = try TemporaryDirectory()
        let path = directory.path(of: "socket")
        try await withServer(echoPath, configure: { $0.addresses = [.unix(path: path)] }) { server in
            let fresh = try server.connect()
            let used = try server.connect()
            try used.send(get())
            try used.expect(ok("/"))
            let stray = try server.connect()
            try stray.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx\r\n")
            try stray.expect(ok("/"))
            server.server.stop(grace: .seconds(3600))
            try fresh.expectEnd()
            try used.expectEnd()
            try stray.expectEnd()
            await server.server.waitUntilStopped()
        }
    }

    @Test("a server that drains gives its Unix socket's path free, and leaves its successor's alone")
    func unixSocket() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path(of: "socket")
        let gate = Gate()
        let slow = Waiting { _ in
            await gate.pass()
            return .text("done")
        }
        let configure: @Sendable (inout ServerConfiguration) -> Void = { $0.addresses = [.unix(path: path)] }
        try await withServer(slow, configure: configure) { first in
            let waiting = try first.connect()
            try waiting.send(get())
            first.server.stop(grace: .seconds(3600))
            try await eventually("the path is free") { unsafe access(path, F_OK) != 0 }
            var configuration = ServerConfiguration()
            configure(&configuration)
            let second = Server(configuration: configuration, handler: echoPath)
            try second.start()
            gate.open()
            await first.server.waitUntilStopped()
            let client = try TestSocket.connect(to: .unix(path: path))
            try client.send("GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(String(decoding: try client.receiveAll(), as: UTF8.self).hasSuffix("/second"))
            second.stop()
            await second.waitUntilStopped()
            #expect(unsafe access(path, F_OK) != 0)
        }
    }

    @Test("a busy connection finishes, says that it closes, and the last one ends the server", .rfc("9112-9.6-01"))
    func busy() async throws {
        let gate = Gate()
        let started = Record<Void>()
        let handler = Waiting { _ in
            started.append(())
            await gate.pass()
            return .text("done")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get() + get("/pipelined"))
            try await eventually("the handler waits") { started.all.count == 1 }
            server.server.stop(grace: .seconds(3600))
            try await eventually("new connections are refused") {
                do {
                    _ = try server.connect()
                    return false
                } catch let error as SystemError {
                    return error.code == ECONNREFUSED
                }
            }
            #expect(socket.isSilent)
            gate.open()
            #expect(try masked(socket.receiveAll()) == ok("done", connection: "close"))
            await server.server.waitUntilStopped()
        }
    }

    @Test("a download in flight is finished")
    func download() async throws {
        let text = String(repeating: "x", count: 16 << 20)
        try await withServer(Immediate { _ in .text(text) }) { server in
            let socket = try server.connect(receiveBuffer: 8192)
            try socket.send(get())
            let first = try socket.receive(exactly: 1000)
            server.server.stop(grace: .seconds(3600))
            #expect(try masked(first + socket.receiveAll()) == ok(text))
            await server.server.waitUntilStopped()
        }
    }

    @Test("a head that has begun may be finished")
    func halfAHead() async throws {
        try await withServer(echoPath) { server in
            let socket = try server.connect()
            try socket.send("GET / HTTP/1.1\r\n")
            _ = try server.answer(to: get("/", "Connection: close"))
            server.server.stop(grace: .seconds(3600))
            // The rest may reach the loop before the call to stop does: then the answer would not say that it closes.
            try await eventually("the server listens no more") { (try? server.connect()) == nil }
            try socket.send("Host: a\r\n\r\n")
            #expect(try masked(socket.receiveAll()) == ok("/", connection: "close"))
            await server.server.waitUntilStopped()
        }
    }

    @Test("the grace period cuts what is still busy, and its handler is cancelled", arguments: [true, false])
    func grace(isSecondCall: Bool) async throws {
        let seen = Record<String>()
        let handler = Waiting { _ in
            seen.append("started")
            do { try await Task.sleep(for: .seconds(3600)) } catch { seen.append("cancelled") }
            return .text("never")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get())
            try await eventually("the handler waits") { seen.all == ["started"] }
            let start = ContinuousClock.now
            if isSecondCall {
                server.server.stop(grace: .seconds(3600))
                server.server.stop(grace: .zero)
            } else {
                server.server.stop(grace: .milliseconds(200))
            }
            #expect(throws: SystemError.self) { try socket.receiveAll() }
            await server.server.waitUntilStopped()
            if !isSecondCall { #expect(ContinuousClock.now - start >= .milliseconds(195)) }
            try await eventually("the handler has ended") { seen.all == ["started", "cancelled"] }
        }
    }

    @Test("run ends when its task is cancelled, before it started or later", arguments: [true, false])
    func run(isEarly: Bool) async throws {
        let server = Server(configuration: Self.configuration(port: 0), handler: echoPath)
        let running = Task { try await server.run() }
        if !isEarly { try await eventually("the server listens") { !server.addresses.isEmpty } }
        running.cancel()
        try await running.value
    }

    @Test("a server that stopped can be asked to stop again, and waited for again")
    func stopTwice() async throws {
        try await withServer(echoPath, configure: { $0.threads = 2 }) { server in
            server.server.stop()
            await server.server.waitUntilStopped()
            server.server.stop()
            await server.server.waitUntilStopped()
            server.server.join()
        }
    }

    @Test("a busy port is an error that names it, and leaves nothing open")
    func busyPort() async throws {
        try await withServer(echoPath) { server in
            let before = server.descriptors()
            var configuration = Self.configuration(port: server.address.port ?? 0)
            // The first address is free: it must be given back.
            let free = try #require(ListeningSocket.bind(.loopback(port: 0), count: 1).first)
            free.close()
            configuration.addresses.insert(free.address, at: 0)
            let other = Server(configuration: configuration, handler: echoPath)
            #expect(throws: SystemError(code: EADDRINUSE, operation: "bind \(server.address)")) { try other.start() }
            #expect(server.descriptors() == before)
            try ListeningSocket.bind(free.address, count: 1).first?.close()
            #expect(other.addresses.isEmpty)
        }
    }

    private static func configuration(port: UInt16) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.addresses = [.loopback(port: port)]
        configuration.threads = 2
        return configuration
    }
}
