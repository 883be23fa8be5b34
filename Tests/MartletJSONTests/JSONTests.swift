import Martlet
import MartletJSON
import TestSupport
import Testing

private struct Item: Codable, Equatable {
    var name: String
    var price: Double
    var count: Int?
    var tags: [String]?
}

private struct Order: Codable, Equatable {
    var items: [Item]
    var url: String?
}

/// Answers with the order it gets.
private struct EchoOrder: Handler {
    func respond(to request: Request) async throws -> Response {
        try .json(try await request.json(Order.self, upTo: 200), status: .created)
    }
}

@Suite("JSON in and out", .timeLimit(.patient))
struct JSONTests {
    /// The answer of a server to this content.
    private func answer(_ type: String, _ content: String) async throws -> WireAnswer {
        var configuration = ServerConfiguration()
        configuration.addresses = [.loopback(port: 0)]
        configuration.threads = 1
        let server = Server(configuration: configuration, handler: EchoOrder())
        try server.start()
        let request =
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(type)\r\nContent-Length: \(content.utf8.count)\r\n\r\n"
        let socket = try TestSocket.connect(to: server.addresses[0])
        try socket.send(request + content)
        let received = try socket.receiveAll()
        server.stop(grace: .zero)
        await server.waitUntilStopped()
        server.join()
        return try #require(WireAnswer(received))
    }

    @Test(
        "a value goes in and out",
        arguments: ["application/json", "Application/JSON; charset=utf-8", "application/vnd.order+json"]
    )
    func echo(type: String) async throws {
        let content = #" {"url":"a/b", "items":[{"price":1.5,"name":"ü\u00fc","unknown":[]}]} "#
        let answer = try await answer("Content-Type: \(type)", content)
        #expect(answer.status == 201)
        #expect(answer["Content-Type"] == "application/json")
        #expect(answer.text == #"{"items":[{"name":"üü","price":1.5}],"url":"a/b"}"#)
    }

    @Test(
        "what is no JSON, or another's, is a 400 that says where",
        arguments: [
            ("", "The content is not valid JSON."),
            ("{\"items\":[", "The content is not valid JSON."),
            ("{\"items\":[]} x", "The content is not valid JSON."),
            (String(repeating: "[", count: 200), "The content is not valid JSON."),
            ("[]", "The JSON is not an object."),
            ("{}", "The JSON lacks items."),
            ("{\"items\":null}", "The JSON's items is null, or lacks a value."),
            ("{\"items\":{}}", "The JSON's items is not a list."),
            ("{\"items\":[{\"name\":\"a\",\"price\":1},{\"name\":\"b\"}]}", "The JSON lacks items[1].price."),
            ("{\"items\":[{\"name\":1,\"price\":1}]}", "The JSON's items[0].name is not a string."),
            ("{\"items\":[{\"name\":\"a\",\"price\":\"1\"}]}", "The JSON's items[0].price is not a number."),
            ("{\"items\":[{\"name\":\"a\",\"price\":1,\"count\":true}]}", "items[0].count is not a whole number."),
            (
                "{\"items\":[{\"name\":\"a\",\"price\":1,\"count\":1.5}]}",
                "A value in the JSON does not fit where it stands."
            ),
            ("{\"items\":[{\"name\":\"a\",\"price\":1,\"tags\":[\"\",2]}]}", "items[0].tags[1] is not a string."),
        ]
    )
    func malformed(content: String, reason: String) async throws {
        let answer = try await answer("Content-Type: application/json", content)
        #expect(answer.status == 400)
        #expect(answer.text.contains(reason), "\(answer.text)")
    }

    @Test("another media type or coding is a 415, a longer content a 413")
    func refused() async throws {
        let other = try await answer("Content-Type: text/plain", "{}")
        #expect(other.status == 415 && other["Accept"] == "application/json")
        #expect(try await answer("X: y", "{}").status == 415)
        let coded = try await answer("Content-Type: application/json\r\nContent-Encoding: gzip", "{}")
        #expect(coded.status == 415 && coded["Accept-Encoding"] == "identity" && coded["Accept"] == nil)
        #expect(try await answer("Content-Type: application/json", String(repeating: " ", count: 201)).status == 413)
    }
}
