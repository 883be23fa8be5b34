import Glibc
import Martlet
import MartletReactor

// A server whose handler crashes: tests look at the frames of the backtrace that it leaves, and at its report.
//
// The first argument says who crashes, and how; "report" as the second asks for the report. The port is the only line of
// output.

/// Calls itself until the stack is full.
func recurse(_ depth: Int) -> Int {
    depth == .max ? 0 : recurse(depth + 1) + depth % 3
}

/// Does not return, but for requests that are no crash.
@Sendable func crash(_ request: Request) -> Response {
    switch request.path.description {
    case "/abort": abort()
    case "/recursion": return .text("\(recurse(0))")
    case "/memory": return .text("\(unsafe UnsafePointer<Int>(bitPattern: 1 << 40)!.pointee)")
    default: return .text("no crash")
    }
}

struct Trap: POST {
    func post(_ request: Request) async throws -> Response {
        // Behind an `await` the backtracer follows the callers that wait; before the first it shows the loop instead.
        _ = try await request.body.collect(upTo: 10)
        precondition(request.peer.port == nil, "trapped on purpose")
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
            precondition(request.peer.port == nil, "trapped on purpose")
            return .text("not reached")
        }
    case "resumed":
        // Waits until all the requests that the test sends are here; then the task of one of them traps.
        Server(port: 0, threads: 1) { request async throws -> Response in
            _ = try await request.body.collect(upTo: 10)
            precondition(request.peer.port == nil, "trapped on purpose")
            return .text("not reached")
        }
    case "blocking":
        Server(configuration: onAnyPort(), handler: Blocking { crash($0) })
    case "crash":
        Server(port: 0) { crash($0) }
    case "outside":
        Server(port: 0) { _ in .text("no crash") }
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

func onAnyPort() -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.addresses = [.loopback(port: 0)]
    return configuration
}

if CommandLine.arguments.contains("report") { server.reportCrashes() }
try server.start()
print(server.addresses.first?.port ?? 0)
// `print` keeps what goes into a pipe until there is a lot of it.
_ = fflush(nil)
server.join()
