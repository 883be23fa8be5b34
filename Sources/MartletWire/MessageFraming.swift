/// What requests and responses say alike of their framing: Content-Length, Transfer-Encoding, Connection
/// (RFC 9112 §6, §9.3).
struct MessageFraming: Sendable {
    /// The value of Content-Length, which stood on one line.
    private(set) var contentLength: Int?
    private var transferCodings = TransferCodings()
    private var hasTransferEncoding = false
    private var saysClose = false
    private var saysKeepAlive = false

    /// Looks at one field; those with other names are passed over.
    mutating func note(_ name: Span<UInt8>, _ value: Span<UInt8>) throws(RequestError) {
        if name.equals(anyCaseOf: "connection") {
            noteConnection(value)
        } else if name.equals(anyCaseOf: "content-length") {
            try noteContentLength(value)
        } else if name.equals(anyCaseOf: "transfer-encoding") {
            hasTransferEncoding = true
            try transferCodings.note(value)
        }
    }

    /// Whether the content is chunked.
    ///
    /// HTTP/1.0 has no transfer codings, and both fields together is how requests are smuggled (RFC 9112 §6.1, §11.2).
    func isChunked(in version: HTTPVersion) throws(RequestError) -> Bool {
        guard hasTransferEncoding else { return false }
        guard version == .http1_1 else { throw .transferEncodingInHTTP10 }
        guard contentLength == nil else { throw .contentLengthWithTransferEncoding }
        try transferCodings.check()
        return true
    }

    /// Whether the connection may be used again after this message (RFC 9112 §9.3).
    func wantsKeepAlive(in version: HTTPVersion) -> Bool {
        !saysClose && (version == .http1_1 || saysKeepAlive)
    }

    private mutating func noteContentLength(_ value: Span<UInt8>) throws(RequestError) {
        guard contentLength == nil else { throw .repeatedContentLength }
        guard !value.isEmpty else { throw .invalidContentLength }
        var length = 0
        var isTooLarge = false
        for index in value.indices {
            guard OctetSet.isDigit(value[index]) else { throw .invalidContentLength }
            let (tens, overflowsTens) = length.multipliedReportingOverflow(by: 10)
            let (sum, overflowsSum) = tens.addingReportingOverflow(Int(value[index] - 0x30))
            isTooLarge = isTooLarge || overflowsTens || overflowsSum
            length = isTooLarge ? 0 : sum
        }
        guard !isTooLarge else { throw .contentLengthTooLarge }
        contentLength = length
    }

    private mutating func noteConnection(_ value: Span<UInt8>) {
        var list = FieldList()
        while let bounds = list.next(in: value) {
            let option = value.extracting(bounds)
            if option.equals(anyCaseOf: "close") {
                saysClose = true
            } else if option.equals(anyCaseOf: "keep-alive") {
                saysKeepAlive = true
            }
        }
    }
}
