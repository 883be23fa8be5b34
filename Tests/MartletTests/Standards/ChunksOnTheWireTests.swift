import HTTPTypes
import Martlet
import MartletWire
import TestSupport
import Testing

@Suite("Chunked content on the wire (RFC 9112 §7)", .timeLimit(.patient))
struct ChunksOnTheWireTests {
    private static let start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test(
        "chunks are decoded, of any size and with any extensions",
        .rfc("9112-6.3-04", "9112-7.1-01", "9112-7.1-04", "9112-7.1.1-01", "9112-7.1.1-03"),
        arguments: [
            "5\r\nhello\r\n0\r\n\r\n", "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n",
            "00000005\r\nhello\r\n000\r\n\r\n", "0000000000000005\r\nhello\r\n0\r\n\r\n",
            "5;a\r\nhello\r\n0;b=c\r\n\r\n", "5;a=b;c=\"d;\\\"e\\\\\";f\r\nhello\r\n0\r\n\r\n",
            "5 ; a = b \t; c=\"\"\r\nhello\r\n0\r\n\r\n", "5;a=\"0\t;x=y\"\r\nhello\r\n0\r\n\r\n",
            "5\r\nhello\r\n0\r\nX: y\r\n\r\n",
        ]
    )
    func decoded(chunks: String) async throws {
        try await withServer(shownRequest) { server in
            try server.expect(ok("POST a / 5:hello"), to: (Self.start + chunks).utf8)
        }
    }

    @Test("sizes are hexadecimal in either case", .rfc("9112-7.1-01", "9112-7.1-04"), arguments: ["1a", "1A", "01A"])
    func hexadecimal(size: String) async throws {
        try await withServer(shownRequest) { server in
            let text = "abcdefghijklmnopqrstuvwxyz"
            try server.expect(ok("POST a / 26:\(text)"), to: (Self.start + "\(size)\r\n\(text)\r\n0\r\n\r\n").utf8)
        }
    }

    @Test(
        "what is not exactly the chunked coding is refused, and nothing behind it is read as a request",
        .rfc("9112-7.1-02", "9112-7.1-04", "9112-7.1-05", "9112-7.1.1-03", "9112-2.2-04", "9112-2.2-09"),
        arguments: [
            ("+5\r\nhello\r\n", .invalidChunkSize), ("-5\r\nhello\r\n", .invalidChunkSize),
            ("0x5\r\nhello\r\n", .invalidChunkSize), ("5_0\r\nhello\r\n", .invalidChunkSize),
            (" 5\r\nhello\r\n", .invalidChunkSize), ("\t5\r\nhello\r\n", .invalidChunkSize),
            ("\r\nhello\r\n", .invalidChunkSize), (";a\r\nhello\r\n", .invalidChunkSize),
            ("5h\r\nhello\r\n", .invalidChunkSize), ("5,5\r\nhello\r\n", .invalidChunkSize),
            ("5 \r\nhello\r\n", .invalidChunkExtension), ("5 5\r\nhello\r\n", .invalidChunkExtension),
            ("FFFFFFFFFFFFFFFFF\r\n", .chunkTooLarge), ("FFFFFFFFFFFFFFFF\r\n", .chunkTooLarge),
            ("8000000000000000\r\n", .chunkTooLarge), ("10000000000000005\r\nhello\r\n", .chunkTooLarge),
            ("5\nhello\r\n", .bareLineFeed), ("5\rhello\r\n", .bareCarriageReturn),
            ("5\r\nhello\n0\r\n\r\n", .missingChunkEnd), ("5\r\nhello\r0\r\n\r\n", .missingChunkEnd),
            ("5\r\nhello0\r\n\r\n", .missingChunkEnd), ("5\r\nhello!\r\n0\r\n\r\n", .missingChunkEnd),
            ("4\r\nhello\r\n0\r\n\r\n", .missingChunkEnd), ("6\r\nhello\r\n0\r\n\r\n", .missingChunkEnd),
            ("5;\r\nhello\r\n", .invalidChunkExtension), ("5;=a\r\nhello\r\n", .invalidChunkExtension),
            ("5;a=\r\nhello\r\n", .invalidChunkExtension), ("5;a=\"\r\nhello\r\n", .invalidChunkExtension),
            ("5;a\nhello\r\n", .bareLineFeed), ("5;a=\"\n\"\r\nhello\r\n", .bareLineFeed),
            ("5;a\0\r\nhello\r\n", .invalidChunkExtension), ("5;a=b c\r\nhello\r\n", .invalidChunkExtension),
            ("0\r\nX : y\r\n\r\n", .whitespaceBeforeColon), ("0\r\nX: y\r\n z\r\n\r\n", .foldedLine),
            ("0\r\nX: y\n\r\n", .bareLineFeed), ("0\r\nX: y\rz\r\n\r\n", .bareCarriageReturn),
            ("0\r\nnonsense\r\n\r\n", .missingColon),
        ] as [(String, RequestError)]
    )
    func malformed(chunks: String, error: RequestError) async throws {
        let seen = Record<String>()
        let handler = Waiting { request in
            seen.append(request.head.rawPath)
            return try await shownRequest.function(request)
        }
        try await withServer(handler) { server in
            try server.expectRefusal(error, to: (Self.start + chunks).utf8)
            #expect(Set(seen.all) == ["/", "/before", "/behind"])
        }
    }

    @Test("chunk extensions have a limit, one by one and taken together", .rfc("9112-7.1.1-02"))
    func extensions() async throws {
        try await withServer(shownRequest) { server in
            let long = "1;" + String(repeating: "a", count: 5000) + "\r\nx\r\n0\r\n\r\n"
            let start = Self.start
            try #expect(
                server.answer(to: start + long) == refusal("400 Bad Request", RequestError.chunkLineTooLong.reason)
            )
            let many = String(repeating: "1;" + String(repeating: "a", count: 1000) + "\r\nx\r\n", count: 20)
            try #expect(
                server.answer(to: start + many + "0\r\n\r\n")
                    == refusal("400 Bad Request", RequestError.chunkExtensionsTooLong.reason)
            )
            // One without end is refused before its end is awaited.
            let socket = try server.connect()
            try socket.send(start + "1;" + String(repeating: "a", count: 5000))
            try socket.expect(refusal("400 Bad Request", RequestError.chunkLineTooLong.reason))
        }
    }

    @Test(
        "trailers are dropped: none changes what a handler sees, nor the framing, nor who is asked",
        .rfc("9112-7.1.2-01", "9112-7.1.2-02", "9112-7.1.2-03")
    )
    func trailers() async throws {
        let handler = Waiting { request in
            _ = try await request.body.collect(upTo: 100)
            return try await shownFields.function(request)
        }
        let trailers =
            "Host: evil\r\nContent-Length: 50\r\nTransfer-Encoding: gzip\r\nAuthorization: Basic eA==\r\nCookie: a=b\r\n"
            + "Connection: close\r\nExpect: 100-continue\r\nX-Mine: y\r\n"
        try await withServer(handler) { server in
            try server.expect(
                ok("Host=a\nTransfer-Encoding=chunked\nX=y\n"),
                to:
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n2\r\nhi\r\n0\r\n\(trailers)\r\n"
                    .utf8
            )
        }
    }

    @Test(
        "streamed content is chunked once, ends with a zero chunk and an empty line, and has no empty chunk before",
        .rfc("9112-7.1-06", "9112-6.1-02", "9112-6.2-01", "9112-6.3-12", "9112-7.4-02"),
        arguments: ["X: y", "TE: gzip", "TE:", "TE: deflate;q=0.5, gzip", "Accept-Encoding: gzip"]
    )
    func streamed(field: String) async throws {
        let handler = Waiting { request in
            var response = Response.stream(type: "a/b") { writer in
                try await writer.write("")
                try await writer.write("hello")
                try await writer.write("")
            }
            response.fields.append(.transferEncoding, "gzip, chunked")
            response.fields.append(.contentLength, "5")
            return request.head.rawPath == "/" ? response : .text("x")
        }
        try await withServer(handler) { server in
            let expected =
                "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5\r\nhello\r\n0\r\n\r\n"
            try server.expect(expected, to: get("/", field).utf8)
        }
    }

    @Test(
        "HTTP/1.0 never gets Transfer-Encoding: a length, or the end of the connection",
        .rfc("9112-6.1-10", "9112-6.3-12"),
        arguments: ["X: y", "Connection: keep-alive", "TE: chunked"]
    )
    func toHTTP10(field: String) async throws {
        let handler = Waiting { request in
            switch request.head.rawPath {
            case "/known": .stream(type: "a/b", length: 5) { try await $0.write("hello") }
            case "/unknown": .stream(type: "a/b") { try await $0.write("hello") }
            default: .text("x")
            }
        }
        try await withServer(handler) { server in
            let stays = field == "Connection: keep-alive"
            let head = "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Type: a/b\r\n"
            try server.expect(
                head + "Content-Length: 5\r\nConnection: \(stays ? "keep-alive" : "close")\r\n\r\nhello",
                closes: !stays,
                to: "GET /known HTTP/1.0\r\n\(field)\r\n\r\n".utf8
            )
            try server.expect(
                head + "Connection: close\r\n\r\nhello",
                closes: true,
                to: "GET /unknown HTTP/1.0\r\n\(field)\r\n\r\n".utf8
            )
        }
    }

    @Test(
        "HEAD of a stream says chunked; 204, 205 and 304 never do, whatever the handler gave; all end at the empty line",
        .rfc("9112-6.1-06", "9112-6.1-07", "9112-6.3-01")
    )
    func withoutContent() async throws {
        let handler = Waiting { request in
            let path = request.head.rawPath.dropFirst()
            guard let code = Int(path) else { return .text("x") }
            var response = Response.stream(type: "a/b") { try await $0.write("hello") }
            response.status = .init(code: code)
            response.fields.append(.transferEncoding, "chunked")
            response.fields.append(.contentLength, "5")
            return response
        }
        try await withServer(handler) { server in
            let type = "Date: *\r\nContent-Type: a/b\r\n"
            let head = "HTTP/1.1 200 OK\r\n\(type)Transfer-Encoding: chunked\r\n\r\n"
            try server.expect(head, to: "HEAD /200 HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            for method in ["GET", "HEAD"] {
                for (code, rest) in [
                    (204, "204 No Content\r\n\(type)\r\n"), (304, "304 Not Modified\r\n\(type)\r\n"),
                    (205, "205 Reset Content\r\n\(type)Content-Length: 0\r\n\r\n"),
                ] {
                    try server.expect("HTTP/1.1 " + rest, to: "\(method) /\(code) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
                }
            }
        }
    }

    @Test("interim responses have neither content nor Transfer-Encoding", .rfc("9112-6.1-07", "9112-6.3-01"))
    func interim() async throws {
        try await withServer(shownRequest) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            try socket.expect("HTTP/1.1 100 Continue\r\n\r\n")
            try socket.send("hi")
            try socket.expect(ok("POST a / 2:hi"))
        }
    }
}
