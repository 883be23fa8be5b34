/// The few fields that decide how a request is framed, gathered while its lines are parsed (RFC 9112 §3.2, §6, §9.3).
struct FramingFields: Sendable, FieldLineReader {
    private var message = MessageFraming()
    private var hasHost = false
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
        } else {
            try message.note(name, value)
        }
    }

    /// Puts what the lines came to into `head`, whose version is known, or says why they make no valid request.
    @inline(__always)
    func settle(_ head: inout RequestHead) throws(RequestError) {
        guard hasHost || head.version == .http1_0 else { throw .missingHost }
        if try message.isChunked(in: head.version) {
            head.framing = .chunked
        } else if let contentLength = message.contentLength, contentLength > 0 {
            head.framing = .length(contentLength)
        } else {
            head.framing = .none
        }
        head.wantsKeepAlive = message.wantsKeepAlive(in: head.version)
        head.expectsContinue = expectsContinue && head.version == .http1_1 && head.framing != .none
        head.hasUnknownExpectation = hasUnknownExpectation
    }

    private mutating func noteHost(_ value: Span<UInt8>) throws(RequestError) {
        guard !hasHost else { throw .repeatedHost }
        hasHost = true
        guard value.isEmpty || AuthorityParts(parsing: value) != nil else { throw .invalidHost }
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
