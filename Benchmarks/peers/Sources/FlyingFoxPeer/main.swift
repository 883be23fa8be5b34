import FlyingFox
import FlyingSocks
import Foundation

// FlyingFox as the benchmark runs it: FlyingFoxPeer PORT FOLDER

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = UInt16(arguments[1]) else {
    fatalError("usage: FlyingFoxPeer PORT FOLDER")
}
let server = HTTPServer(
    address: try .inet(ip4: "127.0.0.1", port: port),
    timeout: 60,
    logger: .disabled
)
await server.appendRoute("GET /hello") { _ in
    HTTPResponse(
        statusCode: .ok,
        headers: [.contentType: "text/plain; charset=utf-8"],
        body: Data("Hello, world!\n".utf8)
    )
}
await server.appendRoute("POST /form") { request in
    // It reads no forms: the URL parser of Foundation does, but for the plus signs.
    var components = URLComponents()
    let text = String(decoding: try await request.bodyData, as: UTF8.self)
    components.percentEncodedQuery = text.replacingOccurrences(of: "+", with: "%20")
    let fields = components.queryItems ?? []
    guard let name = fields.first(where: { $0.name == "name" })?.value,
        let message = fields.first(where: { $0.name == "message" })?.value
    else { return HTTPResponse(statusCode: .badRequest) }
    return HTTPResponse(
        statusCode: .ok,
        headers: [.contentType: "text/plain; charset=utf-8"],
        body: Data("\(name): \(message)\n".utf8)
    )
}
await server.appendRoute("GET /*", to: DirectoryHTTPHandler(root: URL(fileURLWithPath: arguments[2])))
try await server.run()
