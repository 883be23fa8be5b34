public import HTTPTypes

/// Writes the head of a response (RFC 9112 §2.1, §4), and knows what each status allows.
public enum ResponseHead {
    /// How the head says where the content ends (RFC 9112 §6.3).
    public enum Framing: Sendable {
        /// It does not: the status allows no length, or the end of the connection is the end of the content.
        case unstated
        /// `Content-Length`: so many octets, not below 0 (RFC 9110 §8.6).
        case length(Int)
        /// `Transfer-Encoding: chunked`.
        case chunked
    }

    /// Octets for all but the fields and the phrase, at most: the longest framing has 38.
    private static let room = 128

    /// Appends a head to `output`, the empty line at its end included.
    /// - Parameters:
    ///   - status: one without a reason phrase gets the usual one where there is one; else the phrase is empty and the
    ///     space before it stays (RFC 9112 §4). A `Status` cannot hold a phrase with CR or LF.
    ///   - fields: the field lines; those that `framing` and `connection` stand for must not be among them.
    ///   - framing: where the content ends; default: the head does not say.
    ///   - connection: the value of `Connection`, a literal; nil, the default, writes none.
    public static func append(
        _ status: borrowing HTTPResponse.Status,
        _ fields: borrowing Fields,
        framing: Framing = .unstated,
        connection: StaticString? = nil,
        to output: inout [UInt8]
    ) {
        append(status, common: Span(), fields, framing: framing, connection: connection, to: &output)
    }

    /// As the other, with whole field lines before the others, such as Date; they are not looked at.
    package static func append(
        _ status: borrowing HTTPResponse.Status,
        common: Span<UInt8>,
        _ fields: borrowing Fields,
        framing: Framing,
        connection: StaticString?,
        to output: inout [UInt8]
    ) {
        if fields.isCanonical {
            append(StatusLine(status), framing, connection, common, fields.bytes.span, to: &output)
        } else {
            var lines: [UInt8] = []
            fields.write(into: &lines)
            append(StatusLine(status), framing, connection, common, lines.span, to: &output)
        }
    }

    private static func append(
        _ line: StatusLine,
        _ framing: Framing,
        _ connection: StaticString?,
        _ common: Span<UInt8>,
        _ fields: Span<UInt8>,
        to output: inout [UInt8]
    ) {
        let room = Self.room + line.count + common.count + fields.count + (connection?.utf8CodeUnitCount ?? 0)
        // All in one reservation, which costs as much as several of the copies.
        output.append(addingCapacity: room) { head in
            line.write(to: &head)
            head.append(copying: common)
            head.append(copying: fields)
            append(framing, to: &head)
            if let connection {
                head.append("Connection: ")
                head.append(connection)
                head.append("\r\n")
            }
            head.append("\r\n")
        }
    }

    private static func append(_ framing: Framing, to head: inout OutputSpan<UInt8>) {
        switch framing {
        case .unstated: break
        case .length(let count):
            precondition(count >= 0)
            head.append("Content-Length: ")
            appendDecimal(count, to: &head)
            head.append("\r\n")
        case .chunked: head.append("Transfer-Encoding: chunked\r\n")
        }
    }

    /// The status line: whole, for those that are sent all the time, or to be put together.
    private enum StatusLine {
        case whole(StaticString)
        case parts(code: Int, phrase: String)

        init(_ status: borrowing HTTPResponse.Status) {
            switch status.code {
            case 200 where status.reasonPhrase == "OK": self = .whole("HTTP/1.1 200 OK\r\n")
            case 206 where status.reasonPhrase == "Partial Content": self = .whole("HTTP/1.1 206 Partial Content\r\n")
            case 304 where status.reasonPhrase == "Not Modified": self = .whole("HTTP/1.1 304 Not Modified\r\n")
            case let code:
                let phrase = status.reasonPhrase
                self = .parts(code: code, phrase: phrase.isEmpty ? usualPhrase(code) : phrase)
            }
        }

        /// Octets, at most.
        var count: Int {
            switch self {
            case .whole(let line): line.utf8CodeUnitCount
            case .parts(_, let phrase): 15 + phrase.utf8.count
            }
        }

        func write(to head: inout OutputSpan<UInt8>) {
            switch self {
            case .whole(let line):
                head.append(line)
            case .parts(let code, let phrase):
                head.append("HTTP/1.1 ")
                head.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: code / 100 % 10))
                head.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: code / 10 % 10))
                head.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: code % 10))
                head.append(UInt8(ascii: " "))
                head.append(copying: phrase.utf8.span)
                head.append("\r\n")
            }
        }
    }

    /// Whether a response with `status` may have content: not 1xx, 204, 304 (RFC 9110 §6.4.1) and 205 (§15.3.6). A
    /// response to HEAD has none whatever its status.
    public static func allowsContent(_ status: HTTPResponse.Status) -> Bool {
        allowsContentLength(status) && status.code != 205
    }

    /// Whether a response with `status` may have a Content-Length that counts its own content: not 1xx and 204
    /// (RFC 9110 §8.6), and not 304, where it would have to be that of the 200. All others need it, or chunked, even
    /// when there is no content: a 205 has `Content-Length: 0`.
    public static func allowsContentLength(_ status: HTTPResponse.Status) -> Bool {
        status.code >= 200 && status.code != 204 && status.code != 304
    }

    /// The phrase for a status made from its code alone; empty for a rare one.
    private static func usualPhrase(_ code: Int) -> String {
        switch code {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 102: "Processing"
        case 103: "Early Hints"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 205: "Reset Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
