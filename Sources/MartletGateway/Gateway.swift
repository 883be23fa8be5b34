import HTTPTypes
public import Martlet
import MartletReactor
import MartletWire

/// Passes requests on to other servers and their answers back: a gateway, or reverse proxy (RFC 9110 §3.7).
///
/// ```swift
/// try Server(port: 8000, handler: Gateway(to: Backend("http://127.0.0.1:9000")))
/// try Route("/api/**", Gateway(to: Backend("http://127.0.0.1:9000/")))
/// ```
///
/// Content streams both ways, and nothing is kept whole: whoever is slower sets the pace. Several backends take turns;
/// one that fails is left out for a while. A request is sent again, once, if its connection ended before any octet of an
/// answer, its method is idempotent and all its content can be sent again (RFC 9110 §9.2.2). WebSocket and other upgrades
/// pass through, so do interim responses, trailers of answers, and server-sent events as they come.
///
/// What goes wrong behind it is a 502, 503 or 504 that says no more; the log has the backend and the reason.
public final class Gateway: DeferringHandler, Sendable {
    let core: GatewayCore

    /// A gateway to one or more servers that are as good as each other.
    public init(to backends: Backend..., options: GatewayOptions = GatewayOptions()) {
        core = GatewayCore(backends, options)
    }

    /// A gateway to servers that are as good as each other. Without any, every answer is a 503.
    public init(to backends: [Backend], options: GatewayOptions = GatewayOptions()) {
        core = GatewayCore(backends, options)
    }

    /// Answers with what a backend answers.
    /// - Throws: `HTTPError` 502, 503 or 504 when none does; 400, 411, 501 and 508 for requests that cannot be passed on.
    public func respond(to request: Request) async throws -> Response {
        if let loop = EventLoop.current { return try await forward(request, on: loop) }
        // Called off the loops, by a test or behind middleware that left its own.
        let loop = try Self.spareLoop.get()
        return try await withTaskExecutorPreference(loop) { @concurrent in
            try await self.forward(request, on: loop)
        }
    }

    package func takeOver(_ request: Request, _ answer: DeferredAnswer) throws -> (any Deferral)? {
        guard let loop = EventLoop.current, try ownAnswer(to: request) == nil else { return nil }
        let exchange = try ForwardedExchange(request, GatewayLoop.of(core, on: loop, logger: request.serverLogger))
        exchange.begin(answer)
        return exchange
    }

    private func forward(_ request: Request, on loop: EventLoop) async throws -> Response {
        if let answer = try ownAnswer(to: request) { return answer }
        let pool = GatewayLoop.of(core, on: loop, logger: request.serverLogger)
        return try await ForwardedExchange(request, pool).respond()
    }

    private static let spareLoop = Result {
        let loop = try EventLoop(name: "gateway")
        try loop.start()
        return loop
    }
}
