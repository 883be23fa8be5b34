import HTTPTypes

extension RequestHead {
    /// Takes method, target and version from `line`, a request line without CRLF that holds no control octet
    /// (RFC 9112 §3), and keeps the line. Exactly one SP stands between the three.
    mutating func readRequestLine(_ line: Span<UInt8>) throws(RequestError) {
        self.line.append(copying: line)
        do throws(RequestError) {
            try readParts(of: line)
        } catch {
            hidePassword()
            throw error
        }
    }

    private mutating func readParts(of line: Span<UInt8>) throws(RequestError) {
        let methodEnd = try readMethod(line)
        guard methodEnd < line.count else { throw .malformedRequestLine }
        let target = TargetOctets(in: line, from: methodEnd + 1)
        guard !target.range.isEmpty else { throw .malformedRequestLine }
        let targetEnd = target.range.upperBound
        guard targetEnd + 1 < line.count else { throw .missingVersion }
        do {
            version = try Self.version(line.extracting(targetEnd + 1..<line.count))
        } catch .unsupportedVersion where line.equals("PRI * HTTP/2.0") {
            throw .http2Preface
        }
        parts = try TargetParts(of: line, target, method: line.extracting(0..<methodEnd))
        if !parts.path.isEmpty {
            try path.decode(line.extracting(parts.path))
        }
    }

    /// Puts an asterisk in the place of the password in a refused line, which is kept for the log (RFC 3986 §3.2.1). A
    /// target with user information is always refused.
    private mutating func hidePassword() {
        var line = Array(self.line)
        guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { return }
        var target = line[(space + 1)...].prefix { $0 != UInt8(ascii: " ") }
        if let colon = target.firstIndex(of: UInt8(ascii: ":")), target[colon...].starts(with: "://".utf8) {
            target = target[(colon + 3)...]
        }
        let authority = target.prefix { !"/?#".utf8.contains($0) }
        guard let end = authority.lastIndex(of: UInt8(ascii: "@")),
            let colon = authority[..<end].firstIndex(of: UInt8(ascii: ":"))
        else { return }
        line.replaceSubrange(colon + 1..<end, with: CollectionOfOne(UInt8(ascii: "*")))
        self.line.removeAll()
        self.line.append(copying: line.span)
    }

    /// Takes the method at the beginning of `line`; its end is the first SP, or the line's end.
    ///
    /// A method that is longer than any known one is told apart from a line that is too long (RFC 9112 §3), so this works
    /// on a line whose end is not there yet. It comes first, since a HEAD gets no content whatever is wrong with the rest.
    mutating func readMethod(_ line: Span<UInt8>) throws(RequestError) -> Int {
        var index = 0
        while index < line.count, OctetSet.token.contains(line[index]) {
            index += 1
            guard index <= HeadLimits.method else { throw .methodTooLong }
        }
        guard index > 0, index == line.count || line[index] == UInt8(ascii: " "),
            let method = HTTPRequest.Method(line.extracting(0..<index))
        else { throw .invalidMethod }
        self.method = method
        return index
    }

    /// Reads `HTTP/` DIGIT `.` DIGIT (RFC 9112 §2.3).
    private static func version(_ bytes: Span<UInt8>) throws(RequestError) -> HTTPVersion {
        guard bytes.count == 8, bytes.extracting(0..<5).equals("HTTP/"), OctetSet.isDigit(bytes[5]),
            bytes[6] == UInt8(ascii: "."), OctetSet.isDigit(bytes[7])
        else {
            for index in bytes.indices where bytes[index] == UInt8(ascii: " ") {
                throw .malformedRequestLine
            }
            throw .invalidVersion
        }
        guard bytes[5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
        return bytes[7] == UInt8(ascii: "0") ? .http1_0 : .http1_1
    }
}

extension HTTPRequest.Method {
    /// The method that a token names; nil if the bytes are no token. None of up to 15 octets costs an allocation.
    init?(_ token: Span<UInt8>) {
        switch token {
        case "GET": self = .get
        case "PUT": self = .put
        case "HEAD": self = .head
        case "POST": self = .post
        case "PATCH": self = .patch
        case "TRACE": self = .trace
        case "DELETE": self = .delete
        case "OPTIONS": self = .options
        case "CONNECT": self = .connect
        default:
            guard let name = try? UTF8Span(validating: token) else { return nil }
            self.init(String(copying: name))
        }
    }
}
