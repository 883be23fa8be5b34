/// Runs a test with a server of its own, which listens on a free port and is stopped afterwards, whatever happens.
///
/// ```swift
/// try await withServer { server in
///     server.enqueue(.text("Hello"))
///     let text = try await myClient.get(server.url("/greeting"))
///     #expect(text == "Hello")
///     #expect(try await server.nextRequest().target == "/greeting")
/// }
/// ```
/// - Parameters:
///   - allowing: what is no problem; nothing by default.
///   - body: the test.
/// - Throws: what `body` throws; `ServerProblems`, with that in it, when something came other than planned: a request
///   that nothing was there for, an enqueued answer that was never asked for, a request that is not valid.
@discardableResult
public func withServer<Result>(
    allowing: Allowance = [],
    _ body: (TestServer) async throws -> Result
) async throws -> Result {
    let server = try TestServer.start()
    let result: Swift.Result<Result, any Error>
    do {
        result = .success(try await body(server))
    } catch {
        result = .failure(error)
    }
    await server.end()
    var thrown: (any Error)?
    if case .failure(let error) = result { thrown = error }
    if let problems = server.problems(allowing: allowing, underlying: thrown) { throw problems }
    return try result.get()
}
