/// Where a request target ends, and what no part of it may hold (RFC 9112 §3.2).
struct TargetOctets {
    /// The target, which may be empty: all up to the next SP or the end of the line.
    let range: Range<Int>
    /// The first `?`, or the target's end.
    let question: Int
    /// The first octet that no part of a target may have: `#`, or one that is not ASCII.
    private(set) var fault: Int?

    /// Looks at the target that begins at `start` in `line`, which holds no control octet.
    init(in line: Span<UInt8>, from start: Int) {
        var question: Int?
        var index = Self.next(in: line, from: start)
        while index < line.count, line[index] != UInt8(ascii: " ") {
            if line[index] == UInt8(ascii: "?") {
                question = question ?? index
            } else {
                fault = fault ?? index
            }
            index = Self.next(in: line, from: index + 1)
        }
        range = start..<index
        self.question = question ?? index
    }

    /// The next octet that is SP, `?`, `#` or not ASCII, or the end of the line.
    private static func next(in line: Span<UInt8>, from start: Int) -> Int {
        line.first(from: start) { word in
            word.equals(UInt8(ascii: " ")) | word.equals(UInt8(ascii: "?")) | word.equals(UInt8(ascii: "#"))
                | word.isNotASCII
        }
    }
}

/// The form of a request target and where its parts stand in the request line (RFC 9112 §3.2).
struct TargetParts: Sendable {
    var form = TargetForm.origin
    var target = 0..<0
    var scheme: Range<Int>?
    var authority: Range<Int>?
    var path = 0..<0
    var query: Range<Int>?

    /// Parts of no target.
    init() {}

    /// Finds the parts of the target that `octets` were found in. The path's octets are left to `RequestPath`.
    init(of line: Span<UInt8>, _ octets: TargetOctets, method: Span<UInt8>) throws(RequestError) {
        if let fault = octets.fault {
            throw line[fault] == UInt8(ascii: "#") ? .fragmentInTarget : .invalidTargetOctet
        }
        target = octets.range
        let question = octets.question
        let isConnect = method.equals("CONNECT")
        if isConnect {
            try readAuthorityForm(line)
        } else if line[target.lowerBound] == UInt8(ascii: "/") {
            path = target.lowerBound..<question
        } else if target.count == 1, line[target.lowerBound] == UInt8(ascii: "*") {
            guard method.equals("OPTIONS") else { throw .asteriskWithoutOptions }
            form = .asterisk
        } else {
            try readAbsoluteForm(line, upTo: question)
        }
        if !isConnect, question < target.upperBound {
            query = question + 1..<target.upperBound
        }
    }

    /// `host:port`, both required (RFC 9112 §3.2.3).
    private mutating func readAuthorityForm(_ line: Span<UInt8>) throws(RequestError) {
        guard let authority = AuthorityParts(parsing: line.extracting(target)), authority.port != nil else {
            throw .invalidConnectTarget
        }
        form = .authority
        self.authority = target
    }

    /// `scheme://authority/path` (RFC 9112 §3.2.2). A URI without authority names nothing that a server could serve.
    private mutating func readAbsoluteForm(_ line: Span<UInt8>, upTo end: Int) throws(RequestError) {
        let start = target.lowerBound
        let index = OctetSet.scheme.end(in: line.extracting(0..<end), from: start)
        guard index > start, OctetSet.lowercased(line[start]) &- 0x61 < 26,
            index + 2 < end, line[index] == UInt8(ascii: ":"),
            line[index + 1] == UInt8(ascii: "/"), line[index + 2] == UInt8(ascii: "/")
        else {
            // `host:port` is the one other shape that has a meaning, with CONNECT.
            let isHostAndPort = AuthorityParts(parsing: line.extracting(start..<end))?.port != nil
            throw isHostAndPort ? .invalidConnectTarget : .invalidTarget
        }
        form = .absolute
        scheme = start..<index
        let authorityStart = index + 3
        let authorityEnd = line.extracting(0..<end).firstIndex(of: UInt8(ascii: "/"), from: authorityStart)
        let authority = authorityStart..<authorityEnd
        guard AuthorityParts(parsing: line.extracting(authority)) != nil else { throw .invalidTargetAuthority }
        self.authority = authority
        // An empty path means `/` (RFC 9110 §4.2.3): the second slash of `://` lends itself.
        path = authorityEnd < end ? authorityEnd..<end : index + 2..<index + 3
    }
}
