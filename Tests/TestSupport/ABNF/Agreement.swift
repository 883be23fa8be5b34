import HTTPTypes
public import MartletWire

/// What `RequestParser` and `ChunkedDecoder` make of some octets, beside what the grammar says of them.
public enum Agreement {
    /// Says where the two differ about the head at the beginning of `octets`; nil if they agree.
    public static func fault(inHead octets: [UInt8]) -> String? {
        var parser = RequestParser()
        var head = RequestHead()
        let fast: Reading<ReferenceHead>
        do {
            if let count = try parser.parse(octets.span, into: &head) {
                fast = .complete(ReferenceHead(head), octets: count)
            } else {
                fast = .incomplete
            }
        } catch {
            fast = .refused("\(error)")
        }
        return fault(fast, ReferenceHead.read(octets))
    }

    /// The same for chunked content.
    public static func fault(inChunks octets: [UInt8]) -> String? {
        var decoder = ChunkedDecoder()
        var content = ReferenceContent()
        var offset = 0
        var fast = Reading<ReferenceContent>.incomplete
        do {
            steps: while true {
                switch try decoder.next(octets.span, offset: &offset) {
                case .needsInput: break steps
                case .data(let range): content.data += octets[range]
                case .end:
                    content.trailers = decoder.trailers.map { ReferenceField(name: $0.name, value: $0.value) }
                    fast = .complete(content, octets: offset)
                    break steps
                }
            }
        } catch {
            fast = .refused("\(error)")
        }
        var slow = ReferenceContent.read(octets, .chunked)
        if case .complete(var content, let count) = slow {
            content.trailers.removeAll { isForbidden($0.name.lowercased()) }
            slow = .complete(content, octets: count)
        }
        return fault(fast, slow)
    }

    private static func fault<Value>(_ fast: Reading<Value>, _ slow: Reading<Value>) -> String? {
        switch (fast, slow) {
        case (.refused, .refused), (.refused, .doomed), (.incomplete, .doomed), (.incomplete, .incomplete): nil
        case (.complete, .complete) where fast == slow: nil
        default: "the parser says \(fast), the grammar \(slow)"
        }
    }

    /// Fields that must not come behind content (RFC 9110 §6.5.1): for framing, routing, authentication, request
    /// modifiers, controls, and how to read the content.
    private static func isForbidden(_ name: String) -> Bool {
        let exact: Set = [
            "transfer-encoding", "trailer", "te", "connection", "keep-alive", "proxy-connection", "upgrade", "host",
            "forwarded", "max-forwards", "origin", "authorization", "proxy-authorization", "www-authenticate",
            "proxy-authenticate", "cookie", "set-cookie", "cache-control", "expect", "pragma", "prefer", "range", "age",
            "date", "expires", "location", "retry-after", "vary", "warning",
        ]
        let begins = ["content-", "if-", "x-forwarded-"].contains { name.hasPrefix($0) }
        return exact.contains(name) || begins && name != "content-digest"
    }
}

extension ReferenceHead {
    /// What a parsed head says, in the reference's own terms.
    public init(_ head: RequestHead) {
        method = head.method.rawValue
        target = head.target
        minorVersion = head.version == .http1_0 ? 0 : 1
        fields = head.fields.map { ReferenceField(name: $0.name, value: $0.value) }
        framing =
            switch head.framing {
            case .none: .none
            case .length(let count): .length(count)
            case .chunked: .chunked
            }
        wantsKeepAlive = head.wantsKeepAlive
        expectsContinue = head.expectsContinue
        hasUnknownExpectation = head.hasUnknownExpectation
    }
}
