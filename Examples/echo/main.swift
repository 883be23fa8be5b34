import Martlet

struct Echo: GET, POST {
    func get(_ request: Request) -> Response {
        .html("<p>Hello, \(request.peer.host)! POST something here.</p>")
    }

    func post(_ request: Request) async throws -> Response {
        .content(try await request.body.collect(upTo: 1 << 20), type: "text/plain; charset=utf-8")
    }
}

await Server.main {
    let server = try Server(port: 8000) {
        Route("/", Echo())
        Route("/hello/:name") { request in .text("Hello, \(request.parameters["name"]!)!\n") }
    }
    server.stopOnSignals()
    try await server.run()
}
