/// How much of a request head the parser takes before it refuses the request.
///
/// A value below 0 counts as 0, one above 1 GiB as 1 GiB.
public struct HeadLimits: Sendable {
    /// The longest request line, in octets without its CRLF; a longer one is answered 414. 8192 by default: RFC 9112 §3
    /// recommends to accept at least 8000.
    public var requestLine: Int
    /// The largest head, in octets from its first to the end of its empty line; a larger one is answered 431. 65,536 by
    /// default.
    public var head: Int
    /// The most field lines in one head; more are answered 431. 100 by default.
    public var fieldCount: Int

    /// The most empty lines skipped in front of a request line (RFC 9112 §2.2 asks for at least one).
    static let emptyLines = 8
    /// The longest method, in octets; a longer one is answered 501 (RFC 9112 §3). The longest registered one has 18.
    static let method = 32

    /// Makes limits; what is left out has its default.
    public init(requestLine: Int = 8192, head: Int = 65_536, fieldCount: Int = 100) {
        self.requestLine = requestLine
        self.head = head
        self.fieldCount = fieldCount
    }

    /// The same limits within bounds where no sum of them overflows and each offset fits 32 bits.
    var clamped: HeadLimits {
        let range = 0...(1 << 30)
        return HeadLimits(
            requestLine: min(max(requestLine, range.lowerBound), range.upperBound),
            head: min(max(head, range.lowerBound), range.upperBound),
            fieldCount: min(max(fieldCount, range.lowerBound), range.upperBound)
        )
    }
}
