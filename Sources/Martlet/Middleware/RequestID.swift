public import HTTPTypes
import Logging
import MartletWire

/// Gives each request a name, so that its lines in several logs can be found: in `request.id`, in what
/// `request.logger` writes (`request_id`), and in the answer's `X-Request-Id`, from which the access log in JSON has it too.
/// The logger also writes the `trace_id` of a request that has one.
public struct RequestID: Middleware {
    private let trustsClient: Bool

    /// - Parameter trustsClient: take the name that came in with `X-Request-Id`. Default false: only a proxy of your own
    ///   deserves that; anybody else could give many requests one name.
    public init(trustsClient: Bool = false) {
        self.trustsClient = trustsClient
    }

    /// Names the request, and says so in the answer.
    public func respond(to request: Request, next: Next) async throws -> Response {
        let id = (trustsClient ? Self.received(with: request) : nil) ?? Self.random()
        var request = request
        request[RequestIDKey.self] = id
        var logger = request.logger
        logger[metadataKey: "request_id"] = "\(id)"
        if let trace = request.traceContext { logger[metadataKey: "trace_id"] = "\(trace.traceID)" }
        request.logger = logger
        var response = try await next(request)
        response.fields[.xRequestID] = id
        return response
    }

    /// The name that came in, if it is one: fit for any log, and not long.
    private static func received(with request: Request) -> String? {
        guard let id = request.fields[.xRequestID], (1...128).contains(id.utf8.count) else { return nil }
        let isWellFormed = id.utf8.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "-._~+/=:".utf8.contains(octet)
            }
        }
        return isWellFormed ? id : nil
    }

    /// 128 bits from the system's random numbers, in hexadecimal.
    private static func random() -> String {
        [UInt64.random(in: 0 ... .max), .random(in: 0 ... .max)].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

extension Request {
    /// The name that `RequestID` gave this request; nil without that middleware.
    public var id: String? { self[RequestIDKey.self] }
}

private struct RequestIDKey: RequestKey {
    typealias Value = String
}

extension HTTPField.Name {
    /// `X-Request-Id`: no standard, but what proxies and tracing tools use.
    public static let xRequestID = HTTPField.Name("X-Request-Id")!  // A literal token.
}
