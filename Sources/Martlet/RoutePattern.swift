import MartletWire

/// The path of a route, taken apart once: "/users/:id/files/**".
///
/// Immutable and shared: a request refers to it, and looks a parameter up when asked. Each route has one, as long as its
/// router lives: two are the same route if they are the same object.
public final class RoutePattern: Sendable {
    /// What one segment of a path must be.
    enum Segment: Sendable, Equatable {
        /// These octets, decoded.
        case literal([UInt8])
        /// Anything: a `:name` or `*`.
        case any
    }

    /// Where a parameter's value is found.
    enum Source: Sendable {
        case segment(Int)
        case hostLabel
    }

    /// The host, where there is one, and the path, as they were written.
    public let text: String
    let segments: [Segment]
    /// Whether it ends in `**`, which is not among `segments`.
    let isMount: Bool
    /// Whether it ends in `/`.
    let hasTrailingSlash: Bool
    private let names: [(name: String, source: Source)]

    /// Takes `path` apart.
    /// - Parameter host: where the route is for certain hosts.
    init(_ path: String, host: HostPattern? = nil) throws(RoutingError) {
        text = (host?.text ?? "") + path
        func refusal(_ reason: String) -> RoutingError { .invalidPath(path, reason: reason) }
        guard path.utf8.first == UInt8(ascii: "/") else { throw refusal("it does not begin with \"/\"") }
        var pieces = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        isMount = pieces.last == "**"
        hasTrailingSlash = pieces.last == ""
        if isMount || hasTrailingSlash { pieces.removeLast() }

        var segments: [Segment] = []
        var names: [(name: String, source: Source)] = []
        if let name = host?.name { names.append((name, .hostLabel)) }
        for piece in pieces {
            if piece.first == ":" {
                let name = String(piece.dropFirst())
                guard !name.isEmpty, name.utf8.allSatisfy(Self.standsInName) else {
                    throw refusal("\"\(piece)\" has no name of letters, digits, \"_\" and \"-\"")
                }
                guard !names.contains(where: { $0.name == name }) else { throw refusal("it has two \"\(piece)\"") }
                names.append((name, .segment(segments.count)))
                segments.append(.any)
            } else if piece == "*" {
                segments.append(.any)
            } else {
                segments.append(.literal(try Self.literal(piece, refusal)))
            }
        }
        self.segments = segments
        self.names = names
    }

    /// The segments that a mounted handler does not see.
    var mountLength: Int { isMount ? segments.count : 0 }

    /// Where the value of the parameter `name` is found; nil when the pattern has none.
    func source(of name: String) -> Source? {
        for entry in names where entry.name == name { return entry.source }
        return nil
    }

    private static func literal(
        _ piece: Substring,
        _ refusal: (String) -> RoutingError
    ) throws(RoutingError) -> [UInt8] {
        guard !piece.isEmpty else { throw refusal("it has an empty segment") }
        guard piece != "**" else { throw refusal("\"**\" stands before the end") }
        guard !piece.contains(where: { "*?#{}<>".contains($0) }) else {
            throw refusal("\"\(piece)\" is neither text, nor \":name\", \"*\" or \"**\"")
        }
        guard let octets = PercentEncoding.decode(Array(piece.utf8).span), !octets.contains(0) else {
            throw refusal("\"\(piece)\" is not percent-encoded correctly")
        }
        guard octets != Array(".".utf8), octets != Array("..".utf8) else {
            throw refusal("no request has the segment \"\(piece)\"")
        }
        return octets
    }

    private static func standsInName(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}
