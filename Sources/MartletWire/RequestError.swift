public import HTTPTypes

/// Why a request is refused: one case for each fault that the bytes of a request can have.
///
/// After any of them the connection must be closed once the answer is sent: where the next request would begin is not
/// known (RFC 9112 §9.3).
public enum RequestError: Error, Equatable, Sendable, CaseIterable {
    // What came is not HTTP/1.1 at all.

    /// The first octet is that of a TLS handshake: an `https` client on a plain port.
    case tlsClientHello
    /// The HTTP/2 connection preface (RFC 9113 §3.4).
    case http2Preface

    // Lines (RFC 9112 §2.2).

    /// An LF without CR before it.
    case bareLineFeed
    /// A CR without LF after it.
    case bareCarriageReturn
    /// A control octet where none may stand.
    case controlCharacter
    /// More than eight empty lines before the request line.
    case tooManyEmptyLines

    // The request line (RFC 9112 §3).

    /// The request line is longer than the limit.
    case requestLineTooLong
    /// The method is longer than any method there is.
    case methodTooLong
    /// The method is empty or no token.
    case invalidMethod
    /// The request line is not three parts with one space between them.
    case malformedRequestLine
    /// The request line ends after the target, as in HTTP/0.9.
    case missingVersion
    /// The version does not read `HTTP/` digit `.` digit.
    case invalidVersion
    /// The major version is not 1.
    case unsupportedVersion
    /// The target has an octet that no URI may have.
    case invalidTargetOctet
    /// The target has a fragment.
    case fragmentInTarget
    /// The target has none of the four forms.
    case invalidTarget
    /// The authority in the target is invalid or has user information.
    case invalidTargetAuthority
    /// CONNECT without, or another method with, a `host:port` target.
    case invalidConnectTarget
    /// `*` with a method other than OPTIONS.
    case asteriskWithoutOptions
    /// The path has a character that must be percent-encoded there.
    case invalidPathOctet
    /// A `%` in the path is not followed by two hex digits.
    case invalidPercentEncoding
    /// The path holds `%00`.
    case encodedNUL

    // Field lines (RFC 9112 §5).

    /// The head is larger than the limit.
    case headTooLarge
    /// The head has more field lines than the limit.
    case tooManyFields
    /// A line begins with white space.
    case foldedLine
    /// A field line has no colon.
    case missingColon
    /// A field line begins with its colon.
    case emptyFieldName
    /// White space between field name and colon.
    case whitespaceBeforeColon
    /// A field name is no token.
    case invalidFieldName

    // Host (RFC 9112 §3.2).

    /// HTTP/1.1 without Host.
    case missingHost
    /// More than one Host line.
    case repeatedHost
    /// Host is not `host` or `host:port`.
    case invalidHost

    // Framing (RFC 9112 §6).

    /// Content-Length is not made of digits only.
    case invalidContentLength
    /// More than one Content-Length line.
    case repeatedContentLength
    /// Content-Length does not fit 63 bits.
    case contentLengthTooLarge
    /// Content-Length and Transfer-Encoding together.
    case contentLengthWithTransferEncoding
    /// Transfer-Encoding in an HTTP/1.0 request.
    case transferEncodingInHTTP10
    /// Transfer-Encoding is no list of transfer codings.
    case invalidTransferEncoding
    /// The chunked coding is applied twice.
    case repeatedChunked
    /// The last transfer coding is not chunked.
    case chunkedNotLast
    /// The chunked coding has parameters.
    case chunkedWithParameters
    /// A transfer coding other than chunked.
    case unsupportedTransferCoding

    // Chunked content (RFC 9112 §7.1).

    /// A chunk size is not made of hex digits only.
    case invalidChunkSize
    /// A chunk size has more than 16 digits or does not fit 63 bits.
    case chunkTooLarge
    /// A chunk extension breaks its grammar.
    case invalidChunkExtension
    /// A chunk's size line is longer than the limit.
    case chunkLineTooLong
    /// The chunk extensions of one request are longer, taken together, than the limit.
    case chunkExtensionsTooLong
    /// The data of a chunk is not followed by CRLF.
    case missingChunkEnd
    /// The trailer section is larger than the limit.
    case trailersTooLarge
    /// The trailer section has more field lines than the limit.
    case tooManyTrailers
}

extension RequestError {
    /// The status to answer with: 400, 414, 431, 501 or 505.
    public var status: HTTPResponse.Status {
        switch self {
        case .requestLineTooLong: .uriTooLong
        case .headTooLarge, .tooManyFields, .trailersTooLarge, .tooManyTrailers: .requestHeaderFieldsTooLarge
        case .methodTooLong, .unsupportedTransferCoding: .notImplemented
        case .unsupportedVersion, .http2Preface: .httpVersionNotSupported
        default: .badRequest
        }
    }

    /// One sentence or two for people: what is wrong, and what to do. Holds nothing that the client sent.
    public var reason: String {
        switch self {
        case .tlsClientHello:
            "This is a TLS handshake on a port that speaks plain HTTP: use http:// instead of https://."
        case .http2Preface: "This is HTTP/2, which this server does not speak: use HTTP/1.1."
        case .bareLineFeed: "A line ends with LF alone: every line must end with CR LF."
        case .bareCarriageReturn: "A CR stands without LF after it: every line must end with CR LF."
        case .controlCharacter: "A control character stands in the request head: remove it."
        case .tooManyEmptyLines: "There are more than 8 empty lines before the request line: send none."
        case .requestLineTooLong: "The request line is too long: use a shorter URL, or send the data as content."
        case .methodTooLong: "The method is longer than 32 characters: no such method is known here."
        case .invalidMethod: "The method is not a token: the request line must begin with one such as GET."
        case .malformedRequestLine:
            "The request line must be a method, a target and a version with exactly one space between them."
        case .missingVersion: "The request line has no version: it must end with HTTP/1.1 or HTTP/1.0."
        case .invalidVersion: "The version in the request line is not of the form HTTP/1.1."
        case .unsupportedVersion: "This major version of HTTP is not supported here: use HTTP/1.1."
        case .invalidTargetOctet: "The request target has a character that no URL may have: percent-encode it."
        case .fragmentInTarget: "The request target has a fragment: leave out the # and what follows it."
        case .invalidTarget: "The request target must be a path that begins with / or an absolute URL."
        case .invalidTargetAuthority:
            "The host in the request target is not valid: it must be host or host:port, without a user name."
        case .invalidConnectTarget: "A target of the form host:port goes with CONNECT, and CONNECT with nothing else."
        case .asteriskWithoutOptions: "The request target * goes with OPTIONS only."
        case .invalidPathOctet: "The path has a character that must be percent-encoded there."
        case .invalidPercentEncoding: "A % in the path is not followed by two hex digits: write a plain % as %25."
        case .encodedNUL: "The path holds %00, which no name can hold."
        case .headTooLarge: "The request head is too large: send fewer or shorter fields, such as cookies."
        case .tooManyFields: "The request head has too many fields: send fewer."
        case .foldedLine: "A line begins with white space: field lines must not be folded, put each on one line."
        case .missingColon: "A field line has no colon between a name and a value."
        case .emptyFieldName: "A field line has no name before its colon."
        case .whitespaceBeforeColon: "The field name is followed by white space before the colon: remove it."
        case .invalidFieldName: "A field name has a character that is not allowed in names."
        case .missingHost: "The Host field is missing: HTTP/1.1 requires one."
        case .repeatedHost: "There is more than one Host field: send exactly one."
        case .invalidHost: "The Host field is not valid: it must be host or host:port."
        case .invalidContentLength: "Content-Length must be one number made of decimal digits only."
        case .repeatedContentLength: "There is more than one Content-Length field: send exactly one."
        case .contentLengthTooLarge: "Content-Length is larger than any content can be."
        case .contentLengthWithTransferEncoding:
            "Content-Length and Transfer-Encoding must not be sent together: leave out Content-Length."
        case .transferEncodingInHTTP10: "HTTP/1.0 has no Transfer-Encoding: use Content-Length or HTTP/1.1."
        case .invalidTransferEncoding: "Transfer-Encoding is not a list of transfer codings."
        case .repeatedChunked: "Transfer-Encoding names chunked more than once: name it once, at the end."
        case .chunkedNotLast: "The last coding in Transfer-Encoding must be chunked."
        case .chunkedWithParameters: "The chunked coding in Transfer-Encoding takes no parameters."
        case .unsupportedTransferCoding: "No transfer coding but chunked is supported here."
        case .invalidChunkSize: "A chunk size must be one or more hex digits and nothing else."
        case .chunkTooLarge: "A chunk size is larger than any chunk can be."
        case .invalidChunkExtension: "A chunk extension is not of the form ;name or ;name=value."
        case .chunkLineTooLong: "The line with a chunk's size is too long: send no extensions."
        case .chunkExtensionsTooLong: "The chunk extensions of this request are too long: send none."
        case .missingChunkEnd: "The data of a chunk is not followed by CR LF: its size does not match its data."
        case .trailersTooLarge: "The trailer section is too large: send fewer or shorter fields."
        case .tooManyTrailers: "The trailer section has too many fields: send fewer."
        }
    }
}

extension RequestError: CustomStringConvertible {
    /// The status code and the reason.
    public var description: String { "\(status.code): \(reason)" }
}
