import Martlet
import MartletFiles

// The same answer by every kind of handler, and files beside it: `handlers PORT FOLDER`, one loop.

struct Hello: GET {
    func get(_ request: Request) async -> Response { .text("Hello, world!\n") }
}

/// Adds nothing: what is measured is the way through it.
struct PassOn: Middleware {
    func respond(to request: Request, next: Next) async throws -> Response { try await next(request) }
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = UInt16(arguments[1]) else {
    print("usage: handlers PORT FOLDER")
    throw HTTPError(.badRequest)
}
let files = try Files(arguments[2])
let server = try Server(port: port, threads: 1) {
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
