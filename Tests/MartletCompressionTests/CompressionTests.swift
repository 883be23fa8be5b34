import Glibc
import HTTPTypes
import MartletReactor
import MartletWire
import TestSupport
import Testing

@testable import Martlet
@testable import MartletCompression

/// What comes out of the middleware with a handler behind it and no connection.
private func answer(
    _ middleware: Compression = Compression(codings: [.gzip]),
    _ fields: [String] = ["Accept-Encoding: gzip"],
    method: HTTPRequest.Method = .get,
    by handler: @escaping @Sendable (Request) throws -> Response
) async throws -> Response {
    var list = Fields()
    for line in fields {
        let parts = line.split(separator: ":", maxSplits: 1)
        list.append(try #require(HTTPField.Name(String(parts[0]))), String(parts[1]))
    }
    let endpoint = Endpoint(.handler(ImmediateFunction(handler)), middleware: [middleware])
    return try await Next(endpoint)(Request(method, "/", fields: list))
}

/// The octets of a body in memory.
private func octets(_ response: Response) throws -> [UInt8] {
    switch response.body {
    case .bytes(let bytes): return bytes
    case .string(let text): return Array(text.utf8)
    default: throw NoOctets()
    }
}

private func openFile(_ path: String) throws -> OpenFile {
    try OpenFile(fd: unsafe open(path, O_RDONLY | O_CLOEXEC))
}

private struct NoOctets: Error {}

/// What Python makes of gzip, which is the reference here: it fails on what is cut or has a wrong checksum.
private func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let script = "import sys, gzip; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))"
    let result = try run("python3", arguments: ["-c", script], input: bytes)
    try #require(result.status == 0, "\(result.errorText)")
    return result.output
}

private let page = String(repeating: "All work and no play makes Jack a dull boy. ", count: 100)

/// Octets that look random, the same in each run.
private func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

@Suite("Compressed answers", .timeLimit(.patient))
struct CompressionTests {
    @Test("text becomes shorter, says how it is coded, and comes out whole", .rfc("9110-8.4-01"))
    func gzip() async throws {
        let response = try await answer { _ in .text(page) }
        #expect(
            response.fields.map { "\($0.name): \($0.value)" } == [
                "Content-Type: text/plain; charset=utf-8", "Vary: Accept-Encoding", "Content-Encoding: gzip",
            ]
        )
        let coded = try octets(response)
        #expect(coded.count < 200)
        #expect(try gunzip(coded) == Array(page.utf8))
    }

    @Test(
        "content of every size comes out whole: on the loop, beside it, and as a file",
        arguments: [1025, 65_536, 65_537, 3_000_000]
    )
    func sizes(count: Int) async throws {
        let bytes: [UInt8] =
            noise(count / 2).flatMap { octet -> [UInt8] in [octet, 0x20] } + (count % 2 == 0 ? [] : [0x20])
        let response = try await answer { _ in .content(bytes, type: "application/json") }
        #expect(response.fields[.contentEncoding] == "gzip")
        #expect(try gunzip(octets(response)) == bytes)

        let folder = try TemporaryDirectory()
        try folder.write("data.json", bytes)
        let file = try openFile(folder.path(of: "data.json"))
        let sent = try await answer(Compression(fileLimit: .max, codings: [.gzip])) { _ in
            var response = Response(body: .file(file, 1..<bytes.count))
            response.fields[.contentType] = "text/plain"
            return response
        }
        #expect(try gunzip(octets(sent)) == Array(bytes.dropFirst()))
    }

    @Test("a file above the limit goes out as it is, by the kernel")
    func longFile() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("data.json", Array(page.utf8))
        let file = try openFile(folder.path(of: "data.json"))
        let response = try await answer(Compression(fileLimit: page.utf8.count - 1)) { _ in
            var response = Response(body: .file(file, 0..<page.utf8.count))
            response.fields[.contentType] = "text/plain"
            return response
        }
        guard case .file = response.body else { throw NoOctets() }
        #expect(response.fields[.vary] == nil)
    }

    @Test(
        "the client's weights decide; whatever they are, the answer says that it depends on them",
        .rfc("9110-12.5.3-05", "9110-12.5.3-06", "9110-12.5.5-03"),
        arguments: [
            ("gzip", true), ("x-gzip", true), ("GZIP;q=0.001", true), ("*", true), ("br, deflate, gzip", true),
            ("identity;q=0, *;q=0.1", true), ("identity;q=0.5, gzip", true), ("gzip, identity", true),
            ("gzip;q=0", false), ("identity", false), ("deflate", false), ("", false), ("*;q=0", false),
            ("identity, gzip;q=0.9", false), ("gzip;q=x", false), (nil, false),
        ]
    )
    func negotiation(accepted: String?, isCoded: Bool) async throws {
        let response = try await answer(.init(codings: [.gzip]), accepted.map { ["Accept-Encoding: \($0)"] } ?? []) {
            _ in .text(page)
        }
        #expect(response.fields[.contentEncoding] == (isCoded ? "gzip" : nil))
        #expect(response.fields[.vary] == "Accept-Encoding")
        #expect(try (octets(response).count < page.utf8.count) == isCoded)
    }

    @Test(
        "what must stay as it is does, and depends on nothing",
        arguments: [
            (200, "text/plain", 1023, []), (200, "image/png", 4000, []), (200, "application/zip", 4000, []),
            (200, nil, 4000, []), (200, "text/event-stream", 4000, []), (206, "image/png", 4000, []),
            (204, "text/plain", 4000, []), (205, "text/plain", 4000, []),
            (200, "text/plain", 4000, ["Content-Encoding: br"]),
            (200, "text/plain", 4000, ["Content-Range: bytes 0-9/9"]),
            (200, "text/plain", 4000, ["Cache-Control: public, No-Transform"]),
            (200, "text/plain", 4000, ["Repr-Digest: sha-256=:AAAA:"]),
            (200, "text/plain", 4000, ["Content-MD5: AAAA"]),
        ] as [(Int, String?, Int, [String])]
    )
    func untouched(status: Int, type: String?, count: Int, lines: [String]) async throws {
        let response = try await answer { _ in
            var response = Response(status: .init(code: status), body: .bytes([UInt8](repeating: 0x61, count: count)))
            response.fields[.contentType] = type
            for line in lines {
                let parts = line.split(separator: ":", maxSplits: 1)
                if let name = HTTPField.Name(String(parts[0])) { response.fields.append(name, String(parts[1])) }
            }
            return response
        }
        #expect(try octets(response) == [UInt8](repeating: 0x61, count: count))
        #expect(response.fields[.vary] == nil)
        #expect(response.fields[.eTag] == nil)
        #expect(response.fields.count == lines.count + (type == nil ? 0 : 1))
    }

    @Test(
        "types that get smaller",
        arguments: [
            "text/html; charset=utf-8", "TEXT/CSS", "application/json", "application/problem+json", "image/svg+xml",
            "application/wasm", "text/javascript",
        ]
    )
    func types(type: String) async throws {
        let response = try await answer { _ in .content(Array(page.utf8), type: type) }
        #expect(response.fields[.contentEncoding] == "gzip")
    }

    @Test("what would become longer is sent as it is")
    func incompressible() async throws {
        let bytes = noise(5000)
        let response = try await answer { _ in .content(bytes, type: "text/plain") }
        #expect(try octets(response) == bytes)
        #expect(response.fields[.contentEncoding] == nil)
        #expect(response.fields[.vary] == "Accept-Encoding")
    }

    @Test(
        "nothing is compressed where a secret could be guessed by length, unless it is asked for",
        arguments: [("Cookie: a=b", nil), ("Authorization: Basic YTpi", nil), (nil, "a=b"), ("Cookie: a=b", "a=b")]
            as [(String?, String?)]
    )
    func secrets(line: String?, setCookie: String?) async throws {
        for credentials in [false, true] {
            let middleware = Compression(credentials: credentials, codings: [.gzip])
            let response = try await answer(middleware, ["Accept-Encoding: gzip"] + (line.map { [$0] } ?? [])) { _ in
                var response = Response.text(page)
                response.fields[.setCookie] = setCookie
                return response
            }
            #expect(response.fields[.contentEncoding] == (credentials ? "gzip" : nil))
            #expect(response.fields[.vary] == "Accept-Encoding")
        }
    }

    @Test("an answer that said Accept-Ranges no longer does: the ranges would be those of the plain content")
    func acceptRanges() async throws {
        let response = try await answer { _ in
            var response = Response.text(page)
            response.fields[.acceptRanges] = "bytes"
            response.fields[.vary] = "Accept"
            return response
        }
        #expect(response.fields[.acceptRanges] == nil)
        #expect(response.fields.values(of: .vary) == ["Accept", "Accept-Encoding"])
    }
}

@Suite("Entity tags of compressed answers (RFC 9110 §8.8.3.3)")
struct CompressedTagTests {
    /// A resource that knows nothing of compression.
    private static func resource(_ tag: String) -> @Sendable (Request) throws -> Response {
        { request in
            var response = request.method == .put ? Response.text("changed") : Response.text(page)
            response.fields[.eTag] = tag
            let ifMatch = request.fields.combined(.ifMatch)
            let ifNoneMatch = request.fields.combined(.ifNoneMatch)
            let result = Preconditions.evaluate(
                method: request.method,
                ifMatch: ifMatch?.span,
                ifNoneMatch: ifNoneMatch?.span,
                ifModifiedSince: nil,
                ifUnmodifiedSince: nil,
                current: Validators(entityTag: EntityTag(parsing: tag.utf8.span)),
                now: 0
            )
            switch result {
            case .proceed: return response
            case .notModified: return Response(status: .notModified, fields: response.fields)
            case .failed: throw HTTPError(.preconditionFailed)
            }
        }
    }

    @Test(
        "strong tags get the coding's name, weak ones stay",
        .rfc("9110-8.8.3.3-01"),
        arguments: [("\"a\"", "\"a-gzip\""), ("W/\"a\"", "W/\"a\""), ("\"\"", "\"-gzip\""), ("nonsense", "nonsense")]
    )
    func suffix(tag: String, expected: String) async throws {
        let response = try await answer { _ in
            var response = Response.text(page)
            response.fields[.eTag] = tag
            return response
        }
        #expect(response.fields[.eTag] == expected)
    }

    @Test(
        "what a client has of the form it would get is fresh, and the 304 names it",
        .rfc("9110-12.5.5-03"),
        arguments: [
            ("gzip", "\"a-gzip\"", 304, "\"a-gzip\""), ("gzip", "W/\"a-gzip\"", 304, "\"a-gzip\""),
            ("gzip", "\"x\", \"a-gzip\"", 304, "\"a-gzip\""), ("gzip", "\"a\"", 304, "\"a\""),
            ("gzip", "*", 304, "\"a\""), ("gzip", "\"b-gzip\"", 200, "\"a-gzip\""),
            ("gzip", "\"a-br\"", 200, "\"a-gzip\""), ("identity", "\"a-gzip\"", 200, "\"a\""),
            ("identity", "\"a\"", 304, "\"a\""), ("gzip", "\"a-gzip", 200, "\"a-gzip\""),
        ]
    )
    func ifNoneMatch(accepted: String, condition: String, status: Int, tag: String) async throws {
        let fields = ["Accept-Encoding: \(accepted)", "If-None-Match: \(condition)"]
        let response = try await answer(.init(codings: [.gzip]), fields, by: Self.resource("\"a\""))
        #expect(response.status.code == status)
        #expect(response.fields[.eTag] == tag)
        #expect(response.fields[.vary] == "Accept-Encoding")
    }

    @Test(
        "a change may build on any form that the client has seen",
        arguments: [
            ("\"a-gzip\"", 200), ("\"a\"", 200), ("\"b\", \"a-gzip\"", 200), ("\"b-gzip\"", 412), ("W/\"a-gzip\"", 412),
        ]
    )
    func ifMatch(condition: String, status: Int) async throws {
        for accepted in ["gzip", "identity"] {
            let fields = ["Accept-Encoding: \(accepted)", "If-Match: \(condition)"]
            let response = try await answer(.init(codings: [.gzip]), fields, method: .put, by: Self.resource("\"a\""))
            #expect(response.status.code == status)
        }
    }

    @Test("a handler whose own tags end like that sees them as they came")
    func ownSuffix() async throws {
        let fields = ["Accept-Encoding: gzip", "If-None-Match: \"a-gzip\""]
        let response = try await answer(.init(codings: [.gzip]), fields, by: Self.resource("\"a-gzip\""))
        #expect(response.status == .notModified)
        #expect(response.fields[.eTag] == "\"a-gzip\"")
    }
}
