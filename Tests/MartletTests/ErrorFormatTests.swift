import Logging
import Martlet
import TestSupport
import Testing

/// Tells errors as a line of its own making.
private struct InOneLine: Middleware {
    func respond(to request: Request, next: Next) async throws -> Response {
        var request = request
        request.errorFormat = { error in
            .text("error \(error.status.code): \(error.detail ?? "-")\n", status: error.status)
        }
        return try await next(request)
    }
}

private struct Broken: Error {}

@Suite("What errors look like is for the server and its middleware to say")
struct ErrorFormatTests {
    @Test(
        "an error thrown by a handler or the router gets the format; one that is no HTTPError gives nothing away",
        arguments: [
            ("GET", "/teapot", 418, "error 418: short and stout\n"), ("GET", "/broken", 500, "error 500: -\n"),
            ("GET", "/nowhere", 404, "error 404: -\n"), ("DELETE", "/broken", 405, "error 405: -\n"),
        ]
    )
    func formats(method: String, target: String, status: Int, text: String) async throws {
        let router = try Router(middleware: [InOneLine()]) {
            Route("/teapot") { _ in throw HTTPError(.init(code: 418, reasonPhrase: "I'm a teapot"), "short and stout") }
            Route("/broken") { _ in throw Broken() }
        }
        try await withServer(router) { server in
            let client = try server.connect()
            try client.send("\(method) \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let answer = try #require(WireAnswer(try client.receiveAll()))
            #expect(answer.status == status)
            #expect(answer.text == text)
        }
    }

    @Test("the server's format is for refusals too that no handler sees, and cannot lose a field that must be there")
    func configured() async throws {
        let router = try Router { Route("/") { _ in .text("") } }
        try await withServer(router) {
            $0.errorFormat = {
                .content(Array("{\"status\":\($0.status.code)}".utf8), type: "a/json", status: $0.status)
            }
        } _: { server in
            for (request, status) in [
                ("GET / HTTP/1.1\r\n\r\n", 400), ("PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405),
            ] {
                let client = try server.connect()
                try client.send(request)
                let received = try client.receiveAll()
                let answer = try #require(WireAnswer(received))
                #expect(answer.status == status)
                #expect(answer.text == "{\"status\":\(status)}")
                #expect(answer["Content-Type"] == "a/json")
                #expect(answer["Allow"] == (status == 405 ? "GET, HEAD, OPTIONS" : nil))
            }
        }
    }

    @Test("run tells the log where the server is")
    func announcement() async throws {
        let log = CapturedLog()
        var configuration = ServerConfiguration()
        configuration.addresses = [.loopback(port: 0)]
        configuration.threads = 1
        configuration.logger = Logger(label: "test") { _ in log }
        let server = Server(configuration: configuration, handler: try Router { Route("/") { _ in .text("") } })
        let running = Task { try await server.run() }
        try await eventually("the log says so") { log.contains("Serving at ") }
        #expect(log.lines == ["info: Serving at http://\(server.addresses[0])/"])
        server.stop()
        try await running.value
    }
}
