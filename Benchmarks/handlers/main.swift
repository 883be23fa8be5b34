import Martlet
import MartletCGI
import MartletFiles

// What `make bench` and `make load` ask beyond files: `handlers PORT FOLDER [ROUTES]`, one loop. ROUTES more are there
// beside, half of them of text alone, half with a name to fill in; default none.

let arguments = CommandLine.arguments
guard arguments.count >= 3, let port = UInt16(arguments[1]) else {
    print("usage: handlers PORT FOLDER [ROUTES]")
    throw HTTPError(.badRequest)
}
let routes = arguments.count > 3 ? Int(arguments[3]) ?? 0 : 0
let files = try Files(arguments[2])
let audience = Audience()
var configuration = ServerConfiguration()
configuration.addresses = [.loopback(port: port)]
configuration.threads = 1
configuration.limits.body = 4 << 30
let server = try Server(configuration: configuration) {
    // The same answer by every kind of handler.
    Route("/route") { _ in .text("Hello, world!\n") }
    Route("/notes/:name") { request in .text("Hello, \(request.parameters["name"] ?? "")!\n") }
    Route("/async") { (_) async in .text("Hello, world!\n") }
    Route("/resource", Hello())
    Group(middleware: [PassOn(), PassOn(), PassOn()]) {
        Route("/middleware", Hello())
    }
    Route("/form", Message())
    Route("/upload", Upload())
    Route(.put, "/count") { request in
        var count = 0
        for try await chunk in request.body { count += chunk.count }
        return .text("\(count)\n")
    }
    Route("/endless", Endless())
    Route("/events") { _ in audience.seat() }
    Route(.post, "/tell/:count") { request in try await audience.tell(request.parameters["count"]) }
    // Only scripts.py puts any there.
    if let scripts = try? CGI(arguments[2] + "/cgi-bin") { Route("/cgi-bin/**", scripts) }
    Route("/**", files)
    for number in 0..<routes / 2 {
        Route("/section\(number)/item") { _ in .text("Hello, world!\n") }
        Route("/section\(number)/:name/edit") { request in .text("Hello, \(request.parameters["name"] ?? "")!\n") }
    }
}
try await server.run()
