import Glibc
public import Martlet
import MartletReactor
import MartletWire

#if TLS
    import MartletTLS
#endif

/// A small HTTP/1.1 client for tests: of a handler by `withClient(of:over:)`, or of any server.
///
/// It keeps connections open and uses them again, follows no redirects and keeps no cookies. Can be used from any
/// thread; calls that run at once use a connection each. A cancelled call closes its connection and throws
/// `CancellationError`.
public final class TestClient: Sendable {
    /// How a request reaches its handler.
    enum Route: Sendable {
        case direct(any Handler)
        case connection(host: String, @Sendable (Signal, Instant) throws -> PolledSocket)
    }

    private let route: Route
    private let timeout: Duration
    private let idle = Locked<[PolledSocket]>([])

    /// Its calls wait here, so that none of Swift's own threads is held up.
    private static let threads = ThreadPool(name: "test-client", threads: 64)
    /// Connections kept open.
    private static let idleLimit = 16

    init(_ route: Route, timeout: Duration) {
        self.route = route
        self.timeout = timeout
    }

    /// A client of a server on this machine. It connects when the first request is sent.
    /// - Parameters:
    ///   - port: of 127.0.0.1.
    ///   - timeout: for each call, from connecting to the last octet; default 10 s.
    public convenience init(port: UInt16, timeout: Duration = .seconds(10)) {
        let connect: @Sendable (Signal, Instant) throws -> PolledSocket = { interrupt, deadline in
            try PolledSocket.connect(to: .loopback(port: port), interrupt: interrupt, by: deadline)
        }
        self.init(.connection(host: "127.0.0.1:\(port)", connect), timeout: timeout)
    }

    #if TLS
        /// A client of a server on this machine that speaks TLS, and whose certificate the test CA vouches for. It connects
        /// when the first request is sent.
        /// - Parameters:
        ///   - tlsPort: of 127.0.0.1.
        ///   - host: the name that is asked for, and looked for in the certificate; default `localhost`.
        ///   - timeout: for each call, from connecting to the last octet; default 10 s.
        /// - Throws: `TLSError` when there can be no test CA.
        public convenience init(
            tlsPort: UInt16,
            host: String = "localhost",
            timeout: Duration = .seconds(10)
        ) throws {
            let client = try TestCA.client
            let connect: @Sendable (Signal, Instant) throws -> PolledSocket = { interrupt, deadline in
                let stream = try PolledSocket.connect(
                    to: .loopback(port: tlsPort),
                    interrupt: interrupt,
                    by: deadline
                )
                do throws(StreamError) {
                    return try stream.protected(by: client.protect(stream.socket, to: host), by: deadline)
                } catch {
                    stream.close()
                    throw error
                }
            }
            self.init(.connection(host: "\(host):\(tlsPort)", connect), timeout: timeout)
        }
    #endif

    deinit {
        closeConnections()
    }

    /// Closes the connections that are open and idle; the next request opens another.
    public func closeConnections() {
        let streams = idle.withLock { streams in
            defer { streams = [] }
            return streams
        }
        for stream in streams { stream.close() }
    }

    // MARK: Requests

    /// GETs a target, such as "/search?q=1".
    public func get(_ target: String, fields: Fields = Fields()) async throws -> TestResponse {
        try await send(.get, target, fields: fields)
    }

    /// POSTs text to a target.
    /// - Parameter type: its media type.
    public func post(
        _ target: String,
        _ text: String,
        type: String = "text/plain; charset=utf-8"
    ) async throws -> TestResponse {
        try await send(.post, target, fields: Fields(.contentType, type), body: Array(text.utf8))
    }

    /// Sends a request and waits for the whole answer.
    /// - Parameters:
    ///   - target: as it is to stand in the request line: percent-encoded.
    ///   - fields: sent as they are, after `Host` and before `Content-Length`, unless they have these themselves.
    ///   - body: the content; when there is none, `Content-Length: 0` is sent with the methods that expect some.
    /// - Throws: `TestClientError`, `CancellationError`.
    public func send(
        _ method: HTTPRequest.Method,
        _ target: String,
        fields: Fields = Fields(),
        body: [UInt8] = []
    ) async throws -> TestResponse {
        guard !target.isEmpty, target.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw TestClientError.invalidRequest("its target is \(String(reflecting: target))")
        }
        switch route {
        case .direct(let handler):
            return try await direct(handler, method, target, fields, body)
        case .connection(let host, let connect):
            let octets = Self.request(method, target, host: host, fields, body)
            return try await exchange(connect, reusing: true) { stream, deadline in
                try stream.send(octets[...], by: deadline)
                var reader = ResponseReader(stream, buffer: ReceiveBuffer(capacity: 16_384), deadline: deadline)
                return try reader.response(hasContent: method != .head)
            }
        }
    }

    /// Sends these very octets on a connection of their own and returns all that comes until the server closes it.
    /// - Parameter finishing: whether the sending side is closed after them; default false.
    /// - Throws: `TestClientError`; `.noConnection` over `.direct`.
    public func raw(_ octets: some Sequence<UInt8>, finishing: Bool = false) async throws -> [UInt8] {
        guard case .connection(_, let connect) = route else { throw TestClientError.noConnection }
        let octets = Array(octets)
        return try await exchange(connect, reusing: false) { stream, deadline in
            // A server that refuses early may close before it has read all: its answer counts, not our failure.
            try? stream.send(octets[...], by: deadline)
            if finishing { stream.finishSending() }
            var reader = ResponseReader(stream, buffer: ReceiveBuffer(capacity: 16_384), deadline: deadline)
            return (try reader.rest(), false)
        }
    }

    /// As `raw`, with the UTF-8 of `text`: each line end is to be written as `\r\n`.
    public func raw(_ text: String, finishing: Bool = false) async throws -> [UInt8] {
        try await raw(text.utf8, finishing: finishing)
    }

    private static func request(
        _ method: HTTPRequest.Method,
        _ target: String,
        host: String,
        _ fields: Fields,
        _ body: [UInt8]
    ) -> [UInt8] {
        var octets = Array("\(method.rawValue) \(target) HTTP/1.1\r\n".utf8)
        if !fields.contains(where: { $0.name.lowercased() == "host" }) {
            octets += Array("Host: \(host)\r\n".utf8)
        }
        fields.write(into: &octets)
        let expectsContent = [.post, .put, .patch].contains(method)
        if !fields.contains(.contentLength), !fields.contains(.transferEncoding), !body.isEmpty || expectsContent {
            Fields(.contentLength, "\(body.count)").write(into: &octets)
        }
        return octets + Array("\r\n".utf8) + body
    }

    // MARK: Over a connection

    /// Runs an exchange on a thread that may wait. `work` says whether the connection can be used again.
    private func exchange<Result: Sendable>(
        _ connect: @escaping @Sendable (Signal, Instant) throws -> PolledSocket,
        reusing: Bool,
        _ work: @escaping @Sendable (PolledSocket, Instant) throws -> (Result, staysOpen: Bool)
    ) async throws -> Result {
        let interrupt = try Signal()
        let deadline = Instant.now() + Nanoseconds(timeout)
        return try await withTaskCancellationHandler {
            try await Self.threads.run { [self] in
                do {
                    let kept = reusing ? takeIdle() : nil
                    let stream = try kept?.with(interrupt: interrupt) ?? connect(interrupt, deadline)
                    var staysOpen = false
                    defer { if staysOpen { keep(stream) } else { stream.close() } }
                    let result: Result
                    (result, staysOpen) = try work(stream, deadline)
                    return result
                } catch StreamError.interrupted {
                    throw CancellationError()
                } catch let error as StreamError {
                    throw TestClientError(error, received: 0)
                }
            }
        } onCancel: {
            interrupt.set()
        }
    }

    /// A kept connection that the server has not closed meanwhile.
    private func takeIdle() -> PolledSocket? {
        while let stream = idle.withLock({ $0.popLast() }) {
            if stream.socket.isQuiet { return stream }
            stream.close()
        }
        return nil
    }

    private func keep(_ stream: PolledSocket) {
        let surplus = idle.withLock { streams in
            streams.append(stream)
            return streams.count > Self.idleLimit ? streams.removeFirst() : nil
        }
        surplus?.close()
    }

    // MARK: Directly

    private func direct(
        _ handler: any Handler,
        _ method: HTTPRequest.Method,
        _ target: String,
        _ fields: Fields,
        _ body: [UInt8]
    ) async throws -> TestResponse {
        let request: Request
        do throws(RequestError) {
            request = try Request(method, target, fields: fields, body: body)
        } catch {
            throw TestClientError.invalidRequest(error.reason)
        }
        let collected = try await withTimeout {
            await CollectedResponse(to: request.fields) { try await handler.respond(to: request) }
        }
        if case .upgrade = collected.response.body { throw TestClientError.noConnection }
        if case .cut = collected.failure { throw TestClientError.reset(received: collected.content.count) }
        return TestResponse(collected, to: request)
    }

    /// A handler that heeds cancellation ends in time: `events` would go on for ever.
    private func withTimeout<Result: Sendable>(_ work: @escaping @Sendable () async -> Result) async throws -> Result {
        let isOver = Locked(false)
        let task = Task { await work() }
        let timer = Task { [timeout] in
            try await Task.sleep(for: timeout)
            isOver.withLock { $0 = true }
            task.cancel()
        }
        defer { timer.cancel() }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        try Task.checkCancellation()
        if isOver.withLock({ $0 }) { throw TestClientError.timedOut(received: 0) }
        return result
    }
}

extension TestResponse {
    /// What a client would have received.
    init(_ collected: CollectedResponse, to request: Request) {
        let response = collected.response
        let hasContent = ResponseHead.allowsContent(response.status)
        status = response.status
        body = hasContent && request.method != .head ? collected.content : []
        var fields = response.contentFields
        if ResponseHead.allowsContentLength(response.status), !collected.isStreamed {
            fields.append(.contentLength, "\(hasContent ? collected.content.count : 0)")
        }
        self.fields = fields
        trailers = request.fields.hasMember("trailers", of: .te) ? collected.trailers : Fields()
        rawHead = []
        interim = []
        handlerError = collected.failure?.error
    }
}

extension TestClientError {
    init(_ error: StreamError, received: Int) {
        self =
            switch error {
            case .timedOut, .interrupted: .timedOut(received: received)
            case .lost(ECONNREFUSED): .refused
            case .lost(ECONNRESET), .lost(EPIPE): .reset(received: received)
            case .lost(let code): .failed(SystemError.text(of: code))
            case .insecure(let reason): .insecure(reason)
            }
    }
}
