/// Why routes cannot be served as they are written. Thrown where a `Router` or `Server` is made.
public enum RoutingError: Error, Equatable, CustomStringConvertible {
    /// The path of a route or group has not the form that `Route` describes.
    case invalidPath(String, reason: String)
    /// The host of a group has not the form that `Group` describes.
    case invalidHost(String)
    /// Two routes answer the same requests. Each is named as "GET /notes/:id".
    case conflict(String, String)
    /// A router stands at a path that does not end in `/**`.
    case notMounted(String)
    /// A group for a host stands in another such group.
    case nestedHost(String, in: String)

    /// What is wrong, and what to do.
    public var description: String {
        switch self {
        case .invalidPath(let path, let reason):
            "\"\(path)\" is no path of a route: \(reason)"
        case .invalidHost(let host):
            "\"\(host)\" is no host: write \"example.com\", \":name.example.com\" or \"*.example.com\", without port"
        case .conflict(let one, let other):
            "\(one) and \(other) answer the same requests: remove one of the routes, or change its path"
        case .notMounted(let path):
            "a router at \"\(path)\" sees one path only: mount it at \"\(path)/**\""
        case .nestedHost(let host, let outer):
            "the group for \"\(host)\" stands in that for \"\(outer)\": put them beside each other"
        }
    }
}
