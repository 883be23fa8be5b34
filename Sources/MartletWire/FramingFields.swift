/// The few fields that decide how a request is framed, gathered while its lines are parsed (RFC 9112 §3.2, §6, §9.3).
struct FramingFields: Sendable {
    private var hasHost = false
    private var contentLength: Int?
    private var transferCodings = TransferCodings()
    private var hasTransferEncoding = false
    private var saysClose = false
    private var saysKeepAlive = false
    private var expectsContinue = false
    private var hasUnknownExpectation = false

    /// Looks at one field line, which `parsed` was read from.
    @inline(__always)
    mutating func note(_ line: Span<UInt8>, _ parsed: FieldLine) throws(RequestError) {
        // By length and first letter: most lines are passed over without comparing their names.
        switch (parsed.nameEnd, line[0] | 0x20) {
        case (4, UInt8(ascii: "h")), (6, UInt8(ascii: "e")), (10, UInt8(ascii: "c")), (14, UInt8(ascii: "c")),
            (17, UInt8(ascii: "t")):
            try noteNamed(line.extracting(parsed.name), line.extracting(parsed.value))
        default: break
        }
    }

    private mutating func noteNamed(_ name: Span<UInt8>, _ value: Span<UInt8>) throws(RequestError) {
        if name.equals(anyCaseOf: "host") {
            try noteHost(value)
        } else if name.equals(anyCaseOf: "expect") {
            noteExpect(value)
        } else if name.equals(anyCaseOf: "connection") {
            noteConnection(value)
        } else if name.equals(anyCaseOf: "content-length") {
            try noteContentLength(value)
        } else if name.equals(anyCaseOf: "transfer-encoding") {
            hasTransferEncoding = true
            try transferCodings.note(value)
        }
    }

    /// Puts what the lines came to into `head`, whose version is known, or says why they make no valid request.
    func settle(_ head: inout RequestHead) throws(RequestError) {
        guard hasHost || head.version == .http1_0 else { throw .missingHost }
        if hasTransferEncoding {
            // HTTP/1.0 has no transfer codings, and both fields together is how requests are smuggled
            // (RFC 9112 §6.1, §11.2).
            guard head.version == .http1_1 else { throw .transferEncodingInHTTP10 }
            guard contentLength == nil else { throw .contentLengthWithTransferEncoding }
            try transferCodings.check()
            head.framing = .chunked
        } else if let contentLength, contentLength > 0 {
            head.framing = .length(contentLength)
        } else {
            head.framing = .none
        }
        head.wantsKeepAlive = !saysClose && (head.version == .http1_1 || saysKeepAlive)
        head.expectsContinue = expectsContinue && head.version == .http1_1 && head.framing != .none
        head.hasUnknownExpectation = hasUnknownExpectation
    }

    private mutating func noteHost(_ value: Span<UInt8>) throws(RequestError) {
        guard !hasHost else { throw .repeatedHost }
        hasHost = true
        guard value.isEmpty || AuthorityParts(parsing: value) != nil else { throw .invalidHost }
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

    private mutating func noteExpect(_ value: Span<UInt8>) {
        var list = FieldList()
        while let bounds = list.next(in: value) {
            if value.extracting(bounds).equals(anyCaseOf: "100-continue") {
                expectsContinue = true
            } else {
                hasUnknownExpectation = true
            }
        }
    }
}
