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
///   - configuration: of the server, for `.pair` and `.socket`; its addresses are ignored.
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
    configuration.addresses = transport == .socket ? [.loopback(port: 0)] : []
    let server = Server(configuration: configuration, handler: handler)
    try server.start()
    let client =
        switch server.addresses.first?.port {
        case .some(let port): TestClient(port: port, timeout: timeout)
        case .none: TestClient(pairedWith: server, timeout: timeout)
        }
    let result: Swift.Result<Result, any Error>
    do {
        result = .success(try await body(client))
    } catch {
        result = .failure(error)
    }
    client.closeConnections()
    server.stop(grace: .zero)
    await server.waitUntilStopped()
    return try result.get()
}

extension TestClient {
    convenience init(pairedWith server: Server, timeout: Duration) {
        let connect: @Sendable (Signal, Instant) throws -> PolledSocket = { interrupt, _ in
            let (ours, theirs) = try PolledSocket.pair()
            server.adopt(theirs, peer: .loopback(port: 0))
            return PolledSocket(ours, interrupt: interrupt)
        }
        self.init(.connection(host: "localhost", connect), timeout: timeout)
    }
}
