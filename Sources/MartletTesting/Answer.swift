import Martlet
import MartletReactor

/// How a `TestServer` tells the client where the content of an answer ends (RFC 9112 §6.3).
public enum Framing: Sendable, Hashable, CaseIterable {
    /// By `Content-Length`.
    case contentLength
    /// By the chunked transfer coding, in two chunks. To an HTTP/1.0 client as `untilClose`.
    case chunked
    /// By closing the connection.
    case untilClose
}

/// What a `TestServer` will answer: a response and the way it is sent.
struct Answer: Sendable {
    enum Content: Sendable {
        case response(Response, Framing)
        case raw([UInt8], closes: Bool)
    }

    let content: Content
    var fault: Fault?
}

/// The octets of an answer, and where the stages of a fault are in them.
struct AnswerOctets {
    private(set) var octets: [UInt8] = []
    /// Whether the connection ends with the answer.
    private(set) var closes = true
    private var headCount = 0
    private var middle = 0
    /// Octets that `beforeEnd` holds back.
    private var endCount = 0

    /// Nothing: what there is to send when a connection was just accepted.
    init() {}

    /// Octets to be sent as they are.
    init(raw: [UInt8], closes: Bool) {
        octets = raw
        self.closes = closes
        headCount = raw.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? raw.count
        middle = headCount + (raw.count - headCount) / 2
        endCount = min(1, raw.count)
    }

    /// A text of the server's own.
    init(text: String, status: HTTPResponse.Status, to request: RequestHead) {
        self.init(.text(text, status: status), Array(text.utf8), Fields(), framing: .contentLength, to: request)
    }

    /// An answer to `request`. What was cut ends with the connection, short of its end.
    init(_ collected: CollectedResponse, framing: Framing, to request: RequestHead) {
        self.init(collected.response, collected.content, collected.trailers, framing: framing, to: request)
        guard case .cut = collected.failure else { return }
        octets.removeLast(endCount)
        closes = true
    }

    private init(
        _ response: Response,
        _ content: [UInt8],
        _ trailers: Fields,
        framing: Framing,
        to request: RequestHead
    ) {
        let isOld = request.version == .http1_0
        let framing = isOld && framing == .chunked ? .untilClose : framing
        closes = framing == .untilClose || !request.wantsKeepAlive || response.asksToClose
        var length = ResponseHead.Framing.unstated
        if response.status.code == 205 {
            // No content, and it has to say so (RFC 9110 §15.3.6).
            length = .length(0)
        } else if ResponseHead.allowsContent(response.status) {
            switch framing {
            case .contentLength: length = .length(content.count)
            case .chunked: length = .chunked
            case .untilClose: break
            }
        }
        var fields = Fields(.date, HTTPDate.string(WallClock.seconds()))
        fields.append(contentsOf: response.contentFields)
        ResponseHead.append(
            response.status,
            fields,
            framing: length,
            connection: closes ? "close" : isOld ? "keep-alive" : nil,
            to: &octets
        )
        headCount = octets.count
        middle = headCount
        endCount = 1
        guard request.method != .head, ResponseHead.allowsContent(response.status) else { return }
        append(content, trailers, chunked: framing == .chunked)
    }

    private mutating func append(_ content: [UInt8], _ trailers: Fields, chunked: Bool) {
        guard chunked else {
            middle += content.count / 2
            octets += content
            return
        }
        ChunkedEncoder.appendChunk(content[..<(content.count / 2)], to: &octets)
        middle = octets.count
        ChunkedEncoder.appendChunk(content[(content.count / 2)...], to: &octets)
        let end = octets.count
        ChunkedEncoder.appendEnd(trailers: trailers, to: &octets)
        endCount = octets.count - end
    }

    /// Octets that are sent before a fault at this stage.
    func count(before stage: Fault.Stage) -> Int {
        switch stage {
        case .accept, .beforeHead: 0
        case .midHead: headCount / 2
        case .midBody: middle
        case .beforeEnd: octets.count - endCount
        }
    }
}

extension Response {
    /// Whether it has `Connection: close`.
    var asksToClose: Bool {
        fields.hasMember("close", of: .connection)
    }

    /// The fields without those that say how this very message is sent, which is for `AnswerOctets` to say.
    var contentFields: Fields {
        guard fields.hasMessageFields else { return fields }
        var fields = fields
        for name: HTTPField.Name in [.contentLength, .transferEncoding, .connection, .date] { fields[name] = nil }
        return fields
    }
}
