import Martlet
import MartletAdmin
import MartletFiles

extension Case {
    /// Whole requests to a live server: what it does for one on a kept connection, and a little for the client.
    static var requests: [Case] {
        [
            serving("serve-function", "GET /function HTTP/1.1"),
            serving("serve-observed", "GET /function HTTP/1.1", observer: Admin(version: "1")),
            serving("serve-parameter", "GET /notes/ada HTTP/1.1"),
            serving("serve-async", "GET /async HTTP/1.1"),
            serving("serve-resource", "GET /resource HTTP/1.1"),
            serving("serve-middleware", "GET /middleware HTTP/1.1"),
            serving("serve-form", "POST /form HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded", "test=a+b"),
            serving("serve-file", "GET /file.html HTTP/1.1"),
            serving("serve-browser", "GET /file.html HTTP/1.1\r\n\(browserFields)"),
            serving("serve-range", "GET /file.html HTTP/1.1\r\nRange: bytes=256-511", status: 206),
            serving("serve-304", "GET /file.html HTTP/1.1", status: 304, byTag: true),
            serving("serve-404", "GET /missing.html HTTP/1.1", status: 404),
        ]
    }

    /// The answer to a request with these first lines and this content, again and again.
    private static func serving(
        _ name: String,
        _ lines: String,
        _ content: String = "",
        status: Int = 200,
        byTag: Bool = false,
        observer: Admin? = nil
    ) -> Case {
        Case(name) { folder in
            let client = try Client(to: try startServer(folder, observer))
            var head = "\(lines)\r\nHost: localhost\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n"
            if !content.isEmpty { head += "Content-Length: \(content.utf8.count)\r\n" }
            if byTag {
                let first = try client.firstAnswer(to: Array("\(head)\r\n\(content)".utf8))
                guard let tag = first.field("ETag") else { throw Failure("\(name): there is no ETag") }
                head += "If-None-Match: \(tag)\r\n"
            }
            let request = Array("\(head)\r\n\(content)".utf8)
            let answer = try client.firstAnswer(to: request)
            guard answer.head.hasPrefix("HTTP/1.1 \(status) ") else { throw Failure("\(name): \(answer.head)") }
            return { try client.receives(answer.count, for: request) }
        }
    }
}

/// What a browser sends beside `Host`, `User-Agent` and `Accept`.
private let browserFields = """
    Connection: keep-alive\r
    sec-ch-ua: "Chromium";v="150", "Not=A?Brand";v="24"\r
    sec-ch-ua-mobile: ?0\r
    sec-ch-ua-platform: "Linux"\r
    Upgrade-Insecure-Requests: 1\r
    Sec-Fetch-Site: same-origin\r
    Sec-Fetch-Mode: navigate\r
    Sec-Fetch-Dest: document\r
    Referer: http://localhost:8000/files/\r
    Accept-Encoding: gzip, deflate, br, zstd\r
    Accept-Language: en-GB,en;q=0.9,de;q=0.8
    """

private struct Hello: GET {
    func get(_ request: Request) async -> Response { .text("Hello, world!\n") }
}

private struct FormReader: POST {
    func post(_ request: Request) async throws -> Response { .text("\(try await request.form().required("test"))\n") }
}

/// Adds nothing: what is counted is the way through it.
private struct PassOn: Middleware {
    func respond(to request: Request, next: Next) async throws -> Response { try await next(request) }
}

/// Starts a server with one loop, and one more route for each kind of handler; returns its port.
private func startServer(_ folder: String, _ observer: (any ServerObserver)?) throws -> UInt16 {
    var configuration = ServerConfiguration()
    configuration.addresses = [.loopback(port: 0)]
    configuration.threads = 1
    configuration.holdUpWarning = .seconds(3600)  // A counted program is slow.
    configuration.observer = observer
    let files = try Files(folder)
    let server = try Server(configuration: configuration) {
        Route("/function") { _ in .text("Hello, world!\n") }
        Route("/notes/:name") { request in .text("Hello, \(request.parameters["name"] ?? "")!\n") }
        Route("/async") { (_) async in .text("Hello, world!\n") }
        Route("/resource", Hello())
        Route("/form", FormReader())
        Group(middleware: [PassOn(), PassOn(), PassOn()]) {
            Route("/middleware", Hello())
        }
        Route("/**", files)
    }
    try server.start()
    guard let port = server.addresses.first?.port else { throw Failure("the server has no port") }
    return port
}
