import HTTPTypes
import Logging
import Martlet
import TestSupport
import Testing

@Suite("The README's handler works as it stands there")
struct ReadmeHandlerTests {
    @Test("a form, a query, a cookie and a field of one's own")
    func handler() async throws {
        let router = try Router {
            Route(.post, "/notes") { request in
                let form = try await request.form()
                let title = try form.required("title")
                let page = request.queryItems["page"] ?? "1"
                request.logger.info("\(title), page \(page), session \(request.cookies["session"] ?? "none")")
                var response = Response.text("\(title)\n", status: .created)
                response.fields[HTTPField.Name("X-Took")!] = "1 ms"
                return response
            }
        }
        try await withServer(router) { server in
            let client = try server.connect()
            try client.send(
                "POST /notes?page=2 HTTP/1.1\r\nHost: a\r\nCookie: session=s\r\nConnection: close\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\ntitle=a+b"
            )
            let received = try client.receiveAll()
            let answer = try #require(WireAnswer(received))
            #expect(answer.status == 201)
            #expect(answer["X-Took"] == "1 ms")
            #expect(answer.text == "a b\n")
            #expect(server.log.contains("info: a b, page 2, session s"))
        }
    }
}
