import HTTPTypes
import TestSupport
import Testing

@testable import MartletWire

/// The heads of scripts' answers (RFC 3875 §6).
@Suite("heads of scripts' answers", .timeLimit(.patient))
struct CGIResponseHeadTests {
    /// What the parser makes of `text`, the same whether it comes whole or octet by octet.
    private func parse(
        _ text: String,
        limits: HeadLimits = HeadLimits()
    ) -> Result<(head: CGIResponseHead, rest: String), CGIResponseError> {
        let octets = Array(text.utf8)
        let whole = outcome([octets[...]], limits)
        let pieces = outcome(octets.indices.map { octets[...$0] }, limits)
        #expect(describe(whole) == describe(pieces))
        return whole
    }

    private func outcome(
        _ inputs: [ArraySlice<UInt8>],
        _ limits: HeadLimits
    ) -> Result<(head: CGIResponseHead, rest: String), CGIResponseError> {
        var parser = CGIResponseParser(limits: limits)
        var head = CGIResponseHead()
        do throws(CGIResponseError) {
            for input in inputs {
                guard let count = try parser.parse(Array(input).span, into: &head) else { continue }
                let all = inputs.last ?? []
                return .success((head, String(decoding: all.dropFirst(count), as: UTF8.self)))
            }
            return .failure(CGIResponseParser.endError(isEmpty: inputs.allSatisfy(\.isEmpty)))
        } catch {
            return .failure(error)
        }
    }

    private func describe(_ result: Result<(head: CGIResponseHead, rest: String), CGIResponseError>) -> String {
        switch result {
        case .failure(let error): return "\(error)"
        case .success(let (head, rest)):
            let fields = head.fields.map { "\($0.name): \($0.value)" }
            return "\(head.kind) \(head.status) \(fields) \(String(describing: head.contentLength)) \(rest)"
        }
    }

    private func error(_ text: String, limits: HeadLimits = HeadLimits()) -> CGIResponseError? {
        if case .failure(let error) = parse(text, limits: limits) { error } else { nil }
    }

    @Test("lines end with LF or CRLF, in one head too", .rfc("3875-7.2-04"))
    func lineEnds() throws {
        for text in [
            "Content-Type: text/plain\nX-A: 1\n\nbody", "Content-Type: text/plain\r\nX-A: 1\r\n\r\nbody",
            "Content-Type: text/plain\r\nX-A: 1\n\r\nbody",
        ] {
            let (head, rest) = try parse(text).get()
            #expect(head.kind == .document)
            #expect(head.status == .ok)
            #expect(head.fields[.contentType] == "text/plain")
            #expect(head.fields.count == 2)
            #expect(rest == "body")
        }
    }

    @Test("field names are taken in any case; no continuation lines, no space before the colon", .rfc("3875-6.3-02"))
    func names() throws {
        let (head, _) = try parse("content-TYPE:text/plain\nsTaTuS: 404 Not Here\n\n").get()
        #expect(head.status == HTTPResponse.Status(code: 404, reasonPhrase: "Not Here"))
        #expect(head.fields.count == 1)
        #expect(error("Content-Type: text/plain\n  folded\n\n") == .line(.foldedLine))
        #expect(error("Content-Type : text/plain\n\n") == .line(.whitespaceBeforeColon))
        #expect(error("Content-Type\n\n") == .line(.missingColon))
        #expect(error(": nothing\n\n") == .line(.emptyFieldName))
        #expect(error("HTTP/1.1 200 OK\nContent-Type: text/plain\n\n") == .line(.invalidFieldName))
    }

    @Test("one of Content-Type, Location and Status has to be there, and none twice", .rfc("3875-6.3-01"))
    func required() {
        #expect(error("\nbody") == .noCGIField)
        #expect(error("X-A: 1\n\nbody") == .noCGIField)
        #expect(error("X-CGI-A: 1\n\nbody") == .noCGIField)
        #expect(error("Content-Type: a/b\nContent-Type: a/b\n\n") == .repeatedField)
        #expect(error("Status: 200 OK\nStatus: 200 OK\n\n") == .repeatedField)
        #expect(error("Location: /a\nLocation: /b\n\n") == .repeatedField)
    }

    @Test(
        "Location that begins with / alone is local, with a scheme it is the client's, and all else is an error",
        .rfc("3875-6.3.2-01", "3875-6.2.2-01", "3875-6.2.3-01", "3875-6.2.4-01")
    )
    func location() throws {
        #expect(try parse("Location: /a/b?c=d\n\n").get().head.kind == .localRedirect("/a/b?c=d"))
        #expect(try parse("Location: /a\nX-CGI-Note: mine\n\n").get().head.kind == .localRedirect("/a"))
        let client = try parse("Location: https://example.com/a#b\n\n").get().head
        #expect(client.kind == .redirect)
        #expect(client.status == .found)
        #expect(client.fields[.location] == "https://example.com/a#b")
        let document = try parse("Location: http://a/\nStatus: 301 Moved\nContent-Type: a/b\n\nmoved").get().head
        #expect(document.kind == .redirectWithDocument)
        #expect(document.status.code == 301)
        // With a Status it is for the client, wherever it leads to.
        let relative = try parse("Status: 302 Found\nLocation: /login\n\n").get().head
        #expect(relative.kind == .redirectWithDocument)
        #expect(relative.fields[.location] == "/login")
        let near = try parse("Status: 302 Found\nLocation: login.php?a=b\n\n").get().head
        #expect(near.kind == .redirectWithDocument)
        #expect(near.fields[.location] == "login.php?a=b")
        #expect(error("Status: 302 Found\nLocation: \n\n") == .invalidLocation)
        let made = try parse("Status: 201 Created\nLocation: /made\nContent-Type: a/b\n\n").get().head
        #expect(made.kind == .document)
        for location in ["", "a", "../a", "?a", "#a", "1http://a", ":a", "a b"] {
            #expect(error("Location: \(location)\n\n") == .invalidLocation, "\(location)")
        }
        #expect(error("Location: /a\nX-Other: b\n\n") == .localRedirectWithFields)
        #expect(error("Location: /a\nContent-Type: text/plain\n\n") == .localRedirectWithFields)
    }

    @Test("a status is three digits of 200 to 599, and perhaps a phrase", .rfc("3875-6.3.3-01"))
    func status() throws {
        #expect(try parse("Status: 404\n\n").get().head.status.code == 404)
        #expect(try parse("Status: 599 \n\n").get().head.status.code == 599)
        #expect(try parse("Status: 200 \u{E9}\n\n").get().head.status.reasonPhrase == "")
        #expect(try parse("Status: 200 Fine\n\n").get().head.fields.isEmpty)
        for status in ["", "20", "2000", "199 No", "101 Switching Protocols", "600", "OK", "2x0 OK", "200OK", "-20 "] {
            #expect(error("Status: \(status)\n\n") == .invalidStatus, "\(status)")
        }
    }

    @Test(
        "fields for the connection and for the server stay behind; Transfer-Encoding is an error",
        .rfc("3875-6.3.4-02", "3875-6.3.5-02")
    )
    func dropped() throws {
        let lines = [
            "Content-Type: a/b", "Connection: close, X-B", "Keep-Alive: 5", "Proxy-Connection: close", "TE: trailers",
            "Trailer: X-C", "Upgrade: h2c", "X-CGI-Secret: 1", "x-cgi-: 2", "X-CG: kept", "X-B: kept",
        ]
        let (head, _) = try parse(lines.joined(separator: "\n") + "\n\n").get()
        #expect(head.fields.map(\.name) == ["Content-Type", "X-CG", "X-B"])
        #expect(error("Content-Type: a/b\nTransfer-Encoding: chunked\n\n") == .transferEncoding)
        #expect(error("Content-Type: a/b\nTransfer-Encoding: identity\n\n") == .transferEncoding)
    }

    @Test("a length is digits, once")
    func length() throws {
        #expect(try parse("Content-Type: a/b\nContent-Length: 42\n\n").get().head.contentLength == 42)
        #expect(try parse("Content-Type: a/b\n\n").get().head.contentLength == nil)
        for length in ["", "-1", "+1", "1,1", "0x1", "1 1"] {
            #expect(error("Content-Type: a/b\nContent-Length: \(length)\n\n") == .length(.invalidContentLength))
        }
        #expect(
            error("Content-Type: a/b\nContent-Length: 1\nContent-Length: 1\n\n") == .length(.repeatedContentLength)
        )
        #expect(
            error("Content-Type: a/b\nContent-Length: 99999999999999999999\n\n") == .length(.contentLengthTooLarge)
        )
    }

    @Test("no control character but HTAB passes, and no bare CR")
    func controls() throws {
        for octet in (0...0x1F).filter({ ![0x09, 0x0A, 0x0D].contains($0) }) + [0x7F] {
            let character = String(decoding: [UInt8(octet)], as: UTF8.self)
            #expect(error("Content-Type: a\(character)b\n\n") == .controlCharacter)
        }
        #expect(error("Content-Type: a/b\rX: y\n\n") == .bareCarriageReturn)
        #expect(error("Content-Type: a/b\r\r\n\n") == .bareCarriageReturn)
        #expect(try parse("Content-Type: a/b\nX-A: b\tc\n\n").get().head.fields.count == 2)
    }

    @Test("size and count are bounded")
    func limits() throws {
        let limits = HeadLimits(head: 64, fieldCount: 3)
        let three = "Content-Type: a/b\nA: b\nC: d\n\n"
        #expect(try parse(three + String(repeating: "x", count: 100), limits: limits).get().head.fields.count == 3)
        #expect(error("Content-Type: a/b\nA: b\nC: d\nE: f\n\n", limits: limits) == .tooManyFields)
        #expect(error("Content-Type: " + String(repeating: "a", count: 100), limits: limits) == .headTooLarge)
        let exact = "Content-Type: " + String(repeating: "a", count: 48) + "\n\n"
        #expect(exact.utf8.count == 64)
        #expect(try parse(exact, limits: limits).get().rest == "")
    }

    @Test("output that ends too early is no answer")
    func unfinished() {
        #expect(error("") == .empty)
        #expect(error("Content-Type: text/plain") == .unfinished)
        #expect(error("Content-Type: text/plain\n") == .unfinished)
        #expect(error("Content-Type: text/plain\r\n\r") == .unfinished)
    }

    @Test("every error says what is wrong")
    func reasons() {
        let all: [CGIResponseError] = [
            .empty, .unfinished, .headTooLarge, .tooManyFields, .bareCarriageReturn, .controlCharacter,
            .line(.missingColon), .noCGIField, .repeatedField, .invalidStatus, .invalidLocation,
            .localRedirectWithFields, .length(.invalidContentLength), .transferEncoding,
        ]
        #expect(Set(all.map(\.reason)).count == all.count)
    }
}
