import TestSupport
import Testing

@Suite("A gateway that does not trace changes no trace", .timeLimit(.patient))
struct TracingTests {
    // Trace Context §3.1: who does not take part passes both fields on; even what it would not understand.
    @Test(
        "traceparent and tracestate go to the backend as they came",
        arguments: [
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=1\r\nTracestate: b=2\r\n",
            "TraceParent: ff-00000000000000000000000000000000-0000000000000000-zz\r\ntracestate: ===\r\n",
        ]
    )
    func passedOn(fields: String) async throws {
        try await withFront { front in
            let (_, backend) = try front.exchange("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
            try #expect(backend.receiveHead() == forwarded("GET /", fields) + "\r\n")
        }
    }
}
