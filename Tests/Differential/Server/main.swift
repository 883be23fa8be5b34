import Martlet
import MartletFiles

// DifferentialServer PORT FOLDER: files, and an echo that says how a request was understood.

/// Answers any method with one line: method, target, host and content of the request.
struct Echo: AnyMethod {
    func anyMethod(_ request: Request) async throws -> Response {
        let content = String(decoding: try await request.body.collect(upTo: 1 << 20), as: UTF8.self)
        let host = request.head.authority.map(\.description) ?? ""
        return .text(
            "method=\(request.method.rawValue) target=\(request.head.target) host=\(host) content=\(content)\n"
        )
    }
}

/// Never asks for the content.
struct Deaf: POST {
    func post(_ request: Request) -> Response { .text("not read\n") }
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = UInt16(arguments[1]) else {
    print("usage: DifferentialServer PORT FOLDER")
    throw HTTPError(.badRequest)
}
var configuration = ServerConfiguration()
configuration.addresses = [.loopback(port: port)]
let files = try Files(arguments[2])
let server = try Server(configuration: configuration) {
    Route("/echo", Echo())
    Route("/deaf", Deaf())
    Route("/page") { _ in .text("read only\n") }
    Route("/stream") { _ in .stream(type: "text/plain") { writer in try await writer.write("streamed\n") } }
    Route("/**", files)
}
server.stopOnSignals()
try await server.run()
