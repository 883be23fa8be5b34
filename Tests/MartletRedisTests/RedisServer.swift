import CMartlet
import Glibc
import MartletReactor
import TestSupport
import Testing

/// A real redis-server of the test's own. Killed when the last reference goes.
final class RedisServer {
    enum Place {
        case unix
        case loopback
    }

    private let folder: TemporaryDirectory
    private let arguments: [String]
    private var child: ChildProcess
    /// Where it is, as `RedisClient` takes it.
    let place: String

    init(_ place: Place = .unix, password: String? = nil, arguments more: [String] = []) throws {
        folder = try TemporaryDirectory()
        let common =
            ["--save", "", "--appendonly", "no", "--dir", folder.path]
            + (password.map { ["--requirepass", $0] } ?? []) + more
        switch place {
        case .unix:
            self.place = "unix:\(folder.path(of: "redis.sock"))"
            arguments = common + ["--port", "0", "--unixsocket", folder.path(of: "redis.sock")]
            child = try Self.start(arguments)
        case .loopback:
            // Somebody else may take the port in between.
            var attempts = 0
            while true {
                let listener = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
                let port = listener.address.port ?? 0
                listener.close()
                let arguments = common + ["--bind", "127.0.0.1", "--port", "\(port)"]
                do {
                    child = try Self.start(arguments)
                    self.arguments = arguments
                    self.place = "127.0.0.1:\(port)"
                    break
                } catch let error as NotStarted where attempts < 10 {
                    attempts += 1
                    _ = error
                }
            }
        }
    }

    private struct NotStarted: Error {}

    private static func start(_ arguments: [String]) throws -> ChildProcess {
        let child = try ChildProcess("redis-server", arguments: arguments)
        while let line = try child.readLine() {
            if line.contains("eady to accept connections") { return child }
        }
        throw NotStarted()
    }

    /// Ends it at once, and waits for that.
    func kill() throws {
        child.send(signal: SIGKILL)
        _ = try child.finish()
    }

    /// Starts it again, empty, at the same place.
    func restart() throws {
        child = try Self.start(arguments)
    }

    /// Holds it still, as a machine that hangs does.
    func freeze() { child.send(signal: SIGSTOP) }
    func thaw() { child.send(signal: SIGCONT) }
}

/// Says and hears literal octets in a server's stead: a function for each connection, one after the other, on a thread of
/// its own.
final class FakeRedis: Sendable {
    let place: String
    private let listener: ListeningSocket
    private static let threads = ThreadPool(name: "fake-redis", threads: 16)

    init(_ scripts: (@Sendable (TestSocket) throws -> Void)...) throws {
        let listener = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
        self.listener = listener
        place = "\(listener.address)"
        Self.threads.start {
            for script in scripts {
                var descriptor = pollfd(fd: listener.fd, events: Int16(POLLIN), revents: 0)
                guard unsafe poll(&descriptor, 1, 60_000) == 1 else { return }
                var storage = sockaddr_storage()
                var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
                let fd = unsafe cm_accept(listener.fd, &storage, &length)
                guard fd >= 0 else { return }
                do {
                    try script(TestSocket(fd: fd))
                } catch {
                    Issue.record(error)
                }
            }
        }
    }

    deinit {
        listener.close()
    }
}

extension TestSocket {
    static let ping = "*1\r\n$4\r\nPING\r\n"

    /// Hears these octets, all of them and no other.
    func hear(_ text: String) throws {
        let heard = String(decoding: try receive(exactly: text.utf8.count), as: UTF8.self)
        #expect(heard == text)
    }

    /// Lets a client in.
    func greet() throws {
        try hear(Self.ping)
        try send("+PONG\r\n")
    }

    /// Waits until the client has closed.
    func awaitEnd() throws {
        #expect(try receiveAll(untilReset: true) == [])
    }
}
