import Martlet
import MartletWire
import TestSupport
import Testing

/// Answers with what was understood: method, authority, path as it came, query, the number of octets of content and these.
let shownRequest = Waiting { request in
    let content = String(decoding: try await request.body.collect(upTo: 1 << 20), as: UTF8.self)
    let head = request.head
    let target = head.rawPath + (head.query.map { "?\($0)" } ?? "")
    return .text("\(head.method) \(head.authority?.description ?? "-") \(target) \(content.utf8.count):\(content)")
}

/// The field lines as a handler has them, one a line.
let shownFields = Waiting { request in
    .text(request.fields.map { "\($0.name)=\($0.value)\n" }.joined())
}

extension RunningServer {
    /// Expects this answer to `request` however its octets arrive, and that the connection closes behind it or does not.
    func expect(
        _ expected: String,
        closes: Bool = false,
        to request: some Collection<UInt8>,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try EveryWay(request, at: address)
        #expect(outcome.answer == expected, sourceLocation: sourceLocation)
        #expect(outcome.closes == closes, sourceLocation: sourceLocation)
        #expect(outcome.difference == nil, sourceLocation: sourceLocation)
    }

    /// Expects that `request` is refused however its octets arrive: this status and reason, and the end of the connection.
    func expectRefusal(
        _ error: RequestError,
        status: Int = 400,
        to request: some Collection<UInt8>,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let line = "\(status) \(phrases[status] ?? "")"
        try expect(refusal(line, error.reason), closes: true, to: request, sourceLocation: sourceLocation)
    }
}

/// The reason phrases of refusals, spelled out here since the server's own would prove nothing.
private let phrases = [
    400: "Bad Request", 414: "URI Too Long", 431: "Request Header Fields Too Large", 501: "Not Implemented",
    505: "HTTP Version Not Supported",
]
