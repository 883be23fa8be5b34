/// An answer, read strictly: every rule that it breaks is an error.
public struct ReferenceResponse: Equatable, Sendable {
    /// The status code.
    public var status = 0
    /// The field lines.
    public var fields: [ReferenceField] = []
    /// The content without framing.
    public var content: [UInt8] = []
    /// The content goes on to the end of the connection.
    public var endsWithConnection = false

    /// The values of all fields of a name, given in lower case.
    public func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// Whether Connection has this option, given in lower case.
    public func hasConnectionOption(_ option: String) -> Bool {
        values("connection").contains { value in
            value.lowercased().split(separator: ",").contains { $0.filter { $0 != " " } == option }
        }
    }

    /// Reads the answer at the beginning of `octets`, which was given to a request with this method.
    public static func read(_ octets: [UInt8], to method: String) -> Reading<ReferenceResponse> {
        var lines = Lines(octets)
        guard let row = lines.next() else {
            return lines.rest.isEmpty ? .incomplete : lines.prospect(of: "status-row")
        }
        guard let parts = Grammar.http.parts(["HTTP-version", "status-code"], of: "status-row", in: row),
            parts[0].octets.text == "HTTP/1.1", let status = Int(parts[1].octets.text), (100...599).contains(status)
        else { return .refused("no status line: \(row.text)") }
        var response = ReferenceResponse(status: status)
        while let row = lines.next() {
            if row.count == 2 { return response.readContent(octets, from: lines.position, to: method) }
            guard let field = ReferenceField(row: row) else { return .refused("no field line: \(row.text)") }
            response.fields.append(field)
        }
        return lines.rest.isEmpty ? .incomplete : lines.prospect(of: "field-row")
    }

    /// RFC 9112 §6.3, as far as it is about answers.
    private mutating func readContent(
        _ octets: [UInt8],
        from start: Int,
        to method: String
    ) -> Reading<ReferenceResponse> {
        if let fault = fault { return .refused(fault) }
        let mayHaveContent = status >= 200 && status != 204 && status != 304
        guard mayHaveContent, method != "HEAD" else { return .complete(self, octets: start) }
        let framing: ReferenceHead.Framing
        if !values("transfer-encoding").isEmpty {
            framing = .chunked
        } else if let length = values("content-length").first {
            framing = .length(Int(length) ?? 0)
        } else {
            content = Array(octets[start...])
            endsWithConnection = true
            return .complete(self, octets: octets.count)
        }
        switch ReferenceContent.read(Array(octets[start...]), framing) {
        case .incomplete: return .incomplete
        case .doomed(let fault): return .doomed(fault)
        case .refused(let fault): return .refused(fault)
        case .complete(let content, let count):
            if status == 205, !content.data.isEmpty { return .refused("content in a 205") }
            self.content = content.data
            return .complete(self, octets: start + count)
        }
    }

    /// Fields of which there is one at most, and what they must be.
    private static let single: [(name: String, rule: String)] = [
        ("date", "IMF-fixdate"), ("last-modified", "IMF-fixdate"), ("content-length", "Content-Length"),
        ("content-type", "media-type"), ("etag", "entity-tag"), ("location", "URI-reference"),
        ("content-range", "Content-Range"), ("retry-after", "Retry-After"), ("transfer-encoding", "token"),
    ]
    /// Lists.
    private static let lists: [(name: String, rule: String)] = [
        ("connection", "tokens"), ("vary", "tokens"), ("allow", "tokens-or-none"), ("accept-ranges", "tokens"),
        ("cache-control", "directives"),
    ]

    private var fault: String? {
        for (name, rule) in Self.single + Self.lists {
            let values = values(name)
            if values.count > 1, Self.single.contains(where: { $0.name == name }) { return "\(values.count) \(name)" }
            for value in values where Grammar.http.match(rule, Array(value.utf8)) != .whole {
                return "\(name) is \(value)"
            }
        }
        let (lengths, codings) = (values("content-length"), values("transfer-encoding"))
        if !lengths.isEmpty, !codings.isEmpty { return "Content-Length and Transfer-Encoding" }
        if let coding = codings.first, coding != "chunked" { return "Transfer-Encoding \(coding)" }
        if status < 200 || status == 204, !lengths.isEmpty || !codings.isEmpty { return "framing in a \(status)" }
        if status >= 200, values("date").isEmpty { return "no Date" }
        if status == 405, values("allow").isEmpty { return "405 without Allow" }
        if status == 401, values("www-authenticate").isEmpty { return "401 without WWW-Authenticate" }
        return nil
    }
}
