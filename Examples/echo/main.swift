import Martlet

let server = Server(port: 8000) { request in
    switch request.method {
    case .get, .head: return .html("<p>Hello, \(request.peer.host)! POST something to \(request.path).</p>")
    case .post: return .content(try await request.body.collect(upTo: 1 << 20), type: "text/plain; charset=utf-8")
    default: throw HTTPError.methodNotAllowed(allowed: [.get, .head, .post])
    }
}
server.stopOnSignals()
try await server.run()
