public import MartletWire

extension Request {
    /// The trace that the request belongs to (W3C Trace Context); nil where its `traceparent` names none, or there is none.
    /// Anybody can send one: it says what belongs together, and proves nothing.
    public var traceContext: TraceContext? { head.traceContext }
}
