import Glibc
import HTTPTypes
import MartletReactor
import MartletWire

/// How a line of the access log looks.
///
/// The status 499 stands for a request whose connection ended before an answer was given. "-" stands for a request line
/// that did not arrive.
public enum AccessLogFormat: String, CaseIterable, Sendable {
    /// NCSA Common Log Format: peer, user, time, request line, status, octets of content.
    case common
    /// Common, then the referrer and the user agent in quotes.
    case combined
    /// One JSON object a line. A refused request has its line in `request` instead of the parts. Where they are known:
    /// `user`, who logged in; `request_id`, the answer's X-Request-Id; `trace_id` and `span_id`, of the request's
    /// `traceparent`.
    case json
}

/// Where and how answered requests are logged.
public struct AccessLogSettings: Sendable {
    /// The look of a line; default `common`.
    public var format = AccessLogFormat.common
    /// The descriptor written to; default standard error. The server does not close it, and never waits for who reads
    /// it: lines that a full pipe or a full disk does not take wait in memory, 256 KiB for each loop; further ones are
    /// lost, and the logger is told how many and why.
    public var fd: CInt = 2

    /// Common Log Format to standard error.
    public init() {}

    /// A format and a descriptor of the caller's choice.
    public init(format: AccessLogFormat, fd: CInt) {
        self.format = format
        self.fd = fd
    }
}

/// What a line of the access log tells.
struct AccessLogEntry {
    var peer: SocketAddress
    /// What was received of the head.
    var head: RequestHead
    /// The head is complete and valid.
    var hasHead: Bool
    var status: Int
    var contentLength: Int
    /// When the first octet of the head came in.
    var start: Instant
    /// What the answer calls its request: X-Request-Id.
    var name: String?
    /// Who the request is of, where somebody found out.
    var user: String?
}

/// The access log of one loop: lines are gathered during a turn and written at its end.
package struct AccessLog {
    /// The status logged for a request whose connection ended before it was answered: nginx's.
    static let unanswered = 499
    /// Lines are written early when they take more than this.
    private static let highWater = 32 * 1024
    /// Lines that wait for a slow reader take no more than this; further ones are lost.
    private static let limit = 256 * 1024

    private let settings: AccessLogSettings
    private let descriptor: LogDescriptor
    private var lines: [UInt8] = []
    private var lost = 0
    /// Why lines wait, if that is not a slow reader; kept until they are written.
    private(set) var fault: SystemError?
    private var timestamp = Timestamp()

    init(_ settings: AccessLogSettings) {
        self.settings = settings
        descriptor = LogDescriptor(settings.fd)
    }

    /// True when every line is written.
    var isEmpty: Bool { lines.isEmpty }

    /// What a log has lost.
    struct Loss: Equatable {
        var lines: Int
        var fault: SystemError?
    }

    /// Lines lost since the last call; none while lines wait, so that one number tells of the whole jam.
    mutating func takeLoss() -> Loss? {
        guard isEmpty else { return nil }
        defer { (lost, fault) = (0, nil) }
        return lost > 0 ? Loss(lines: lost, fault: fault) : nil
    }

    /// The same at the end of the server: what waits is lost too.
    var finalLoss: Loss? {
        let count = lost + lines.count { $0 == UInt8(ascii: "\n") }
        return count > 0 ? Loss(lines: count, fault: fault) : nil
    }

    mutating func append(_ entry: AccessLogEntry, seconds: Int) {
        guard lines.count < Self.limit else {
            lost += 1
            return
        }
        timestamp.update(seconds)
        switch settings.format {
        case .common: appendCommon(entry)
        case .combined: appendCombined(entry)
        case .json: appendJSON(entry)
        }
        lines.append(UInt8(ascii: "\n"))
        if lines.count > Self.highWater { flush() }
    }

    /// Writes the lines gathered, as far as the descriptor takes them: a log must not stop the server.
    mutating func flush() {
        guard !lines.isEmpty else { return }
        let count = descriptor.write(lines.span)
        fault = descriptor.fault ?? fault
        if count == lines.count { lines.removeAll(keepingCapacity: true) } else { lines.removeFirst(count) }
    }

    private mutating func appendCommon(_ entry: AccessLogEntry) {
        lines.append(contentsOf: entry.peer.host.utf8)
        if let user = entry.user {
            lines.append(contentsOf: " - ".utf8)
            appendUser(user)
            lines.append(contentsOf: " [".utf8)
        } else {
            lines.append(contentsOf: " - - [".utf8)
        }
        lines.append(contentsOf: timestamp.common)
        lines.append(contentsOf: "] \"".utf8)
        appendRequestLine(entry.head)
        lines.append(contentsOf: "\" ".utf8)
        appendDecimal(entry.status, to: &lines)
        lines.append(UInt8(ascii: " "))
        appendDecimal(entry.contentLength, to: &lines)
    }

    /// One word, whatever the name is: a space in it would make columns of it, and "-" says that there is none.
    private mutating func appendUser(_ user: String) {
        let isNone = user.isEmpty || user == "-"
        let octets = Array((isNone ? "\"\(user)\"" : user).utf8)
        if isNone { return lines.append(contentsOf: octets) }
        for piece in octets.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).enumerated() {
            if piece.offset > 0 { lines.append(contentsOf: "\\x20".utf8) }
            Self.appendEscaped(Array(piece.element).span, to: &lines)
        }
    }

    private mutating func appendCombined(_ entry: AccessLogEntry) {
        appendCommon(entry)
        for name in [HTTPField.Name.referer, .userAgent] {
            lines.append(contentsOf: " \"".utf8)
            if let value = entry.head.fields.first(name) {
                // A page's address has what let its reader in.
                Self.appendRequestLine(value, to: &lines)
            } else {
                lines.append(UInt8(ascii: "-"))
            }
            lines.append(UInt8(ascii: "\""))
        }
    }

    /// The request line as it came in, also where it was refused; "-" when none did.
    private mutating func appendRequestLine(_ head: RequestHead) {
        if head.requestLineBytes.isEmpty {
            lines.append(UInt8(ascii: "-"))
        } else {
            Self.appendRequestLine(head.requestLineBytes, to: &lines)
        }
    }

    /// A request line, escaped, without what lets in whoever has it: others read logs too.
    static func appendRequestLine(_ line: Span<UInt8>, to output: inout [UInt8]) {
        if let masked = SecretsInQuery.masked(line) {
            appendEscaped(masked.span, to: &output)
        } else {
            appendEscaped(line, to: &output)
        }
    }

    private mutating func appendJSON(_ entry: AccessLogEntry) {
        lines.append(contentsOf: "{\"time\":\"".utf8)
        lines.append(contentsOf: timestamp.iso8601)
        lines.append(contentsOf: "\",\"peer\":\"".utf8)
        lines.append(contentsOf: entry.peer.host.utf8)
        lines.append(UInt8(ascii: "\""))
        let head = entry.head
        if entry.hasHead {
            appendMember("method", head.method.rawValue)
            appendMember("target", SecretsInQuery.masked(head.target))
            appendMember("protocol", head.version == .http1_0 ? "HTTP/1.0" : "HTTP/1.1")
            if let host = head.authority?.host { appendMember("host", host) }
            if let referrer = head.fields[.referer] { appendMember("referrer", SecretsInQuery.masked(referrer)) }
            if let agent = head.fields[.userAgent] { appendMember("user_agent", agent) }
        } else if !head.requestLineBytes.isEmpty {
            // What was refused has no parts that could be trusted.
            let octets = head.requestLineBytes
            let line = SecretsInQuery.masked(octets) ?? Array(octets, 0..<octets.count)
            appendMember("request", String(decoding: line, as: UTF8.self))
        }
        if let user = entry.user { appendMember("user", user) }
        if let name = entry.name { appendMember("request_id", name) }
        if let trace = head.traceContext {
            appendMember("trace_id", trace.traceID.description)
            appendMember("span_id", trace.parentID.description)
        }
        lines.append(contentsOf: ",\"status\":".utf8)
        appendDecimal(entry.status, to: &lines)
        lines.append(contentsOf: ",\"bytes\":".utf8)
        appendDecimal(entry.contentLength, to: &lines)
        lines.append(contentsOf: ",\"duration_us\":".utf8)
        // Not the turn's time: a handler that never waits works within one turn.
        appendDecimal(Int(clamping: entry.start.duration(to: .now()).count / 1000), to: &lines)
        lines.append(UInt8(ascii: "}"))
    }

    private mutating func appendMember(_ name: StaticString, _ value: String) {
        lines.append(contentsOf: ",\"\(name)\":\"".utf8)
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\": lines.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: scalar)])
            // The second set of controls too: some terminals obey those.
            case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}":
                lines.append(contentsOf: "\\u00".utf8)
                Self.appendHex(UInt8(truncatingIfNeeded: scalar.value), to: &lines)
            default: lines.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        lines.append(UInt8(ascii: "\""))
    }

    /// A log line is read by terminals and programs: control characters, quotes, backslashes and octets outside ASCII
    /// are written as \xHH, so nothing a client sends can forge a line or steer a terminal.
    package static func appendEscaped(_ text: Span<UInt8>, to output: inout [UInt8]) {
        for index in text.indices {
            let octet = text[index]
            if octet < 0x20 || octet > 0x7E || octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") {
                output.append(contentsOf: "\\x".utf8)
                appendHex(octet, to: &output)
            } else {
                output.append(octet)
            }
        }
    }

    private static func appendHex(_ octet: UInt8, to output: inout [UInt8]) {
        for digit in [octet >> 4, octet & 15] { output.append(digit < 10 ? digit + 48 : digit + 87) }
    }
}

/// The time of a log line in its two forms, made once a second.
private struct Timestamp {
    private var seconds = Int.min
    /// "22/Nov/2026:17:20:00 +0100", in local time.
    private(set) var common: [UInt8] = []
    /// "2026-11-22T16:20:00Z".
    private(set) var iso8601: [UInt8] = []

    mutating func update(_ seconds: Int) {
        guard seconds != self.seconds else { return }
        self.seconds = seconds
        var time = time_t(seconds)
        var local = unsafe tm()
        var universal = unsafe tm()
        _ = unsafe localtime_r(&time, &local)
        _ = unsafe gmtime_r(&time, &universal)
        // Not %b: month names in the log do not depend on the locale.
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = unsafe months[Int(local.tm_mon)]
        unsafe common = Self.format("%d/\(month)/%Y:%H:%M:%S %z", &local)
        unsafe iso8601 = Self.format("%Y-%m-%dT%H:%M:%SZ", &universal)
    }

    private static func format(_ pattern: String, _ time: inout tm) -> [UInt8] {
        var text = [CChar](repeating: 0, count: 64)
        let count = unsafe strftime(&text, text.count, pattern, &time)
        return text[..<count].map { UInt8(bitPattern: $0) }
    }
}
