public import Logging
import MartletReactor

/// Logs each answer through `request.logger` (swift-log), with metadata for tools: `method`, `path`, `route`, `status`,
/// `peer`, `duration_us`.
///
/// The server's own access log is faster and says what was really sent; this one is for structured logs. Put it inside
/// `RequestID`, so that its lines carry the request's name, and outside everything that it is to measure.
public struct RequestLogging: Middleware {
    private let level: Logger.Level

    /// - Parameter level: of the lines; default info.
    public init(level: Logger.Level = .info) {
        self.level = level
    }

    /// Logs when the answer is ready to be sent. The time does not include sending it.
    public func respond(to request: Request, next: Next) async throws -> Response {
        let start = Instant.now()
        let response = try await next(request)
        let duration = start.duration(to: .now()).count / 1000
        // Neither a method nor a path can hold controls: what is not visible ASCII was refused.
        var metadata: Logger.Metadata = [
            "method": "\(request.method.rawValue)", "path": "\(request.head.rawPath)",
            "status": "\(response.status.code)", "peer": "\(request.peer.host)", "duration_us": "\(duration)",
        ]
        if let route = request.route { metadata["route"] = "\(route)" }
        request.logger.log(level: level, "request", metadata: metadata)
        return response
    }
}
