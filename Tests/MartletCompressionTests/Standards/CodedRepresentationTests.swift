import HTTPTypes
import Martlet
import MartletCompression
import MartletReactor
import MartletWire
import TestSupport
import Testing

/// A page that knows conditions and ranges, and nothing of compression.
private struct Page {
    static let text = String(repeating: "All work and no play makes Jack a dull boy. ", count: 100)
    static let date = "Sun, 06 Nov 1994 08:49:37 GMT"

    static func answer(_ request: Request) throws -> Response {
        let current = Validators(entityTag: EntityTag(strong: "a"), lastModified: 784_111_777)
        var response = Response.text(text)
        response.fields[.eTag] = "\"a\""
        response.fields[.lastModified] = date
        switch request.evaluateConditions(current) {
        case .failed: throw HTTPError(.preconditionFailed)
        case .notModified: return Response(status: .notModified, fields: response.fields)
        case .proceed: break
        }
        let ifRange = request.fields.combined(.ifRange)
        guard request.method == .get, let range = request.fields.combined(.range),
            Preconditions.rangeApplies(ifRange: ifRange?.span, current: current, now: WallClock.seconds()),
            case .ranges(let ranges) = ByteRanges.evaluate(range.span, length: text.utf8.count),
            let range = ranges.first
        else { return response }
        response.status = .partialContent
        response.fields[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(text.utf8.count)"
        response.body = .bytes(Array(Array(text.utf8)[range]))
        return response
    }
}

/// The answer to one request, from a server with the page behind the middleware.
private func ask(_ method: String, _ fields: [String]) async throws -> WireAnswer {
    let lines = fields.map { $0 + "\r\n" }.joined()
    let request = "\(method) / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(lines)\r\n"
    let received = Locked<[UInt8]>([])
    let handler: @Sendable (Request) async throws -> Response = { request in try Page.answer(request) }
    try await withServer(Compression(codings: [.gzip]), handler) { address in
        let socket = try TestSocket.connect(to: address)
        try socket.send(request)
        let octets = try socket.receiveAll()
        received.withLock { $0 = octets }
    }
    return try #require(WireAnswer(received.withLock { $0 }))
}

@Suite("What is compressed is a representation of its own (RFC 9110 §8.4, §8.8.3.3)", .timeLimit(.patient))
struct CodedRepresentationTests {
    @Test(
        "gzip and identity have different strong tags, lengths of their own, and both say Vary",
        .rfc("9110-8.4-01", "9110-8.4-02", "9110-8.4-04", "9110-8.6-01", "9110-8.8.3.3-01", "9110-12.5.5-03"),
        arguments: [("", "\"a\""), ("gzip", "\"a-gzip\"")]
    )
    func forms(accepted: String, tag: String) async throws {
        let get = try await ask("GET", ["Accept-Encoding: \(accepted)"])
        let head = try await ask("HEAD", ["Accept-Encoding: \(accepted)"])
        #expect(get["ETag"] == tag)
        #expect(get["Vary"] == "Accept-Encoding")
        let coding = get["Content-Encoding"] ?? ""
        #expect(coding == accepted)
        let length = get.content.count.description
        #expect(get["Content-Length"] == length)
        #expect((length == Page.text.utf8.count.description) == accepted.isEmpty)
        #expect(head.head() == get.head())
        #expect(head["ETag"] == tag)
        #expect(head.content.isEmpty)
    }

    @Test(
        "a 304 and a 206 say Vary as the 200 would",
        .rfc("9110-12.5.5-03"),
        arguments: ["If-None-Match: \"a\"", "Range: bytes=2-4"],
        ["", "gzip", "identity"]
    )
    func vary(field: String, accepted: String) async throws {
        let answer = try await ask("GET", [field, "Accept-Encoding: \(accepted)"])
        #expect(answer.status == (field.hasPrefix("Range") ? 206 : 304))
        #expect(answer["Vary"] == "Accept-Encoding")
        #expect(answer["ETag"] == "\"a\"")
        #expect(answer["Content-Encoding"] == nil)
    }

    @Test(
        "no part of the plain form is sent to who may have a part of the coded one",
        .rfc("9110-13.1.5-05", "9110-13.1.5-07", "9110-13.1.5-08", "9110-14.1.2-02"),
        arguments: [
            ("gzip", "\"a-gzip\"", 200), ("gzip", "\"a\"", 206), ("identity", "\"a-gzip\"", 200),
            ("identity", "\"a\"", 206),
            // Both forms are of one date: it is no strong validator.
            ("gzip", Page.date, 200), ("identity", Page.date, 206),
        ]
    )
    func ifRange(accepted: String, validator: String, status: Int) async throws {
        let fields = ["Accept-Encoding: \(accepted)", "Range: bytes=2-4", "If-Range: \(validator)"]
        let answer = try await ask("GET", fields)
        #expect(answer.status == status)
        let isCoded = answer["Content-Encoding"] == "gzip"
        #expect(isCoded == (status == 200 && accepted == "gzip"))
        if status == 206 { #expect(answer.text == "l w") }
    }

    @Test(
        "the client's weights decide, identity;q=0 included",
        .rfc(
            "9110-12.5.3-01",
            "9110-12.5.3-02",
            "9110-12.5.3-03",
            "9110-12.5.3-04",
            "9110-12.5.3-05",
            "9110-12.5.3-06",
            "9110-8.4.1.3-01"
        ),
        arguments: [
            ("X-None: 1", false), ("Accept-Encoding:", false), ("Accept-Encoding: gzip", true),
            ("Accept-Encoding: x-gzip", true), ("Accept-Encoding: gzip;q=0", false),
            ("Accept-Encoding: identity;q=0, gzip;q=0.1", true), ("Accept-Encoding: identity;q=0, *", true),
            ("Accept-Encoding: gzip;q=0.5, identity", false), ("Accept-Encoding: deflate", false),
            ("Accept-Encoding: identity;q=0", false), ("Accept-Encoding: *;q=0", false),
        ]
    )
    func choice(field: String, isCoded: Bool) async throws {
        let answer = try await ask("GET", [field])
        #expect(answer.status == 200)
        #expect((answer["Content-Encoding"] == "gzip") == isCoded)
        #expect((answer.text == Page.text) == !isCoded)
    }
}
