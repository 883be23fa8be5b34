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

    /// Finds the parts of `line[target]`, which is not empty. The path's octets are left to `RequestPath`.
    init(of line: Span<UInt8>, target: Range<Int>, method: Span<UInt8>) throws(RequestError) {
        self.target = target
        let question = try Self.checkOctets(line, target)
        let isConnect = method.count == 7 && method.equals("CONNECT")
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

    /// Refuses octets that no part of a target may have; returns the index of the first `?` or the target's end.
    @inline(__always)
    private static func checkOctets(_ line: Span<UInt8>, _ target: Range<Int>) throws(RequestError) -> Int {
        var index = target.lowerBound
        var question = target.upperBound
        while index < target.upperBound {
            let octet = line[index]
            guard OctetSet.target.contains(octet) else {
                throw octet == UInt8(ascii: "#") ? .fragmentInTarget : .invalidTargetOctet
            }
            if octet == UInt8(ascii: "?"), question == target.upperBound {
                question = index
            }
            index += 1
        }
        return question
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
        var index = start
        while index < end, OctetSet.scheme.contains(line[index]) {
            index += 1
        }
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
        var authorityEnd = authorityStart
        while authorityEnd < end, line[authorityEnd] != UInt8(ascii: "/") {
            authorityEnd += 1
        }
        let authority = authorityStart..<authorityEnd
        guard AuthorityParts(parsing: line.extracting(authority)) != nil else { throw .invalidTargetAuthority }
        self.authority = authority
        // An empty path means `/` (RFC 9110 §4.2.3): the second slash of `://` lends itself.
        path = authorityEnd < end ? authorityEnd..<end : index + 2..<index + 3
    }
}
