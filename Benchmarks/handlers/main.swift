import Martlet
import MartletFiles

// The same answer by every kind of handler, and files beside it: `handlers PORT FOLDER`, one loop. Uploads are counted
// and dropped; the endless stream tests who reads slowly.

struct Hello: GET {
    func get(_ request: Request) async -> Response { .text("Hello, world!\n") }
}

/// Adds nothing: what is measured is the way through it.
struct PassOn: Middleware {
    func respond(to request: Request, next: Next) async throws -> Response { try await next(request) }
}

/// Says how many octets of files came in.
struct Upload: POST {
    func post(_ request: Request) async throws -> Response {
        var count = 0
        for try await part in try request.multipart() {
            for try await chunk in part.content { count += chunk.count }
        }
        return .text("\(count)\n")
    }
}

/// Writes as fast as it may, for ever.
struct Endless: GET {
    func get(_ request: Request) -> Response {
        .stream(type: "application/octet-stream") { writer in
            let piece = [UInt8](repeating: 0x61, count: 10_000)
            while true { try await writer.write(piece) }
        }
    }
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = UInt16(arguments[1]) else {
    print("usage: handlers PORT FOLDER")
    throw HTTPError(.badRequest)
}
let files = try Files(arguments[2])
var configuration = ServerConfiguration()
configuration.addresses = [.loopback(port: port)]
configuration.threads = 1
configuration.limits.body = 4 << 30
let server = try Server(configuration: configuration) {
    Route("/upload", Upload())
    Route("/endless", Endless())
    Route("/route") { _ in .text("Hello, world!\n") }
    Route("/notes/:name") { request in .text("Hello, \(request.parameters["name"] ?? "")!\n") }
    Route("/async") { (_) async in .text("Hello, world!\n") }
    Route("/resource", Hello())
    Group(middleware: [PassOn(), PassOn(), PassOn()]) {
        Route("/middleware", Hello())
    }
    Route("/**", files)
}
try await server.run()
