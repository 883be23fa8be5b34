import HTTPTypes
import Martlet
import MartletWire
import TestSupport
import Testing

@Suite("Field lines on the wire (RFC 9112 §5, §11.1)", .timeLimit(.patient))
struct FieldLinesOnTheWireTests {
    @Test(
        "a line that is no field line is refused",
        .rfc("9112-5-01", "9112-5.1-01", "9112-5.2-02", "9112-2.2-09", "9112-11.2-01"),
        arguments: [
            ("Nonsense", .missingColon), (": value", .emptyFieldName), (":", .emptyFieldName),
            ("Na me: v", .invalidFieldName), ("N(me: v", .invalidFieldName), ("Näme: v", .invalidFieldName),
            ("\"Name\": v", .invalidFieldName), ("Na/me: v", .invalidFieldName), ("Na\tme: v", .invalidFieldName),
            // White space before the colon: proxies once read these as another field than servers did.
            ("Name : v", .whitespaceBeforeColon), ("Name\t: v", .whitespaceBeforeColon),
            ("Content-Length : 5", .whitespaceBeforeColon), ("Transfer-Encoding : chunked", .whitespaceBeforeColon),
            ("Host : b", .whitespaceBeforeColon), ("Name: v\r\n folded", .foldedLine),
            ("Name: v\r\n\tfolded", .foldedLine), ("Name: v\r\n ", .foldedLine),
            ("X: y\r\n Content-Length: 5", .foldedLine), ("Transfer-Encoding:\r\n chunked", .foldedLine),
        ] as [(String, RequestError)]
    )
    func malformed(line: String, error: RequestError) async throws {
        try await withServer(shownRequest) { server in
            try server.expectRefusal(error, to: "GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n".utf8)
        }
    }

    @Test(
        "white space around a value is no part of it, that inside is",
        .rfc("9112-5.1-03"),
        arguments: [
            ("X:y", "y"), ("X: y", "y"), ("X:  \t y \t ", "y"), ("X: y  \t z ", "y  \t z"), ("X:", ""), ("X: \t ", ""),
            ("X: a:b", "a:b"),
        ]
    )
    func whitespace(line: String, value: String) async throws {
        try await withServer(shownFields) { server in
            try server.expect(ok("Host=a\nX=\(value)\n"), to: get("/", line).utf8)
        }
    }

    @Test(
        "a handler's values, phrases and trailers end no line and begin none: CR, LF and NUL become spaces",
        .rfc("9112-2.2-03", "9112-2.2-07", "9112-4-01", "9112-4-02", "9112-5.1-04", "9112-5.2-01", "9112-11.1-01")
    )
    func injection() async throws {
        let handler = Waiting { _ in
            var response = Response.stream(type: "a/b\r\nX-1: y") { writer in
                try await writer.write("\r\r\n")
                writer.trailers.append(.init("X-Trailer")!, "a\rb\nc\0d\r\n e\r\n\r\nHTTP/1.1 200 OK")
            }
            response.status = HTTPResponse.Status(code: 299, reasonPhrase: "Fine\r\nX-2: y\rz\0")
            response.fields.append(.init("X-Value")!, "\ra\r\n folded\r\n\tmore\nX-3: y\0\r\n\r\n<body>")
            return response
        }
        try await withServer(handler) { server in
            let answer = try server.answer(to: get("/", "Connection: close, TE", "TE: trailers"))
            let lines = answer.components(separatedBy: "\r\n")
            #expect(lines[0].hasPrefix("HTTP/1.1 299 Fine"))
            #expect(lines[0].wholeMatch(of: /HTTP\/1\.1 299 [ -~]*/) != nil)
            #expect(
                Array(lines.dropFirst()) == [
                    "Date: *", "Content-Type: a/b  X-1: y", "X-Value: a   folded  \tmore X-3: y     <body>",
                    "Transfer-Encoding: chunked", "Connection: close", "", "3", "\r", "", "0",
                    "X-Trailer: a b c d   e    HTTP/1.1 200 OK", "", "",
                ]
            )
        }
    }

    @Test(
        "no field named Close is sent, nor a second one of those that frame the message",
        .rfc("9112-9.6-02", "9112-6.2-01")
    )
    func reservedNames() async throws {
        let handler = Immediate { _ in
            var response = Response.text("x")
            response.fields.append(.init("Close")!, "1")
            response.fields.append(.init("close")!, "2")
            response.fields.append(.contentLength, "9")
            response.fields.append(.transferEncoding, "chunked")
            return response
        }
        try await withServer(handler) { server in try server.expect(ok("x"), to: get().utf8) }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
