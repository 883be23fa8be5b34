import Martlet

/// What the server saw of a request.
struct Report: Encodable {
    /// A name and a value, in the order in which they came.
    struct Pair: Encodable {
        let name: String
        let value: String
    }

    let requestLine: String
    let method: String
    let target: String
    let peer: String
    /// The segments of the path, each decoded once.
    let path: [String]
    let query: [Pair]
    let cookies: [Pair]
    /// Every field line as it was received.
    let fields: [Pair]
    let content: Content
    let timings: Timings

    struct Timings: Encodable {
        /// The time of day when the handler began.
        let began: String
        /// From then to the last octet of the content.
        let contentMilliseconds: Double
    }

    init(_ request: Request) async throws {
        let began = HTTPDate.string(WallClock.seconds())
        let start = ContinuousClock.now
        requestLine = String(copying: try UTF8Span(validating: request.head.requestLineBytes))
        method = request.method.rawValue
        target = request.head.target
        peer = request.peer.description
        path = request.path.segments
        query = request.queryItems.map { Pair(name: $0.name, value: $0.value) }
        cookies = request.cookies.map { Pair(name: $0.name, value: $0.value) }
        fields = request.fields.map { Pair(name: $0.name, value: $0.value) }
        content = try await Content(request.body)
        let microseconds = (ContinuousClock.now - start) / .microseconds(1)
        timings = Timings(began: began, contentMilliseconds: microseconds.rounded() / 1000)
    }
}
