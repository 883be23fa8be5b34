import MartletWire

/// What is accepted is written as version 00, and is the same when it is read again.
func fuzz(_ bytes: [UInt8]) {
    let end = bytes.firstIndex(of: 0x0A) ?? bytes.count
    let parent = Array(bytes[..<end])
    let state = Array(bytes[min(bytes.count, end + 1)...])
    guard let context = TraceContext(parsing: parent.span, state: state.span) else { return }
    let written = Array(context.description.utf8)
    check(written.count == 55, "\(context)")
    check(TraceContext(parsing: written.span, state: state.span) == context, "\(context)")
    check(context.state.map { Array($0.utf8) == state } ?? true, "the state is another")
}
