import HTTPTypes
import MartletWire

/// The routes of one host as a tree of segments. Finding one allocates nothing: octets are compared with octets.
struct RouteTree: Sendable {
    /// What has been matched so far, and what may follow.
    private struct Node {
        /// The next nodes by segment, ordered by length, then octets.
        var literals: [(octets: [UInt8], node: Int)] = []
        /// The next node for any segment.
        var any: Int?
        /// The places for a path that ends here, without and with a slash, and for any that goes on.
        var place: Int?
        var placeWithSlash: Int?
        var mount: Int?
    }

    /// The routes of one path.
    private struct Place {
        var table: MethodTable
        /// For requests that differ by the slash at the end.
        let redirect: Endpoint
    }

    private enum Match {
        case place(Int)
        case redirect(Int)
    }

    private var nodes = [Node()]
    private var places: [Place] = []

    /// Whether there is no route.
    var isEmpty: Bool { places.isEmpty }

    /// Every method that some place answers.
    var methods: Set<HTTPRequest.Method> {
        places.reduce(into: []) { $0.formUnion($1.table.allowed) }
    }

    // MARK: Building

    /// Adds a route to its place. What the place answers by itself goes through the middleware of its first route.
    mutating func add(_ route: Route, _ pattern: RoutePattern) throws(RoutingError) {
        let place = place(of: pattern, route.middleware)
        for (method, call) in route.calls {
            if let other = places[place].table.added(for: method)?.pattern {
                let name = method?.rawValue ?? "Any method of"
                throw .conflict("\(name) \(other.text)", "\(name) \(pattern.text)")
            }
            places[place].table.add(method, Endpoint(call, middleware: route.middleware, pattern: pattern))
        }
    }

    private mutating func place(of pattern: RoutePattern, _ middleware: [any Middleware]) -> Int {
        var node = 0
        for segment in pattern.segments { node = next(after: node, segment) }
        let end: WritableKeyPath<Node, Int?> =
            pattern.isMount ? \.mount : pattern.hasTrailingSlash ? \.placeWithSlash : \.place
        if let place = nodes[node][keyPath: end] { return place }
        nodes[node][keyPath: end] = places.count
        places.append(
            Place(
                table: MethodTable(middleware: middleware, pattern: pattern),
                redirect: Endpoint(.handler(SlashRedirect()), middleware: middleware, pattern: pattern)
            )
        )
        return places.count - 1
    }

    private mutating func next(after node: Int, _ segment: RoutePattern.Segment) -> Int {
        switch segment {
        case .any:
            if let next = nodes[node].any { return next }
            nodes[node].any = nodes.count
        case .literal(let octets):
            let (index, found) = search(node, octets.span)
            if found { return nodes[node].literals[index].node }
            nodes[node].literals.insert((octets, nodes.count), at: index)
        }
        nodes.append(Node())
        return nodes.count - 1
    }

    // MARK: Finding

    /// Who answers requests with `method` for `path`, of which the first `start` segments do not count; nil for nobody.
    func endpoint(for method: HTTPRequest.Method, _ path: borrowing RequestPath, from start: Int) -> Endpoint? {
        switch find(path, start, node: 0) {
        case .place(let place): places[place].table.endpoint(for: method)
        case .redirect(let place): places[place].redirect
        case nil: nil
        }
    }

    /// The best match below a node. A node is reached on one way only, so none is visited twice.
    private func find(_ path: borrowing RequestPath, _ index: Int, node: Int) -> Match? {
        guard index < path.segmentCount else { return end(node, hasTrailingSlash: path.hasTrailingSlash) }
        let (position, found) = search(node, path.segment(index))
        if found, let match = find(path, index + 1, node: nodes[node].literals[position].node) { return match }
        if let next = nodes[node].any, let match = find(path, index + 1, node: next) { return match }
        return nodes[node].mount.map { .place($0) }
    }

    private func end(_ node: Int, hasTrailingSlash: Bool) -> Match? {
        let withoutSlash = nodes[node].place
        let withSlash = nodes[node].placeWithSlash ?? nodes[node].mount
        if let place = hasTrailingSlash ? withSlash : withoutSlash { return .place(place) }
        if let place = hasTrailingSlash ? withoutSlash : withSlash { return .redirect(place) }
        return nil
    }

    /// Where the literal `octets` is among those of a node, or would be.
    private func search(_ node: Int, _ octets: Span<UInt8>) -> (index: Int, found: Bool) {
        var low = 0
        var high = nodes[node].literals.count
        while low < high {
            let middle = (low + high) / 2
            let order = Self.compare(octets, nodes[node].literals[middle].octets)
            if order == 0 { return (middle, true) }
            if order < 0 { high = middle } else { low = middle + 1 }
        }
        return (low, false)
    }

    /// Below zero when `one` goes before `other`, above when after.
    private static func compare(_ one: Span<UInt8>, _ other: [UInt8]) -> Int {
        guard one.count == other.count else { return one.count - other.count }
        for index in one.indices where one[index] != other[index] { return Int(one[index]) - Int(other[index]) }
        return 0
    }
}

/// Leads from `/a` to `/a/`, or back.
private struct SlashRedirect: ImmediateHandler {
    func respondImmediately(to request: Request) throws -> Response? {
        let path = request.head.path
        var location = path.encoded
        if path.hasTrailingSlash { location.removeLast() } else { location.append(UInt8(ascii: "/")) }
        if let query = request.query { location += Array("?\(query)".utf8) }
        var response = Response(status: .permanentRedirect)
        response.fields.append(.location, location)
        // Browsers would keep a 308 for good; the routes may be others tomorrow.
        response.fields.append(.cacheControl, "no-cache")
        return response
    }

    func respond(to request: Request) async throws -> Response {
        try respondImmediately(to: request) ?? Response()
    }
}
