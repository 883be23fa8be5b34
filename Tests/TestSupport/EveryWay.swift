public import MartletReactor

/// What a server answers to a request, however its octets arrive.
///
/// The request is sent whole, alone, cut at every octet, octet by octet, and pipelined behind another one. Where octets are
/// cut, the server has taken the first part before the second one is sent; it must have one loop. Behind each request
/// follows another one, which is answered only if the connection stays open.
public struct EveryWay: Sendable {
    /// The answer to the request sent whole, with "Date: *" in the place of its Date.
    public let answer: String
    /// Whether the server closed behind the answer.
    public let closes: Bool
    /// The first way that had another outcome, and what that was; nil when all were the same.
    public let difference: String?

    private static let before = Array("GET /before HTTP/1.1\r\nHost: before\r\n\r\n".utf8)
    private static let behind = Array("GET /behind HTTP/1.1\r\nHost: behind\r\nConnection: close\r\n\r\n".utf8)

    /// Asks the server at `address` in all these ways.
    /// - Parameter request: a request that is whole or refused: one that is not would take in those behind it.
    public init(_ request: some Collection<UInt8>, at address: SocketAddress) throws {
        let request = Array(request)
        let last = try Self.octets(of: [Self.behind], address)
        let first = String(try Self.ask([Self.before + Self.behind], address).dropLast(Self.masked(last).count))
        let octets = try Self.octets(of: [request + Self.behind], address)
        let whole = Self.masked(octets)
        closes = !whole.hasSuffix(Self.masked(last))
        answer = closes ? whole : String(whole.dropLast(Self.masked(last).count))

        // A server must not wait for what may never come.
        let socket = try TestSocket.connect(to: address)
        try socket.send(request)
        let alone = Self.masked(try socket.receive(exactly: octets.count - (closes ? 0 : last.count)))
        let cuts = try Self.cuts(of: request, whole, address)
        let pipelined = try Self.ask([Self.before + request + Self.behind], address)
        difference =
            if alone != answer { "alone: \(alone)" } else if let cuts { cuts } else if pipelined != first + whole {
                "pipelined: \(pipelined)"
            } else { nil }
    }

    /// The first cut with another outcome than `whole`.
    private static func cuts(of request: [UInt8], _ whole: String, _ address: SocketAddress) throws -> String? {
        for cut in request.indices.dropFirst() {
            let text = try ask([Array(request[..<cut]), request[cut...] + behind], address)
            if text != whole { return "cut at \(cut): \(text)" }
        }
        let text = try ask(request.dropLast().map { [$0] } + [request.suffix(1) + behind], address)
        return text == whole ? nil : "octet by octet: \(text)"
    }

    private static func ask(_ pieces: [[UInt8]], _ address: SocketAddress) throws -> String {
        masked(try octets(of: pieces, address))
    }

    /// Sends the pieces one after the other and receives until the server closes.
    private static func octets(of pieces: [[UInt8]], _ address: SocketAddress) throws -> [UInt8] {
        let socket = try TestSocket.connect(to: address)
        for (index, piece) in pieces.enumerated() {
            if index > 0 { try waitForTurn(of: address) }
            try socket.send(piece)
        }
        return try socket.receiveAll()
    }

    /// The round trip of another client, whose request no handler sees: the loop has taken what was sent before.
    private static func waitForTurn(of address: SocketAddress) throws {
        let socket = try TestSocket.connect(to: address)
        try socket.send("\n")
        _ = try socket.receive(upTo: 1)
    }

    private static func masked(_ octets: [UInt8]) -> String {
        String(decoding: octets, as: UTF8.self)
            .replacing(/Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n/, with: "Date: *\r\n")
    }
}
