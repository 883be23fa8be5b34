import MartletWire
import TestSupport
import Testing

/// W3C Trace Context, level 1.
@Suite("trace context")
struct TraceContextTests {
    static let example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    static func parse(_ parent: String, _ state: String? = nil) -> TraceContext? {
        if let state { return TraceContext(parsing: parent.utf8.span, state: state.utf8.span) }
        return TraceContext(parsing: parent.utf8.span)
    }

    @Test("traceparent is read and written alike (§3.2.3)")
    func read() throws {
        let context = try #require(Self.parse(Self.example))
        #expect(context.traceID.description == "0af7651916cd43dd8448eb211c80319c")
        #expect(context.parentID.description == "b7ad6b7169203331")
        #expect(context.isSampled)
        #expect(context.state == nil)
        #expect(context.description == Self.example)
    }

    @Test(
        "only the flag that is known is taken and passed on (§3.2.2.5)",
        arguments: [("00", false, "00"), ("01", true, "01"), ("02", false, "00"), ("ff", true, "01")]
    )
    func flags(flags: String, isSampled: Bool, written: String) throws {
        let context = try #require(Self.parse(Self.example.dropLast(2) + flags))
        #expect(context.isSampled == isSampled)
        #expect(context.description.hasSuffix("-\(written)"))
    }

    @Test(
        "what is no traceparent is none (§3.2.2)",
        arguments: [
            "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
            " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-00",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
            "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what-the-future-will-be-like",
        ]
    )
    func refuse(text: String) {
        #expect(Self.parse(text) == nil)
        #expect(Self.parse(text, "a=1") == nil)
    }

    @Test(
        "of a later version what is known is read, and written as version 00 (§4.3)",
        arguments: ["", "-", "-what-the-future-will-be-like"]
    )
    func laterVersion(rest: String) throws {
        let context = try #require(Self.parse("cc" + Self.example.dropFirst(2) + rest))
        #expect(context.description == Self.example)
    }

    @Test(
        "a well-formed tracestate goes along as it is (§3.3.1)",
        arguments: [
            "congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1 , \tb=2", "a=1,,b=2", "a= 1",
            "1t@sys=x", "a_-*/9=!~", (0..<32).map { "k\($0)=v" }.joined(separator: ","),
            String(repeating: "k", count: 256) + "=" + String(repeating: "v", count: 256),
            String(repeating: "t", count: 241) + "@" + String(repeating: "s", count: 14) + "=v",
        ]
    )
    func state(text: String) {
        #expect(Self.parse(Self.example, text)?.state == text)
    }

    @Test(
        "a malformed tracestate is left out, and the trace goes on (§3.3.1)",
        arguments: [
            "", ",", "a", "a=", "=1", "A=1", "1=1", "a=1,a=2", "a=b=c", "a=\u{E9}", "a b=1", "a=\u{1}", "_a=1", "@a=1",
            "a@=1", "a@1=1", "a@b@c=1", (0..<33).map { "k\($0)=v" }.joined(separator: ","),
            String(repeating: "k", count: 257) + "=v", "k=" + String(repeating: "v", count: 257),
            String(repeating: "t", count: 242) + "@s=v", "t@" + String(repeating: "s", count: 15) + "=v",
        ]
    )
    func badState(text: String) throws {
        let context = try #require(Self.parse(Self.example, text))
        #expect(context.state == nil)
    }

    @Test("a child is of the same trace, with a parent of its own")
    func child() throws {
        let context = try #require(Self.parse(Self.example, "a=1"))
        let child = context.child()
        #expect(child.traceID == context.traceID)
        #expect(child.parentID != context.parentID)
        #expect(child.isSampled && child.state == "a=1")
        let id = try #require(TraceContext.SpanID(0xFF))
        #expect(context.child(id).description == "00-0af7651916cd43dd8448eb211c80319c-00000000000000ff-01")
        #expect(Self.parse(TraceContext(isSampled: false).description) != nil)
    }

    @Test(
        "a request belongs to a trace by exactly one traceparent, whatever its case",
        arguments: [
            ("TraceParent: \(example)\r\ntracestate: a=1\r\nTracestate: b=2\r\n", "a=1, b=2"),
            ("traceparent: \(example)\r\n", ""),
            ("traceparent: \(example)\r\ntraceparent: \(example)\r\n", nil),
            ("tracestate: a=1\r\n", nil), ("traceparent: 00\r\ntracestate: a=1\r\n", nil),
        ] as [(String, String?)]
    )
    func head(fields: String, state: String?) throws {
        var head = RequestHead()
        var parser = RequestParser()
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8)
        _ = try parser.parse(bytes.span, into: &head)
        #expect(head.traceContext.map { $0.state ?? "" } == state)
    }
}
