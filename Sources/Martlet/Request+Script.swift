import HTTPTypes
import MartletReactor
import MartletWire

extension Request {
    /// What its server says in `Server`; nil: nothing.
    package var serverName: String? {
        guard let connection = received.connection?.connection else { return "Martlet" }
        return connection.worker.configuration.serverName
    }

    /// What its server calls itself, with a version: its `Server` field where that names one.
    package var serverSoftware: String {
        let name = serverName ?? "Martlet"
        return name.contains("/") ? name : "\(name)/\(Release.version)"
    }
}

/// Why another place of the same server cannot be asked.
package enum RedispatchError: Error {
    /// The path and query are not those of a request that could be received.
    case invalidTarget(RequestError)
    /// No server stands behind the request.
    case noServer
    /// The answer was another place again, and so on.
    case tooManySteps
}

extension Request {
    /// How often requests may lead to others in turn.
    package static let redispatchLimit = 10

    /// What the server answers to a request for another path and query, without the client knowing (RFC 3875 §6.2.2): a
    /// GET, or HEAD where this one is, with the same fields but those of content, which is gone. It passes all routes and
    /// their middleware, as one that was received.
    package func redispatched(to target: String) async throws -> Response {
        let steps = self[RedispatchKey.self] ?? 0
        guard steps < Self.redispatchLimit else { throw RedispatchError.tooManySteps }
        guard let worker = received.connection?.connection?.worker else { throw RedispatchError.noServer }
        var other = Request(try redirected(to: target, worker.configuration.limits.heads))
        other[RedispatchKey.self] = steps + 1
        other.provenLogin = provenLogin
        let endpoint = worker.endpoint(for: &other)
        return try await Next(endpoint)(other)
    }

    private func redirected(to target: String, _ limits: HeadLimits) throws -> ReceivedRequest {
        let old = received.head
        var bytes = Array("\(method == .head ? "HEAD" : "GET") \(target) HTTP/1.".utf8)
        bytes.append(contentsOf: old.version == .http1_0 ? "0\r\nHost: ".utf8 : "1\r\nHost: ".utf8)
        _ = old.appendAuthority(to: &bytes)
        bytes.append("\r\n")
        fields.write(into: &bytes) { !Self.isOfContent($0) }
        bytes.append("\r\n")
        let other = received.another()
        var parser = RequestParser(limits: limits)
        do throws(RequestError) {
            // What it is asked for comes from a handler: it is taken apart as if it had been received.
            guard target.utf8.first == UInt8(ascii: "/"),
                try parser.parse(bytes.span, into: &other.head) == bytes.count
            else { throw RequestError.invalidTarget }
        } catch {
            throw RedispatchError.invalidTarget(error)
        }
        other.peer = received.peer
        other.session = received.session
        other.connection = received.connection
        other.exchange = received.exchange
        return other
    }

    /// Whether the field says something of this request's content or of its way, or is written anew.
    private static func isOfContent(_ name: Span<UInt8>) -> Bool {
        if name.count > 8, name.extracting(0..<8).equals(ignoringCase: "content-") { return true }
        return switch name.count {
        case 4: name.equals(ignoringCase: "host")
        case 6: name.equals(ignoringCase: "expect")
        case 17: name.equals(ignoringCase: "transfer-encoding")
        default: false
        }
    }
}

private struct RedispatchKey: RequestKey {
    typealias Value = Int
}
