public import HTTPTypes

/// Writes the head of a response (RFC 9112 §2.1, §4), and knows what each status allows.
///
/// The field functions are for the server's own fields: they check nothing, so names and values have to be valid.
public enum ResponseHead {
    /// Appends the status line, such as `HTTP/1.1 200 OK` and CRLF.
    ///
    /// A status without a reason phrase gets the usual one where there is one; else the phrase is empty and the space
    /// before it stays (RFC 9112 §4). A `Status` cannot hold a phrase with CR or LF.
    public static func appendStatusLine(_ status: HTTPResponse.Status, to output: inout [UInt8]) {
        let phrase = status.reasonPhrase
        switch status.code {
        case 200 where phrase == "OK":
            output.append("HTTP/1.1 200 OK\r\n")
        case 206 where phrase == "Partial Content":
            output.append("HTTP/1.1 206 Partial Content\r\n")
        case 304 where phrase == "Not Modified":
            output.append("HTTP/1.1 304 Not Modified\r\n")
        case 404 where phrase == "Not Found":
            output.append("HTTP/1.1 404 Not Found\r\n")
        default:
            output.append("HTTP/1.1 ")
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: status.code / 100 % 10))
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: status.code / 10 % 10))
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: status.code % 10))
            output.append(UInt8(ascii: " "))
            output.append(contentsOf: (phrase.isEmpty ? usualPhrase(status.code) : phrase).utf8)
            output.append("\r\n")
        }
    }

    /// Appends a field line; both parts are literals.
    public static func appendField(_ name: StaticString, _ value: StaticString, to output: inout [UInt8]) {
        output.append(name)
        output.append(": ")
        output.append(value)
        output.append("\r\n")
    }

    /// Appends a field line with a value of valid octets.
    public static func appendField(_ name: StaticString, _ value: [UInt8], to output: inout [UInt8]) {
        output.append(name)
        output.append(": ")
        output.append(contentsOf: value)
        output.append("\r\n")
    }

    /// Appends Content-Length (RFC 9110 §8.6).
    public static func appendContentLength(_ count: Int, to output: inout [UInt8]) {
        output.append("Content-Length: ")
        appendDecimal(count, to: &output)
        output.append("\r\n")
    }

    /// Appends a field line with a time in seconds since 1970 as an IMF-fixdate.
    public static func appendField(_ name: StaticString, date seconds: Int, to output: inout [UInt8]) {
        output.append(name)
        output.append(": ")
        HTTPDate.append(seconds, to: &output)
        output.append("\r\n")
    }

    /// Appends a field line with an entity tag.
    public static func appendField(_ name: StaticString, _ value: EntityTag, to output: inout [UInt8]) {
        output.append(name)
        output.append(": ")
        value.append(to: &output)
        output.append("\r\n")
    }

    /// Appends the empty line that ends the head.
    public static func appendEnd(to output: inout [UInt8]) {
        output.append("\r\n")
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
