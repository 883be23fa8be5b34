/// Reads what a server sent as strictly as the grammar of RFC 9110 and RFC 9112 allows, by other means than the server.
///
/// It asks for more than a client may: nothing but what a sender is to generate (RFC 9110 §2.2).
public struct StrictAnswer: Sendable {
    /// The status code.
    public let status: Int
    /// The field lines in order.
    public let fields: [(name: String, value: String)]
    /// The content, without framing.
    public let content: [UInt8]
    /// The trailer lines in order.
    public let trailers: [(name: String, value: String)]

    /// What is wrong with an answer.
    public struct Fault: Error, CustomStringConvertible {
        /// In words.
        public let description: String

        init(_ description: String) { self.description = description }
    }

    /// All answers in `octets`, which ended with the connection; interim ones among them.
    /// - Parameter method: of all requests: the answers to HEAD end with their heads.
    /// - Throws: `Fault` for the first thing that no sender may generate.
    public static func all(in octets: [UInt8], to method: String = "GET") throws(Fault) -> [StrictAnswer] {
        var rest = octets[...]
        var answers: [StrictAnswer] = []
        while !rest.isEmpty { answers.append(try StrictAnswer(&rest, method)) }
        return answers
    }

    /// The values of the lines of a name, given in lower case.
    public subscript(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    private init(_ rest: inout ArraySlice<UInt8>, _ method: String) throws(Fault) {
        let line = try Self.line(&rest)
        guard line.wholeMatch(of: /HTTP\/1\.1 [1-5][0-9][0-9] [\t -~]*/) != nil,
            let status = Int(line.dropFirst(9).prefix(3))
        else { throw Fault("status line: \(line)") }
        self.status = status
        let fields = try Self.fields(&rest)
        self.fields = fields
        try Self.check(fields)
        func values(_ name: String) -> [String] { fields.filter { $0.name.lowercased() == name }.map(\.value) }
        let length = values("content-length").first
        let codings = values("transfer-encoding")
        if status < 200 || status == 204 {
            guard length == nil, codings.isEmpty else { throw Fault("\(status) with framing") }
        }
        if length != nil, !codings.isEmpty { throw Fault("two framings") }
        if status >= 200, !values("date").contains(where: { $0.wholeMatch(of: Self.date) != nil }) {
            throw Fault("no Date, or none that is an IMF-fixdate")
        }
        guard method != "HEAD", status >= 200, status != 204, status != 304 else {
            content = []
            trailers = []
            return
        }
        if let length {
            guard let count = Int(length), count <= rest.count else { throw Fault("content is short of \(length)") }
            content = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            trailers = []
        } else {
            guard codings == ["chunked"] else { throw Fault("no framing: \(codings)") }
            (content, trailers) = try Self.chunks(&rest)
        }
    }

    private static var date: Regex<(Substring, Substring, Substring)> {
        /(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT/
    }

    private static func line(_ rest: inout ArraySlice<UInt8>) throws(Fault) -> String {
        guard let end = rest.firstIndex(of: 0x0A), end > rest.startIndex, rest[end - 1] == 0x0D
        else { throw Fault("no line: \(String(decoding: rest.prefix(80), as: UTF8.self))") }
        // Each octet one character, so that obs-text can be looked at.
        let line = String(String.UnicodeScalarView(rest[..<(end - 1)].map { Unicode.Scalar($0) }))
        rest = rest[(end + 1)...]
        return line
    }

    private static func fields(_ rest: inout ArraySlice<UInt8>) throws(Fault) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        while true {
            let line = try line(&rest)
            if line.isEmpty { return fields }
            guard
                let match = line.wholeMatch(
                    of:
                        /([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ([!-~\u{80}-\u{FF}](?:[\t -~\u{80}-\u{FF}]*[!-~\u{80}-\u{FF}])?)/
                )
            else { throw Fault("field line: \(line)") }
            fields.append((String(match.1), String(match.2)))
        }
    }

    private static func chunks(
        _ rest: inout ArraySlice<UInt8>
    ) throws(Fault) -> ([UInt8], [(name: String, value: String)]) {
        var content: [UInt8] = []
        while true {
            let line = try line(&rest)
            guard line.wholeMatch(of: /[0-9a-fA-F]+/) != nil, let count = Int(line, radix: 16)
            else { throw Fault("chunk size: \(line)") }
            if count == 0 { return (content, try fields(&rest)) }
            guard rest.count >= count + 2 else { throw Fault("a chunk is cut") }
            content += rest.prefix(count)
            rest = rest.dropFirst(count)
            guard rest.starts(with: [0x0D, 0x0A]) else { throw Fault("no CRLF behind a chunk") }
            rest = rest.dropFirst(2)
        }
    }

    // MARK: What fields say

    /// Fields that only a client sends, or a proxy, or that have no meaning in an answer.
    private static let foreign: Set = [
        "host", "te", "expect", "max-forwards", "from", "referer", "user-agent", "range", "if-match", "if-none-match",
        "if-range", "if-modified-since", "if-unmodified-since", "authorization", "proxy-authorization",
        "proxy-authenticate", "proxy-authentication-info", "cookie", "origin", "keep-alive", "proxy-connection", "age",
        "via",
    ]
    /// Fields whose value is no list: two lines would be a contradiction (RFC 9110 §5.3).
    private static let single: Set = [
        "content-type", "content-length", "content-range", "content-location", "date", "etag", "last-modified",
        "location", "retry-after", "server", "expires", "transfer-encoding",
    ]
    /// Lists of tokens, some with `=value`.
    private static let lists: Set = [
        "allow", "vary", "connection", "accept-ranges", "upgrade", "trailer", "content-encoding", "cache-control",
    ]

    private static func check(_ fields: [(name: String, value: String)]) throws(Fault) {
        var seen: Set<String> = []
        for (name, value) in fields {
            let name = name.lowercased()
            if foreign.contains(name) { throw Fault("not for an answer: \(name)") }
            if !seen.insert(name).inserted, single.contains(name) { throw Fault("twice: \(name)") }
            let isValid =
                switch name {
                case _ where lists.contains(name):
                    value.wholeMatch(
                        of: /[!#$%&'*+\-.^_`|~0-9A-Za-z\/]+(=[^, ]+)?(, [!#$%&'*+\-.^_`|~0-9A-Za-z\/]+(=[^, ]+)?)*/
                    ) != nil
                case "content-length": value.wholeMatch(of: /[0-9]+/) != nil
                case "content-type":
                    value.wholeMatch(
                        of:
                            /[!#$%&'*+\-.^_`|~0-9A-Za-z]+\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+(; [a-z]+=[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*/
                    ) != nil
                case "content-range":
                    value.wholeMatch(of: /bytes ([0-9]+-[0-9]+\/[0-9]+|\*\/[0-9]+)/) != nil
                case "date", "last-modified", "expires": value.wholeMatch(of: date) != nil
                case "etag": value.wholeMatch(of: /(W\/)?"[!#-~]*"/) != nil
                // Within this site: no authority that could be empty or have a user in it.
                case "location":
                    value.wholeMatch(of: /\/([\-._~!$&'()*+,;=:@\/?#0-9A-Za-z]|%[0-9A-F]{2})*/) != nil
                        && !value.hasPrefix("//")
                case "retry-after": value.wholeMatch(of: /[0-9]+/) != nil
                case "server":
                    value.wholeMatch(of: /[A-Za-z]+(\/[0-9.]+)?/) != nil
                case "set-cookie":
                    value.wholeMatch(of: /[^=; ]+=[^; ]*(; [A-Za-z\-]+(=[^;]*[^; ])?)*/) != nil
                default: true
                }
            guard isValid else { throw Fault("\(name): \(value)") }
        }
        if fields.contains(where: { $0.name.lowercased() == "upgrade" }) {
            let options = fields.filter { $0.name.lowercased() == "connection" }.map(\.value).joined(separator: ", ")
            guard options.lowercased().split(separator: ", ").contains("upgrade")
            else { throw Fault("Upgrade without Connection: Upgrade") }
        }
    }
}
