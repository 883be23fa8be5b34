public import HTTPTypes

/// Which trace a request belongs to (W3C Trace Context, level 1): what `traceparent` says, and `tracestate` with it.
///
/// ```swift
/// // traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
/// if let context = request.traceContext {
///     let own = context.child()
///     outgoing.fields[.traceparent] = own.description
///     outgoing.fields[.tracestate] = own.state
/// }
/// ```
public struct TraceContext: Hashable, Sendable {
    /// Names a whole trace: 128 bits, not all zero.
    public let traceID: TraceID
    /// Names the one operation that the sender of the field was in, its span: 64 bits, not all zero.
    public let parentID: SpanID
    /// Whether the sender may have recorded its part. Anybody can say so: a reason to record, none to spend money.
    public let isSampled: Bool
    /// What tracing systems add, as `tracestate` carries it; nil for nothing, or nothing well-formed.
    public let state: String?

    /// Octets of a `traceparent` of version 00 (§3.2.2).
    private static let length = 55

    /// Begins a trace, or says which one goes on.
    public init(traceID: TraceID = .random(), parentID: SpanID = .random(), isSampled: Bool, state: String? = nil) {
        self.traceID = traceID
        self.parentID = parentID
        self.isSampled = isSampled
        self.state = state
    }

    /// Reads the value of `traceparent` (§3.2). Nil for one that is malformed, of version ff, or has an id of zeros: then
    /// nobody knows a trace, and `tracestate` says nothing either. Of a version after 00 what is known is read (§4.3).
    /// - Parameter state: the value of `tracestate`, all its lines joined; one that is malformed is left out (§3.3.1).
    public init?(parsing parent: Span<UInt8>, state: Span<UInt8>? = nil) {
        guard parent.count >= Self.length,
            let version = LowercaseHex.value(parent, 0..<2), version != 0xFF,
            parent.count == Self.length || version != 0 && parent[Self.length] == UInt8(ascii: "-"),
            parent[2] == UInt8(ascii: "-"), parent[35] == UInt8(ascii: "-"), parent[52] == UInt8(ascii: "-"),
            let high = LowercaseHex.value(parent, 3..<19), let low = LowercaseHex.value(parent, 19..<35),
            let traceID = TraceID(high: high, low: low),
            let parentID = LowercaseHex.value(parent, 36..<52).flatMap({ SpanID($0) }),
            let flags = LowercaseHex.value(parent, 53..<55)
        else { return nil }
        self.traceID = traceID
        self.parentID = parentID
        isSampled = flags & 1 == 1
        if let state, TraceState.isValid(state) { self.state = String(copying: state) } else { self.state = nil }
    }

    /// The context of an operation within this one, for a request that is sent on: the same trace, a parent of its own.
    public func child(_ id: SpanID = .random()) -> TraceContext {
        TraceContext(traceID: traceID, parentID: id, isSampled: isSampled, state: state)
    }
}

extension TraceContext: CustomStringConvertible {
    /// The value of `traceparent`, version 00. Flags that level 1 does not know are zero (§3.2.2.5).
    public var description: String { "00-\(traceID)-\(parentID)-\(isSampled ? "01" : "00")" }
}

extension TraceContext {
    /// The name of a trace. Never zero.
    public struct TraceID: Hashable, Sendable, CustomStringConvertible {
        private let high: UInt64
        private let low: UInt64

        /// Nil when both halves are zero.
        public init?(high: UInt64, low: UInt64) {
            guard high | low != 0 else { return nil }
            (self.high, self.low) = (high, low)
        }

        /// One that nobody has yet.
        public static func random() -> TraceID {
            while true {
                if let id = TraceID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max)) { return id }
            }
        }

        /// 32 lower-case hexadecimal digits.
        public var description: String { LowercaseHex.text(high) + LowercaseHex.text(low) }
    }

    /// The name of one operation in a trace. Never zero.
    public struct SpanID: Hashable, Sendable, CustomStringConvertible {
        private let value: UInt64

        /// Nil for zero.
        public init?(_ value: UInt64) {
            guard value != 0 else { return nil }
            self.value = value
        }

        /// One that nobody has yet.
        public static func random() -> SpanID {
            while true {
                if let id = SpanID(.random(in: 0 ... .max)) { return id }
            }
        }

        /// 16 lower-case hexadecimal digits.
        public var description: String { LowercaseHex.text(value) }
    }
}

extension RequestHead {
    /// The trace that the request belongs to; nil without a `traceparent`, or with more than one, or a malformed one.
    public var traceContext: TraceContext? {
        // Most requests have none: only then is anything copied.
        guard let index = fields.firstIndex(of: "traceparent"),
            fields.firstIndex(of: "traceparent", from: index + 1) == nil,
            let parent = fields.first(named: "traceparent")
        else { return nil }
        guard let state = fields.combined(.tracestate) else { return TraceContext(parsing: parent) }
        return TraceContext(parsing: parent, state: state.span)
    }
}

extension HTTPField.Name {
    /// `traceparent` (W3C Trace Context §3.2).
    public static let traceparent = HTTPField.Name("traceparent")!  // A literal token, as below.
    /// `tracestate` (W3C Trace Context §3.3).
    public static let tracestate = HTTPField.Name("tracestate")!
}

/// Numbers as Trace Context writes them: all their digits, lower-case.
private enum LowercaseHex {
    /// The number that the octets at `range`, 16 at most, write; nil when one is no digit.
    static func value(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        var value: UInt64 = 0
        for index in range {
            guard !(0x41...0x46).contains(text[index]), let digit = OctetSet.hexValue(text[index]) else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }

    /// 16 digits.
    static func text(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension String {
    fileprivate init(copying octets: Span<UInt8>) {
        self = String(decoding: octets.indices.map { octets[$0] }, as: UTF8.self)
    }
}
