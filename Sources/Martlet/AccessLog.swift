import Glibc
import HTTPTypes
import MartletReactor
import MartletWire

/// How a line of the access log looks.
public enum AccessLogFormat: String, CaseIterable, Sendable {
    /// NCSA Common Log Format: peer, time, request line, status, octets of content.
    case common
    /// Common, then the referrer and the user agent in quotes.
    case combined
    /// One JSON object a line.
    case json
}

/// Where and how answered requests are logged.
public struct AccessLogSettings: Sendable {
    /// The look of a line; default `common`.
    public var format = AccessLogFormat.common
    /// The descriptor written to; default standard error. The server does not close it.
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
    /// Nil when no valid head was received.
    var head: RequestHead?
    var status: Int
    var contentLength: Int
    var duration: Nanoseconds
}

/// The access log of one loop: lines are gathered during a turn and written at its end.
struct AccessLog {
    /// Lines are written early when they take more than this.
    private static let highWater = 32 * 1024

    private let settings: AccessLogSettings
    private var lines: [UInt8] = []
    private var timestamp = Timestamp()

    init(_ settings: AccessLogSettings) {
        self.settings = settings
    }

    mutating func append(_ entry: AccessLogEntry, seconds: Int) {
        timestamp.update(seconds)
        switch settings.format {
        case .common: appendCommon(entry)
        case .combined: appendCombined(entry)
        case .json: appendJSON(entry)
        }
        lines.append(UInt8(ascii: "\n"))
        if lines.count > Self.highWater { flush() }
    }

    /// Writes the lines gathered. What the descriptor does not take is lost: a log must not stop the server.
    mutating func flush() {
        guard !lines.isEmpty else { return }
        var offset = 0
        while offset < lines.count {
            let written = unsafe lines.span.extracting(offset..<lines.count).withUnsafeBytes { bytes in
                unsafe write(settings.fd, bytes.baseAddress, bytes.count)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { break }
            offset += written
        }
        lines.removeAll(keepingCapacity: true)
    }

    private mutating func appendCommon(_ entry: AccessLogEntry) {
        lines.append(contentsOf: entry.peer.host.utf8)
        lines.append(contentsOf: " - - [".utf8)
        lines.append(contentsOf: timestamp.common)
        lines.append(contentsOf: "] \"".utf8)
        if let head = entry.head {
            Self.appendEscaped(head.requestLineBytes, to: &lines)
        } else {
            lines.append(UInt8(ascii: "-"))
        }
        lines.append(contentsOf: "\" ".utf8)
        appendDecimal(entry.status, to: &lines)
        lines.append(UInt8(ascii: " "))
        appendDecimal(entry.contentLength, to: &lines)
    }

    private mutating func appendCombined(_ entry: AccessLogEntry) {
        appendCommon(entry)
        for name in [HTTPField.Name.referer, .userAgent] {
            lines.append(contentsOf: " \"".utf8)
            if let value = entry.head?.fields[name] {
                Self.appendEscaped(Array(value.utf8).span, to: &lines)
            } else {
                lines.append(UInt8(ascii: "-"))
            }
            lines.append(UInt8(ascii: "\""))
        }
    }

    private mutating func appendJSON(_ entry: AccessLogEntry) {
        lines.append(contentsOf: "{\"time\":\"".utf8)
        lines.append(contentsOf: timestamp.iso8601)
        lines.append(contentsOf: "\",\"peer\":\"".utf8)
        lines.append(contentsOf: entry.peer.host.utf8)
        lines.append(UInt8(ascii: "\""))
        if let head = entry.head {
            appendMember("method", head.method.rawValue)
            appendMember("target", head.target)
            appendMember("protocol", head.version == .http1_0 ? "HTTP/1.0" : "HTTP/1.1")
            if let host = head.authority?.host { appendMember("host", host) }
            if let referrer = head.fields[.referer] { appendMember("referrer", referrer) }
            if let agent = head.fields[.userAgent] { appendMember("user_agent", agent) }
        }
        lines.append(contentsOf: ",\"status\":".utf8)
        appendDecimal(entry.status, to: &lines)
        lines.append(contentsOf: ",\"bytes\":".utf8)
        appendDecimal(entry.contentLength, to: &lines)
        lines.append(contentsOf: ",\"duration_us\":".utf8)
        appendDecimal(Int(clamping: entry.duration.count / 1000), to: &lines)
        lines.append(UInt8(ascii: "}"))
    }

    private mutating func appendMember(_ name: StaticString, _ value: String) {
        lines.append(contentsOf: ",\"\(name)\":\"".utf8)
        for octet in value.utf8 {
            switch octet {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): lines.append(contentsOf: [UInt8(ascii: "\\"), octet])
            case ..<0x20, 0x7F:
                lines.append(contentsOf: "\\u00".utf8)
                Self.appendHex(octet, to: &lines)
            default: lines.append(octet)
            }
        }
        lines.append(UInt8(ascii: "\""))
    }

    /// A log line is read by terminals and programs: control characters, quotes, backslashes and octets outside ASCII
    /// are written as \xHH, so nothing a client sends can forge a line or steer a terminal.
    static func appendEscaped(_ text: Span<UInt8>, to output: inout [UInt8]) {
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
