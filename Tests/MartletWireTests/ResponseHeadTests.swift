import HTTPTypes
import MartletWire
import TestSupport
import Testing

@Suite("response writers")
struct ResponseHeadTests {
    static func text(_ write: (inout [UInt8]) -> Void) -> String {
        var output = Array("|".utf8)
        write(&output)
        return String(decoding: output.dropFirst(), as: UTF8.self)
    }

    @Test(
        "the status line has three digits and two spaces",
        .rfc("9112-4-01"),
        arguments: [
            (.ok, "HTTP/1.1 200 OK\r\n"), (.partialContent, "HTTP/1.1 206 Partial Content\r\n"),
            (.notModified, "HTTP/1.1 304 Not Modified\r\n"), (.notFound, "HTTP/1.1 404 Not Found\r\n"),
            (.continue, "HTTP/1.1 100 Continue\r\n"), (404, "HTTP/1.1 404 Not Found\r\n"),
            (200, "HTTP/1.1 200 OK\r\n"), (.init(code: 200, reasonPhrase: "Fine"), "HTTP/1.1 200 Fine\r\n"),
            (299, "HTTP/1.1 299 \r\n"), (.init(code: 599, reasonPhrase: "Odd\r\nX: y"), "HTTP/1.1 599 Odd  X: y\r\n"),
            (.init(code: 7), "HTTP/1.1 007 \r\n"),
        ] as [(HTTPResponse.Status, String)]
    )
    func statusLine(status: HTTPResponse.Status, line: String) {
        #expect(Self.text { ResponseHead.append(status, Fields(), to: &$0) } == line + "\r\n")
    }

    @Test("a phrase left out is the one that HTTPTypes knows")
    func phrases() {
        let named: [HTTPResponse.Status] = [
            .continue, .switchingProtocols, .ok, .created, .accepted, .noContent, .resetContent, .partialContent,
            .movedPermanently, .found, .seeOther, .notModified, .temporaryRedirect, .permanentRedirect, .badRequest,
            .unauthorized, .forbidden, .notFound, .methodNotAllowed, .notAcceptable, .requestTimeout, .conflict, .gone,
            .lengthRequired, .preconditionFailed, .contentTooLarge, .uriTooLong, .unsupportedMediaType,
            .rangeNotSatisfiable, .expectationFailed, .misdirectedRequest, .unprocessableContent, .upgradeRequired,
            .tooManyRequests, .requestHeaderFieldsTooLarge, .internalServerError, .notImplemented, .badGateway,
            .serviceUnavailable, .gatewayTimeout, .httpVersionNotSupported,
        ]
        for status in named {
            let bare = HTTPResponse.Status(code: status.code)
            #expect(
                Self.text { ResponseHead.append(bare, Fields(), to: &$0) }
                    == Self.text { ResponseHead.append(status, Fields(), to: &$0) }
            )
        }
    }

    @Test("field lines have one space after the colon", .rfc("9110-5.6.3-01", "9110-5.6.3-02"))
    func fields() {
        let fields = Fields(.allow, "GET, HEAD")
        let common = Array("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n".utf8)
        let head = Self.text {
            ResponseHead.append(
                .ok,
                common: common.span,
                fields,
                framing: .length(1024),
                connection: "close",
                to: &$0
            )
        }
        #expect(
            head
                == "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nAllow: GET, HEAD\r\n"
                + "Content-Length: 1024\r\nConnection: close\r\n\r\n"
        )
    }

    @Test("the longest parts have room, whatever there is before them")
    func room() throws {
        let phrase = String(repeating: "p", count: 1000)
        // Taken from a request as it came: without the spaces that are written.
        var parser = RequestParser()
        var request = RequestHead()
        let lines = (0..<90).map { "X\($0):\r\n" }.joined()
        _ = try parser.parse(Array("GET / HTTP/1.1\r\nHost:a\r\n\(lines)\r\n".utf8).span, into: &request)
        for framing in [ResponseHead.Framing.unstated, .length(0), .length(.max), .chunked] {
            let date = Array("Date: x\r\n".utf8)
            let text = Self.text {
                ResponseHead.append(
                    HTTPResponse.Status(code: 599, reasonPhrase: phrase),
                    common: date.span,
                    request.fields,
                    framing: framing,
                    connection: "one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve",
                    to: &$0
                )
            }
            #expect(text.hasPrefix("HTTP/1.1 599 \(phrase)\r\nDate: x\r\nHost: a\r\nX0: \r\n"))
            #expect(
                text.hasSuffix(
                    "Connection: one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve\r\n\r\n"
                )
            )
        }
    }

    @Test(
        "which status has content and a length",
        arguments: [
            (100, false, false), (101, false, false), (103, false, false), (199, false, false), (204, false, false),
            (205, false, true), (304, false, false), (200, true, true), (206, true, true), (302, true, true),
            (404, true, true), (500, true, true),
        ] as [(HTTPResponse.Status, Bool, Bool)]
    )
    func content(status: HTTPResponse.Status, content: Bool, length: Bool) {
        #expect(ResponseHead.allowsContent(status) == content)
        #expect(ResponseHead.allowsContentLength(status) == length)
    }

    @Test(
        "numbers are written in full",
        arguments: [
            (0, "0"), (7, "7"), (10, "10"), (999, "999"), (1000, "1000"), (-1, "-1"), (Int.max, "9223372036854775807"),
            (Int.min, "-9223372036854775808"),
        ]
    )
    func decimal(value: Int, digits: String) {
        #expect(Self.text { appendDecimal(value, to: &$0) } == digits)
    }
}
