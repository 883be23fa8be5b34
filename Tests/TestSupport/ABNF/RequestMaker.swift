/// Makes requests as chance wants them: valid ones, nearly valid ones, hostile ones. The same seed makes the same.
public struct RequestMaker: Sendable {
    /// Where the chance comes from.
    public var random: SplitMix
    /// One head in so many is damaged; the others may still be wrong by what they say.
    private let damage: Int
    private var number = 0

    /// Makes a maker that damages one head in `damage`.
    public init(seed: UInt64, damage: Int = 3) {
        random = SplitMix(seed: seed)
        self.damage = damage
    }

    // MARK: Streams

    /// Some requests with their content, one behind the other; it may end in the middle of one.
    public mutating func stream() -> [UInt8] {
        var stream: [UInt8] = []
        for _ in 0...random.below(5) { stream += request() }
        if random.chance(8) { stream += random.pick(Self.snippets) }
        if random.chance(6) { stream.removeLast(random.below(stream.count)) }
        return stream
    }

    private mutating func request() -> [UInt8] {
        let data = content()
        var (fields, framed) = framing(of: data)
        if random.chance(40) { framed = Array(framed.dropLast(1 + random.below(3))) }
        let head = head(fields: &fields)
        return (random.chance(10) ? [0x0D, 0x0A] : []) + head + framed
    }

    /// Content that looks like a request, so that one who takes it for one is caught.
    private mutating func content() -> [UInt8] {
        number += 1
        switch random.below(6) {
        case 0: return []
        case 1: return Grammar.http.make("field-line", &random)
        case 2:
            let text = "GET /smuggled/\(number) HTTP/1.1\r\nHost: a\r\n\r\n"
            return Array(String(repeating: text, count: 1 + random.below(random.chance(20) ? 500 : 5)).utf8)
        case 3: return Array("0\r\n\r\nGET /smuggled/\(number) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        default: return Array("POST /smuggled/\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n".utf8)
        }
    }

    /// The fields that frame `data`, and what goes over the wire; seldom at odds with each other.
    private mutating func framing(of data: [UInt8]) -> (fields: [[UInt8]], framed: [UInt8]) {
        switch random.below(16) {
        case 0...4: return ([], [])
        case 5...8: return ([Array("Content-Length: \(data.count)".utf8)], data)
        case 9...12: return ([Array("Transfer-Encoding: chunked".utf8)], chunks(of: data))
        case 13: return ([Array(random.pick(Self.lengths).utf8)], data)
        case 14: return ([Array(random.pick(Self.codings).utf8)], chunks(of: data))
        default:
            let both = ["Content-Length: \(data.count)", "Transfer-Encoding: chunked"].map { Array($0.utf8) }
            return (both.shuffled(using: &random), chunks(of: data))
        }
    }

    /// `data` in chunks, some with extensions, perhaps with trailers, seldom damaged.
    public mutating func chunks(of data: [UInt8]) -> [UInt8] {
        var framed: [UInt8] = []
        var rest = data[...]
        while true {
            let size = rest.isEmpty ? 0 : 1 + random.below(random.chance(2) ? rest.count : min(rest.count, 20))
            let zeros = String(repeating: "0", count: random.chance(6) ? random.below(18) : 0)
            let digits = String(size, radix: 16, uppercase: random.chance(2))
            framed += (zeros + digits).utf8
            if random.chance(5) { framed += Grammar.http.make("chunk-ext", &random) }
            framed += [0x0D, 0x0A]
            if size == 0 { break }
            framed += rest.prefix(size) + [0x0D, 0x0A]
            rest = rest.dropFirst(size)
        }
        while random.chance(4) {
            framed +=
                random.chance(3) ? Array(random.pick(Self.trailers).utf8) : Grammar.http.make("field-line", &random)
            framed += [0x0D, 0x0A]
        }
        framed += [0x0D, 0x0A]
        return random.chance(4 * damage) ? damaged(framed) : framed
    }

    // MARK: Heads

    /// A head without what frames content.
    public mutating func head() -> [UInt8] {
        var fields: [[UInt8]] = []
        if random.chance(4) { fields = framing(of: []).fields }
        return head(fields: &fields)
    }

    private mutating func head(fields: inout [[UInt8]]) -> [UInt8] {
        number += 1
        if !random.chance(40) { fields.append(Array(host().utf8)) }
        while random.chance(2) {
            switch random.below(4) {
            case 0: fields.append(Array(random.pick(Self.fields).utf8))
            default: fields.append(Grammar.http.make("field-line", &random))
            }
        }
        fields.shuffle(using: &random)
        var head = method() + [0x20] + target() + [0x20] + version() + [0x0D, 0x0A]
        for field in fields { head += field + [0x0D, 0x0A] }
        head += [0x0D, 0x0A]
        return random.chance(damage) ? damaged(head) : head
    }

    private mutating func method() -> [UInt8] {
        if random.chance(20) { return Grammar.http.make("method", &random) }
        if random.chance(30) { return Array(random.pick(["CONNECT", "get", "PRI", "", "G@T"]).utf8) }
        return Array(random.pick(["GET", "GET", "GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "TRACE"]).utf8)
    }

    private mutating func target() -> [UInt8] {
        if random.chance(12) { return Array(random.pick(Self.targets).utf8) }
        if random.chance(12) { return Grammar.http.make("request-target", &random) }
        let path = "/\(random.pick(Self.kinds))/\(number)"
        let prefix =
            random.chance(10) ? "http://" + String(decoding: Grammar.http.make("Host", &random), as: UTF8.self) : ""
        let rest = random.chance(4) ? Grammar.http.make("path-abempty", &random) : []
        let query = random.chance(4) ? [UInt8(ascii: "?")] + Grammar.http.make("query", &random) : []
        return Array((prefix + path).utf8) + rest + query
    }

    private mutating func version() -> [UInt8] {
        if random.chance(30) { return Array(random.pick(Self.versions).utf8) }
        return Array((random.chance(8) ? "HTTP/1.0" : "HTTP/1.1").utf8)
    }

    private mutating func host() -> String {
        if random.chance(12) { return random.pick(Self.hosts) }
        if random.chance(12) { return "Host: " + String(decoding: Grammar.http.make("Host", &random), as: UTF8.self) }
        return "Host: localhost"
    }

    /// The same with a few octets put in, taken away, changed or doubled.
    public mutating func damaged(_ octets: [UInt8]) -> [UInt8] {
        var octets = octets
        for _ in 0...random.below(3) where !octets.isEmpty {
            let place = random.below(octets.count)
            let end = min(octets.count, place + 1 + random.below(4))
            switch random.below(6) {
            case 0: octets.removeSubrange(place..<end)
            case 1: octets[place] = UInt8(random.below(256))
            case 2: octets.insert(contentsOf: octets[place..<end], at: place)
            case 3: octets[place] ^= 1 << UInt8(random.below(8))
            default: octets.insert(contentsOf: random.pick(Self.snippets), at: place)
            }
        }
        return octets
    }
}

// MARK: - What parsers have stumbled over

extension RequestMaker {
    /// First segments of paths; what the fuzzed server does with each is its own affair.
    public static let kinds = [
        "echo", "echo", "echo", "ignore", "stream", "none", "unmodified", "slow", "last", "throw", "peek", "empty", "x",
    ]

    static let snippets: [[UInt8]] =
        [
            "\r", "\n", "\0", "\r\n", " ", "\t", ":", ",", "%", "%00", "#", "@", ";", "\u{B}", "\u{C}", "\u{7F}",
            "\r\n ",
            "\r\n\t", "\r\n\r\n", "\n\n", "\r\r\n", " :", "?", "[", "]", "\"", "\\", "*", "/", "//", "/../", "HTTP/1.1",
            "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "\r\nContent-Length: 0\r\n",
            "\r\nTransfer-Encoding:\r\n", "0\r\n\r\n", "\r\nHost: b\r\n", "\r\nConnection: close\r\n",
        ].map { Array($0.utf8) } + [[0xFF], [0x80], [0xC2, 0xA0], [0xE2, 0x80, 0xA8], [0x16, 0x03, 0x01]]

    static let lengths = [
        "Content-Length: +5", "Content-Length: -1", "Content-Length: 0x5", "Content-Length: 5, 5",
        "Content-Length: 5 5",
        "Content-Length:", "Content-Length: 9223372036854775807", "Content-Length: 9223372036854775808",
        "Content-Length: 18446744073709551621", "Content-Length : 5", "Content-Length: 5\r\nContent-Length: 5",
        "content-length: 00000000000000000000005", "Content-Length: 5;", "Content-Length: \"5\"", "Content_Length: 5",
        "Content-Length:\t5 ", "Content-Length: 1000000", "Content-Length: 5.0", "Content-Length: ٥",
    ]

    static let codings = [
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, gzip", "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: identity", "Transfer-Encoding: xchunked", "Transfer-Encoding: Chunked",
        "Transfer-Encoding: ,chunked,", "Transfer-Encoding:\tchunked", "Transfer-Encoding: ,\tchunked",
        "Transfer-Encoding: chunked;a=b", "Transfer-Encoding: \"chunked\"", "Transfer-Encoding:",
        "Transfer-Encoding\t: chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding:\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip;x=\",chunked\"",
        "Transfer-Encoding:\r\n chunked", "TRANSFER-ENCODING: CHUNKED", "Transfer_Encoding: chunked",
    ]

    static let trailers = [
        "Content-Length: 5", "Transfer-Encoding: chunked", "Host: b", "Authorization: Basic YTpi", "X-Sum: 1",
        "Connection: close", "Trailer: X", " X: folded", "X : spaced", "Content-Digest: sha-256=:AA==:",
    ]

    static let fields = [
        "Connection: close", "Connection: keep-alive", "Connection: Keep-Alive, close", "Connection: ,",
        "Connection: x,y",
        "Expect: 100-continue", "Expect: 100-Continue", "Expect: 200-ok", "Expect:", "Accept: */*", "Accept: text/html",
        "Range: bytes=0-0", "If-None-Match: *", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", "Upgrade: h2c",
        "Connection: Upgrade, HTTP2-Settings", "Connection: upgrade", "Upgrade: websocket", "TE: trailers",
        "Trailer: X-Sum", "Cookie: a=b; c=\"d", "X: ", "X:", "X:\t \t", " folded: line", "\tfolded", "no colon",
        ": empty",
        "X : spaced", "X\t: tabbed", "X: caf\u{E9}", "X: a\u{1}b", "Proxy-Connection: close",
        "Content-Type: text/plain",
    ]

    static let targets = [
        "*", "/", "//", "//evil/x", "", "/a b", "/%", "/%0", "/%zz", "/%00", "/%2F%2f", "/../../etc/passwd", "/a#b",
        "#",
        "http://a", "http://a?x", "http://a/", "http:///x", "http://u@a/", "http://a:99999/", "http://[::1]:80/x",
        "http://[::1", "http://[v1.a]/", "https://a/x", "ftp://a/x", "http:a", "a:80", "a", "/\u{E9}", "/{}|^`", "/[1]",
        "/?{}|^`\"<>\\%", "/?%00", "?x", "x/y", "HTTP://A/ECHO", "urn:a:b", "/a?b#c", "http://a,b/", "[::1]:443", "a:",
    ]

    static let versions = [
        "HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/0.9", "HTTP/1", "HTTP/1.", "HTTP/1.10", "HTTP/01.1", "http/1.1",
        "HTTP/1.1 ",
        " HTTP/1.1", "HTTP/1.1\t", "HTTPS/1.1", "HTTP/1,1", "", "HTTP /1.1", "HTTP/3.0", "HTTP/1.\u{661}",
    ]

    static let hosts = [
        "Host: a\r\nHost: a", "Host:", "Host: ", "Host: a, b", "Host: a b", "Host: a:", "Host: :80", "Host: a:65535",
        "Host: a:65536", "Host: a:080", "Host: a:8a", "Host: u@a", "Host: [::1]", "Host: [::1]:8", "Host: [::1",
        "Host: ::1",
        "Host: [fe80::1%25eth0]", "Host: a/b", "Host: %61", "Host: %6", "Host: 1.2.3.4", "Host: \u{E9}", "Host : a",
        " Host: a", "HOST: A", "Host: http://a", "Host: [::ffff:1.2.3.4]:1", "Host: [1:2:3:4:5:6:7::]",
        "Host: [::1:2:3:4:5:6:7:8]",
    ]
}
