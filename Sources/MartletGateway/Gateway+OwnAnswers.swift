import HTTPTypes
import Martlet
import MartletWire

/// What a gateway answers without asking anybody.
extension Gateway {
    /// Requests that went round in circles so often are not passed on (RFC 9110 §7.6).
    static let rounds = 8

    func ownAnswer(to request: Request) throws -> Response? {
        try refuseLoops(request)
        guard request.method == .trace || request.method == .options else { return nil }
        if request.method == .trace, request.head.framing != .none {
            throw HTTPError(.badRequest, "A TRACE has no content.")
        }
        guard try Self.maxForwards(of: request) == 0 else { return nil }
        // The last one to get it is this gateway (RFC 9110 §7.6.2).
        if request.method == .options { return Response(status: .noContent) }
        throw HTTPError(.notImplemented, "TRACE is not answered here.")
    }

    private func refuseLoops(_ request: Request) throws(HTTPError) {
        guard request.fields.contains(.via) else { return }
        var rounds = 0
        for member in request.fields.members(of: .via) {
            let words = member.split(separator: " ", maxSplits: 2)
            if words.count >= 2, words[1].lowercased() == core.options.pseudonym.lowercased() { rounds += 1 }
        }
        guard rounds < Self.rounds else {
            throw HTTPError(
                HTTPResponse.Status(code: 508, reasonPhrase: "Loop Detected"),
                "This request goes round in circles."
            )
        }
    }

    /// The value of Max-Forwards; nil where there is none.
    static func maxForwards(of request: Request) throws(HTTPError) -> Int? {
        guard let value = request.fields[.maxForwards] else { return nil }
        guard !value.isEmpty, value.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
            throw HTTPError(.badRequest, "Max-Forwards is no number.")
        }
        return min(Int(value) ?? longestWay, longestWay)
    }

    /// Larger values of Max-Forwards are cut to this.
    static let longestWay = 255
}
