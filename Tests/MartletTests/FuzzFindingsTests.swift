import Martlet
import MartletWire
import TestSupport
import Testing

@Suite("What the fuzzer of the server has found", .timeLimit(.patient))
struct FuzzFindingsTests {
    @Test(
        "a refused HEAD gets no content, whatever is wrong behind the method",
        .rfc("9110-9.3.2-01"),
        arguments: [
            ("HEAD /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request"),
            ("HEAD /\r\nHost: a\r\n\r\n", "400 Bad Request"),
            ("HEAD\r\n\r\n", "400 Bad Request"), ("HEAD / HTTP/1.\r\n\r\n", "400 Bad Request"),
            ("HEAD / HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported"),
            ("HEAD /% HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ]
    )
    func refusedHead(request: String, status: String) async throws {
        try await withServer(echoPath) { server in
            let answer = try server.answer(to: request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"))
            #expect(answer.contains("\r\nConnection: close\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n"), "\(answer)")
        }
    }

    @Test(
        "a HEAD whose request line is too long takes nothing from the answer to the next client",
        .rfc("9112-3-03", "9110-9.3.2-01")
    )
    func nextClient() async throws {
        let longest = 64
        try await withServer(echoPath, configure: { $0.limits.requestLine = longest }) { server in
            for _ in 0..<3 {
                let refused = try server.answer(to: "HEAD /" + String(repeating: "x", count: longest))
                #expect(refused.hasPrefix("HTTP/1.1 414 URI Too Long\r\n"))
                #expect(refused.hasSuffix("\r\n\r\n"), "\(refused)")
                // It fails before its request line is complete.
                let answer = try server.answer(to: "GET /\n")
                #expect(answer == refusal("400 Bad Request", RequestError.bareLineFeed.reason))
            }
        }
    }
}
