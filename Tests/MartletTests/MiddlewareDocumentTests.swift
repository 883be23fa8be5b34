import HTTPTypes
import Martlet
import TestSupport
import Testing

/// Speaks German to those who ask for it first, and English to all others.
struct Language: Middleware {
    struct Choice: RequestKey { typealias Value = String }

    func respond(to request: Request, next: Next) async throws -> Response {
        var request = request
        let language = request.fields[.acceptLanguage]?.hasPrefix("de") == true ? "de" : "en"
        request[Choice.self] = language
        var response = try await next(request)
        response.fields[.contentLanguage] = language
        response.fields.addVary(.acceptLanguage)
        return response
    }
}

@Suite("What docs/middleware.md shows")
struct MiddlewareDocumentTests {
    @Test("its example stands in it as it is tested here")
    func text() throws {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        let page = try contents(ofFile: "\(root)/docs/middleware.md")
        let source = try contents(ofFile: "\(#filePath)")
        let start = try #require(source.firstRange(of: "/// Speaks German"))
        let end = try #require(source[start.lowerBound...].firstRange(of: "\n}\n"))
        #expect(page.contains(source[start.lowerBound..<end.upperBound]))
    }

    @Test("the example does what it says")
    func language() async throws {
        let handler = Waiting { request in .text(request[Language.Choice.self] == "de" ? "Hallo" : "Hello") }
        try await withServer(behind(Language(), handler: handler)) { server in
            for (accepted, text, language) in [("de-AT, en", "Hallo", "de"), ("fr, de", "Hello", "en")] {
                try #expect(
                    server.answer(to: get("/", "Accept-Language: \(accepted)", "Connection: close"))
                        == "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: text/plain; charset=utf-8\r\n"
                        + "Content-Language: \(language)\r\nVary: Accept-Language\r\nContent-Length: 5\r\n"
                        + "Connection: close\r\n\r\n" + text
                )
            }
        }
    }
}
