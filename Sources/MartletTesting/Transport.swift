public import Martlet
import MartletReactor

/// How a `TestClient` reaches the handler it tests.
public enum Transport: Sendable, Hashable, CaseIterable {
    /// `respond(to:)` is called with a request made of its parts. No server, no connection: the fastest, and a
    /// breakpoint shows nothing but the handler. `Date` and `Server` are missing from its answers.
    case direct
    /// A server's connection, over a pair of sockets within the process.
    case pair
    /// A server that listens on a free port of 127.0.0.1.
    case socket
    #if TLS
        /// The same, and it speaks TLS, with a certificate by the test CA, which the client trusts.
        case tls
    #endif
}

/// Runs a test with a client of a handler. What the handler's server needs is stopped afterwards, whatever happens.
///
/// ```swift
/// @Test(arguments: Transport.allCases)
/// func greets(over transport: Transport) async throws {
///     try await withClient(of: Greeter(), over: transport) { client in
///         let response = try await client.get("/hello/Ada")
///         #expect(response.text == "Hello, Ada")
///     }
/// }
/// ```
/// - Parameters:
///   - configuration: of the server, for all but `.direct`; its addresses are ignored.
///   - timeout: for each call of the client; default 10 s.
/// - Throws: what `body` throws; `SystemError` when the server cannot start.
@discardableResult
public func withClient<Result>(
    of handler: any Handler,
    over transport: Transport,
    configuration: ServerConfiguration = ServerConfiguration(),
    timeout: Duration = .seconds(10),
    _ body: (TestClient) async throws -> Result
) async throws -> Result {
    guard transport != .direct else { return try await body(TestClient(.direct(handler), timeout: timeout)) }
    var configuration = configuration
    configuration.addresses = transport == .pair ? [] : [.loopback(port: 0)]
    #if TLS
        if transport == .tls { configuration.security = try TestCertificate.testCA.server }
    #endif
    let server = Server(configuration: configuration, handler: handler)
    try server.start()
    let result: Swift.Result<Result, any Error>
    do {
        let client = try TestClient(of: server, over: transport, timeout: timeout)
        defer { client.closeConnections() }
        result = .success(try await body(client))
    } catch {
        result = .failure(error)
    }
    server.stop(grace: .zero)
    await server.waitUntilStopped()
    return try result.get()
}

extension TestClient {
    fileprivate convenience init(of server: Server, over transport: Transport, timeout: Duration) throws {
        guard let port = server.addresses.first?.port else {
            self.init(pairedWith: server, timeout: timeout)
            return
        }
        #if TLS
            if transport == .tls {
                try self.init(tlsPort: port, timeout: timeout)
                return
            }
        #endif
        self.init(port: port, timeout: timeout)
    }

    convenience init(pairedWith server: Server, timeout: Duration) {
        let connect: @Sendable (Signal, Instant) throws -> PolledSocket = { interrupt, _ in
            let (ours, theirs) = try PolledSocket.pair()
            server.adopt(theirs, peer: .loopback(port: 0))
            return PolledSocket(ours, interrupt: interrupt)
        }
        self.init(.connection(host: "localhost", connect), timeout: timeout)
    }
}
