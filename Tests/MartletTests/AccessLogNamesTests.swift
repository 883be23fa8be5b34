import Glibc
import Martlet
import TestSupport
import Testing

@Suite("The access log in JSON names requests and traces", .timeLimit(.patient))
struct AccessLogNamesTests {
    private static let trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
    private static let members =
        #""trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331""#

    /// The members between `user_agent` and `status` that one request's line has.
    private static func members(_ handler: any Handler, _ request: String) async throws -> String {
        let directory = try TemporaryDirectory()
        let path = try directory.write("log", "")
        let fd = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(fd) }
        try await withServer(handler, configure: { $0.accessLog = AccessLogSettings(format: .json, fd: fd) }) {
            server in
            _ = try server.answer(to: request)
            server.server.stop()
            await server.server.waitUntilStopped()
        }
        let line = try contents(ofFile: path)
        let match = try #require(line.firstMatch(of: /"host":"a"(?:,(.*))?,"status"/))
        return String(match.1 ?? "")
    }

    private static func request(_ fields: String = "") -> String {
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(fields)\r\n"
    }

    @Test("a request without names has none in its line")
    func none() async throws {
        try await #expect(Self.members(echoPath, Self.request()) == "")
        try await #expect(Self.members(echoPath, Self.request("traceparent: 00-00\r\n")) == "")
    }

    @Test("trace_id and span_id are those of a valid traceparent")
    func traced() async throws {
        try await #expect(Self.members(echoPath, Self.request(Self.trace)) == Self.members)
    }

    @Test("request_id is the name that RequestID gave, also where the handler threw")
    func named() async throws {
        for route in [
            Route("/") { request in .text(request.id ?? "") },
            Route("/") { _ async throws in throw HTTPError(.conflict) },
        ] {
            let router = try Router(middleware: [RequestID(trustsClient: true)]) { route }
            let members = try await Self.members(router, Self.request("X-Request-Id: a/b+c\r\n" + Self.trace))
            #expect(members == #""request_id":"a/b+c","# + Self.members)
        }
    }

    @Test("a name is not the next request's on the same connection")
    func forgotten() async throws {
        let handler = Immediate { request in
            var response = Response.text("")
            if request.head.rawPath == "/named" { response.fields[.xRequestID] = "\"1\"" }
            return response
        }
        let named = "GET /named HTTP/1.1\r\nHost: b\r\n\r\n"
        try await #expect(Self.members(handler, named + Self.request()) == "")
    }
}
