import HTTPTypes
import MartletWire
import Testing

/// What a parser made of some bytes, as plain values to compare.
enum HeadOutcome: Equatable {
    case head(HeadSummary, octets: Int)
    case incomplete
    case refused(RequestError)

    var error: RequestError? {
        if case .refused(let error) = self { error } else { nil }
    }

    var summary: HeadSummary? {
        if case .head(let summary, _) = self { summary } else { nil }
    }
}

/// Everything a head says.
struct HeadSummary: Equatable {
    var method: String
    var target: String
    var version: HTTPVersion
    var form: TargetForm
    var path: String
    var query: String?
    var scheme: String?
    var authority: String?
    var framing: BodyFraming
    var wantsKeepAlive: Bool
    var expectsContinue: Bool
    var hasUnknownExpectation: Bool
    var fields: [String]

    init(_ head: RequestHead) {
        method = head.method.rawValue
        target = head.target
        version = head.version
        form = head.form
        path = String(decoding: head.path.bytes, as: UTF8.self)
        query = head.query
        scheme = head.scheme
        authority = head.authority?.description
        framing = head.framing
        wantsKeepAlive = head.wantsKeepAlive
        expectsContinue = head.expectsContinue
        hasUnknownExpectation = head.hasUnknownExpectation
        fields = head.fields.map { "\($0.name): \($0.value)" }
    }
}

/// Parses `bytes`, handing them over in pieces that end at `cuts` and at their own end.
func parsePieces(_ bytes: [UInt8], cuts: some Sequence<Int>, limits: HeadLimits) -> HeadOutcome {
    var parser = RequestParser(limits: limits)
    var head = RequestHead()
    do {
        for cut in Array(cuts) + [bytes.count] {
            if let octets = try parser.parse(bytes.span.extracting(0..<cut), into: &head) {
                return .head(HeadSummary(head), octets: octets)
            }
        }
        return .incomplete
    } catch {
        return .refused(error)
    }
}

/// Parses `bytes` whole, in two pieces cut at every place, octet by octet, and with another request behind it, and expects
/// one outcome of all.
func outcome(
    _ bytes: [UInt8],
    limits: HeadLimits = HeadLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
) -> HeadOutcome {
    let whole = parsePieces(bytes, cuts: [], limits: limits)
    for cut in bytes.indices where parsePieces(bytes, cuts: [cut], limits: limits) != whole {
        Issue.record("another outcome when cut at \(cut)", sourceLocation: sourceLocation)
        break
    }
    #expect(
        parsePieces(bytes, cuts: bytes.indices, limits: limits) == whole,
        "octet by octet",
        sourceLocation: sourceLocation
    )
    if whole != .incomplete {
        let pipelined = bytes + "GET /next HTTP/1.1\r\nHost: next\r\n\r\n".utf8
        #expect(
            parsePieces(pipelined, cuts: [], limits: limits) == whole,
            "with another request behind it",
            sourceLocation: sourceLocation
        )
        #expect(
            parsePieces(pipelined, cuts: [bytes.count / 2], limits: limits) == whole,
            "with another request behind it, in two pieces",
            sourceLocation: sourceLocation
        )
    }
    return whole
}

/// The same for text.
func outcome(
    _ text: String,
    limits: HeadLimits = HeadLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
) -> HeadOutcome {
    outcome(Array(text.utf8), limits: limits, sourceLocation: sourceLocation)
}
