import HTTPTypes
import Martlet
import MartletWire

extension Case {
    /// The steps of a request, each by itself.
    static var parts: [Case] {
        [
            Case("parse-curl") { _ in parsing(curl) },
            Case("parse-browser") { _ in parsing(browser) },
            Case("path-decode") { _ in decoding("/files/caf%C3%A9%20au%20lait/./r%C3%A9sum%C3%A9.html", segments: 3) },
            Case("route-literal") { _ in try routing("/about", among: 10) },
            Case("route-parameter") { _ in try routing("/notes/42", among: 10) },
            Case("route-1000") { _ in try routing("/section7/page917", among: 1000) },
            Case("range") { _ in evaluating("bytes=5242880-5243903", count: 1) },
            Case("ranges") { _ in evaluating("bytes=0-99, 1000-1999, 5000-, -500", count: 3) },
            Case("condition-etag") { _ in conditions(ifNoneMatch: "\"3a1f-400-18b2c3d4e5f60718\"") },
            Case("condition-date") { _ in conditions(ifModifiedSince: "Sun, 06 Nov 1994 08:49:37 GMT") },
            Case("date-write") { _ in writingDates() },
            Case("date-read") { _ in readingDates() },
            Case("form") { _ in readingForms() },
            Case("write-text") { _ in writing(textAnswer) { .text("Hello, world!\n") } },
            Case("write-file") { _ in writing(fileAnswer, makeFileResponse) },
        ]
    }
}

// MARK: - Requests

private let curl = """
    GET /notes/42?full=1 HTTP/1.1\r
    Host: 127.0.0.1:8000\r
    User-Agent: curl/7.88.1\r
    Accept: */*\r
    \r

    """

private let browser = """
    GET /files/photo.html HTTP/1.1\r
    Host: localhost:8000\r
    Connection: keep-alive\r
    Cache-Control: max-age=0\r
    sec-ch-ua: "Chromium";v="150", "Not=A?Brand";v="24"\r
    sec-ch-ua-mobile: ?0\r
    sec-ch-ua-platform: "Linux"\r
    Upgrade-Insecure-Requests: 1\r
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36\r
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r
    Sec-Fetch-Site: same-origin\r
    Sec-Fetch-Mode: navigate\r
    Sec-Fetch-User: ?1\r
    Sec-Fetch-Dest: document\r
    Referer: http://localhost:8000/files/\r
    Accept-Encoding: gzip, deflate, br, zstd\r
    Accept-Language: en-GB,en;q=0.9,de;q=0.8\r
    Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r
    \r

    """

private func parsing(_ text: String) -> () throws -> Bool {
    let bytes = Array(text.utf8)
    var parser = RequestParser()
    var head = RequestHead()
    return { try parser.parse(bytes.span, into: &head) == bytes.count }
}

private func decoding(_ text: String, segments: Int) -> () throws -> Bool {
    let bytes = Array(text.utf8)
    var path = RequestPath()
    return {
        try path.decode(bytes.span)
        return path.segmentCount == segments
    }
}

private func routing(_ target: String, among count: Int) throws -> () throws -> Bool {
    let router = try Router {
        Route("/about") { _ in .text("") }
        Route("/notes/:id") { _ in .text("") }
        for number in 2..<count {
            Route("/section\(number % 10)/page\(number)") { _ in .text("") }
        }
    }
    let request = try Request(.get, target)
    return {
        var asked = request
        _ = router.endpoint(for: &asked)
        return asked.route != nil
    }
}

private func readingForms() -> () throws -> Bool {
    let form = """
        name=Ada+Lovelace&email=ada%40example.org&subject=The+Analytical+Engine&message=It+might+act+upon+other+things\
        +besides+number%2C+were+objects+found+whose+mutual+fundamental+relations+could+be+expressed%2E&copy=on&lang=en
        """
    let content = Array(form.utf8)
    return { try URLEncodedForm.fields(in: content, upTo: 1000).count == 6 }
}

// MARK: - What a file's answer depends on

private let now = 1_795_348_800
private let modified = 784_111_777
private let tag = EntityTag(strong: [0x3a1f, 0x400, 0x18b2_c3d4_e5f6_0718])

private func evaluating(_ range: String, count: Int) -> () throws -> Bool {
    let value = Array(range.utf8)
    return {
        guard case .ranges(let ranges) = ByteRanges.evaluate(value.span, length: 10 << 20) else { return false }
        return ranges.count == count
    }
}

private func conditions(ifNoneMatch: String? = nil, ifModifiedSince: String? = nil) -> () throws -> Bool {
    let ifNoneMatch = ifNoneMatch.map { Array($0.utf8) }
    let ifModifiedSince = ifModifiedSince.map { Array($0.utf8) }
    let current = Validators(entityTag: tag, lastModified: modified)
    return {
        let result = Preconditions.evaluate(
            method: .get,
            ifMatch: nil,
            ifNoneMatch: ifNoneMatch?.span,
            ifModifiedSince: ifModifiedSince?.span,
            ifUnmodifiedSince: nil,
            current: current,
            now: now
        )
        return result == .notModified
    }
}

private func writingDates() -> () throws -> Bool {
    var output: [UInt8] = []
    output.reserveCapacity(64)
    return {
        output.removeAll(keepingCapacity: true)
        HTTPDate.append(modified, to: &output)
        return output.count == 29
    }
}

private func readingDates() -> () throws -> Bool {
    let value = Array("Sun, 06 Nov 1994 08:49:37 GMT".utf8)
    return { HTTPDate.parse(value.span, now: now) == modified }
}

// MARK: - Answers

private let textAnswer = """
    HTTP/1.1 200 OK\r
    Content-Type: text/plain; charset=utf-8\r
    Content-Length: 14\r
    \r

    """

private let fileAnswer = """
    HTTP/1.1 200 OK\r
    Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r
    ETag: "3a1f-400-18b2c3d4e5f60718"\r
    Cache-Control: no-cache\r
    Content-Type: text/html; charset=utf-8\r
    X-Content-Type-Options: nosniff\r
    Accept-Ranges: bytes\r
    Content-Length: 1024\r
    \r

    """

private let kibibyte = [UInt8](repeating: 0x61, count: 1024)

private func makeFileResponse() -> Response {
    var response = Response(body: .bytes(kibibyte))
    response.fields.reserveCapacity(bytes: 320, lines: 8)
    var date: [UInt8] = []
    date.reserveCapacity(29)
    HTTPDate.append(modified, to: &date)
    response.fields.append(.lastModified, date)
    response.fields.append(.eTag, tag.description)
    response.fields.append(.cacheControl, "no-cache")
    response.fields.append(.contentType, "text/html; charset=utf-8")
    response.fields.append(.xContentTypeOptions, "nosniff")
    response.fields.append(.acceptRanges, "bytes")
    return response
}

/// Makes a response and writes its head, which must be `head`.
private func writing(_ head: String, _ make: @escaping () -> Response) -> () throws -> Bool {
    let expected = Array(head.utf8)
    var output: [UInt8] = []
    output.reserveCapacity(1024)
    return {
        output.removeAll(keepingCapacity: true)
        let response = make()
        let framing = response.body.count.map { ResponseHead.Framing.length($0) } ?? .unstated
        ResponseHead.append(response.status, response.fields, framing: framing, to: &output)
        return output == expected
    }
}
