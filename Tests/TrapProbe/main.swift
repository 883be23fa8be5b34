import Glibc
import Martlet
import MartletReactor

// A server whose handler traps: the test that starts it counts the frames of the backtrace it leaves.
//
// The argument says which handler answers. The port is the only line of output.

struct Trap: POST {
    func post(_ request: Request) async throws -> Response {
        let content = try await request.body.collect(upTo: 64)
        // Behind an `await` the backtracer follows the callers that wait; before the first it shows the loop instead.
        precondition(content.isEmpty, "trapped on purpose")
        return .text("not reached")
    }
}

struct Pass: Middleware {
    func respond(to request: Request, next: Next) async throws -> Response {
        try await next(request)
    }
}

let kind = CommandLine.arguments.dropFirst().first ?? ""
let server =
    switch kind {
    case "async":
        Server(port: 0) { request async throws -> Response in
            let content = try await request.body.collect(upTo: 64)
            precondition(content.isEmpty, "trapped on purpose")
            return .text("not reached")
        }
    case "sync":
        Server(port: 0) { request in
            precondition(request.peer.port == nil, "trapped on purpose")
            return .text("not reached")
        }
    case "routed":
        try Server(port: 0) {
            Route("/") { request in
                precondition(request.peer.port == nil, "trapped on purpose")
                return .text("not reached")
            }
        }
    case "resource":
        try Server(port: 0) { Route("/", Trap()) }
    case "middleware":
        try Server(port: 0, middleware: [Pass(), Pass(), Pass()]) { Route("/", Trap()) }
    default:
        preconditionFailure("no handler is called \"\(kind)\"")
    }
try server.start()
print(server.addresses.first?.port ?? 0)
// `print` keeps what goes into a pipe until there is a lot of it.
_ = fflush(nil)
server.join()
