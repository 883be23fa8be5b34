import Logging
import Martlet
import MartletReactor
import MartletWebSocket
import TestSupport
import Testing

/// A server on a free port whose every GET is a WebSocket.
struct LiveServer: Sendable {
    let server: Server
    let log: CapturedLog
    var address: SocketAddress { server.addresses[0] }

    /// Runs it for the length of `body`, which may block.
    static func run(
        protocols: [String] = [],
        origins: WebSocket.Origins = .same,
        limits: WebSocket.Limits = WebSocket.Limits(),
        socket: @escaping @Sendable (WebSocket) async throws -> Void,
        _ body: @escaping @concurrent @Sendable (LiveServer) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration()
        configuration.addresses = [.loopback(port: 0)]
        configuration.threads = 1
        configuration.serverName = nil
        let log = CapturedLog()
        configuration.logger = Logger(label: "test") { _ in log }
        let server = Server(configuration: configuration, handler: Handled(protocols, origins, limits, socket))
        try server.start()
        let client = try EventLoop(name: "client")
        try client.start()
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await withTaskExecutorPreference(client) { try await body(LiveServer(server: server, log: log)) }
            )
        } catch {
            result = .failure(error)
        }
        client.stop()
        client.join()
        server.stop(grace: .zero)
        await server.waitUntilStopped()
        try result.get()
    }

    /// A client that has shaken hands.
    func connect(timeout: Duration = .seconds(60)) throws -> TestSocket {
        let socket = try TestSocket.connect(to: address, timeout: timeout)
        try socket.send(handshake())
        let answer = try #require(WireAnswer(socket.receive(through: "\r\n\r\n")))
        #expect(answer.status == 101)
        return socket
    }

    /// The handshake of RFC 6455 §1.3, with fields changed, added, or left out by nil.
    func handshake(_ changes: [String: String?] = [:], method: String = "GET") -> String {
        var fields: [String: String?] = [
            "Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
        ]
        fields.merge(changes) { $1 }
        let lines = fields.compactMap { name, value in value.map { "\(name): \($0)\r\n" } }.sorted()
        return "\(method) /chat HTTP/1.1\r\n\(lines.joined())\r\n"
    }

    private struct Handled: ImmediateHandler {
        let protocols: [String]
        let origins: WebSocket.Origins
        let limits: WebSocket.Limits
        let socket: @Sendable (WebSocket) async throws -> Void

        init(
            _ protocols: [String],
            _ origins: WebSocket.Origins,
            _ limits: WebSocket.Limits,
            _ socket: @escaping @Sendable (WebSocket) async throws -> Void
        ) {
            (self.protocols, self.origins, self.limits, self.socket) = (protocols, origins, limits, socket)
        }

        func respondImmediately(to request: Request) throws -> Response? {
            if request.path.segments.isEmpty { return .html(LiveServer.page) }
            return try WebSocket.response(to: request, protocols: protocols, origins: origins, limits: limits, socket)
        }

        func respond(to request: Request) async throws -> Response { .text("never") }
    }

    /// What the browser test opens: it says in its title what came of an echo.
    static let page: HTML = """
        <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>loading</title>
        </head><body><script>
        const socket = new WebSocket(`ws://${location.host}/chat`, ["other", "chat"]);
        socket.binaryType = "arraybuffer";
        const heard = [];
        socket.onopen = () => { socket.send("grüße"); socket.send(new Uint8Array(70000).fill(7)); };
        socket.onmessage = event => {
            heard.push(typeof event.data === "string" ? event.data : event.data.byteLength);
            if (heard.length === 2) socket.close(4000, "done");
        };
        socket.onclose = event => {
            document.title = `${socket.protocol} ${heard} ${event.code} ${event.reason} ${event.wasClean}`;
        };
        </script></body></html>
        """
}

/// Sends every message back.
let echo: @Sendable (WebSocket) async throws -> Void = { socket in
    for try await message in socket { try await socket.send(message) }
}

extension TestSocket {
    /// Receives as many octets as `expected` has and compares.
    func expect(_ expected: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try receive(exactly: expected.count) == expected, sourceLocation: sourceLocation)
    }

    /// Expects these octets and then the end.
    func expectLast(_ expected: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try receiveAll() == expected, sourceLocation: sourceLocation)
    }
}
