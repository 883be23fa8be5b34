/// What the reference parser makes of some octets.
public enum Reading<Value: Equatable & Sendable>: Equatable, Sendable {
    /// It is complete, and took so many octets.
    case complete(Value, octets: Int)
    /// More octets are needed.
    case incomplete
    /// More would be needed, but nothing can make it valid: a parser may refuse now or later.
    case doomed(String)
    /// It is invalid, and every parser has to say so now.
    case refused(String)
}

/// A field line: the name as it came, the value without white space around it.
public struct ReferenceField: Equatable, Sendable, CustomStringConvertible {
    /// The name as it came.
    public var name: String
    /// The value; octets that are not UTF-8 read as U+FFFD.
    public var value: String

    /// `name: value`.
    public var description: String { "\(name): \(value)" }
}

/// A request head, read line by line with the grammar: slow, and by other means than `RequestParser`.
public struct ReferenceHead: Equatable, Sendable {
    /// How content is framed.
    public enum Framing: Equatable, Sendable {
        /// There is none.
        case none
        /// So many octets.
        case length(Int)
        /// In chunks.
        case chunked
    }

    /// The method.
    public var method = ""
    /// The target as it came.
    public var target = ""
    /// The minor version that counts: 0 or 1.
    public var minorVersion = 1
    /// The field lines.
    public var fields: [ReferenceField] = []
    /// How content is framed.
    public var framing = Framing.none
    /// Whether the connection may stay open.
    public var wantsKeepAlive = true
    /// Whether the client waits for 100 (Continue).
    public var expectsContinue = false
    /// Whether Expect names something else.
    public var hasUnknownExpectation = false

    /// The limits that Martlet has by default.
    static let (emptyLines, methodLength, lineLength, headLength, fieldCount) = (8, 32, 8192, 65_536, 100)

    /// Reads the head at the beginning of `octets`.
    public static func read(_ octets: [UInt8]) -> Reading<ReferenceHead> {
        var lines = Lines(octets)
        for _ in 0..<emptyLines where lines.startsEmpty { lines.skip() }
        if lines.startsEmpty { return .refused("more than 8 empty lines") }
        guard let requestRow = lines.next() else {
            if lines.rest.isEmpty || lines.rest == [0x0D] { return .incomplete }
            let isTooLong = lines.rest.count > lineLength + 1 || lines.rest.prefix { $0 != 0x20 }.count > methodLength
            return isTooLong ? .doomed("too long") : lines.prospect(of: "request-row")
        }
        var head = ReferenceHead()
        if let fault = head.takeRequestRow(requestRow) { return .refused(fault) }
        while let row = lines.next() {
            guard lines.position <= headLength else { return .refused("a head of more than 64 KiB") }
            if row.count == 2 {
                if let fault = head.settle() { return .refused(fault) }
                return .complete(head, octets: lines.position)
            }
            guard let field = ReferenceField(row: row) else { return .refused("no field line: \(row.text)") }
            head.fields.append(field)
            guard head.fields.count <= fieldCount else { return .refused("more than 100 fields") }
        }
        if octets.count >= headLength { return .refused("a head of more than 64 KiB") }
        if head.settle(isComplete: false) != nil { return .doomed("fields that go together with no others") }
        return lines.rest.isEmpty ? .incomplete : lines.prospect(of: "field-row")
    }

    /// Takes the request line, CRLF included; what is wrong with it.
    private mutating func takeRequestRow(_ row: [UInt8]) -> String? {
        guard row.count <= Self.lineLength + 2 else { return "a request line of more than 8 KiB" }
        let wanted: Set = ["method", "request-target", "HTTP-version"]
        guard let parts = Grammar.http.parts(wanted, of: "request-row", in: row) else {
            return "no request line: \(row.text)"
        }
        method = parts[0].octets.text
        let target = parts[1].octets
        self.target = target.text
        let version = parts[2].octets.text
        guard method.utf8.count <= Self.methodLength else { return "a long method" }
        guard version.hasPrefix("HTTP/1.") else { return "version \(version)" }
        minorVersion = version == "HTTP/1.0" ? 0 : 1
        return Self.fault(inTarget: target, of: method)
    }

    private static func fault(inTarget target: [UInt8], of method: String) -> String? {
        func isForm(_ rule: String) -> Bool { Grammar.http.match(rule, target) == .whole }
        if method == "CONNECT" {
            return isForm("authority-form") && hasPossiblePort(target) ? nil : "CONNECT \(target.text)"
        }
        if isForm("asterisk-form") { return method == "OPTIONS" ? nil : "* with \(method)" }
        let http = Grammar.http
        let form = isForm("origin-form") ? "origin-form" : "absolute-form"
        guard let parts = http.parts(["Host", "path-abempty", "absolute-path"], of: form, in: target) else {
            return "\(target.text) with \(method)"
        }
        for (rule, octets) in parts {
            if rule == "Host", !hasPossiblePort(octets) { return "a port that is none" }
            if rule != "Host", octets.text.contains("%00") { return "%00 in a path" }
        }
        return nil
    }

    /// Whether the port of `host:port`, if there is one, is at most 65535.
    static func hasPossiblePort(_ authority: [UInt8]) -> Bool {
        guard let colon = authority.lastIndex(of: UInt8(ascii: ":")), authority.last != UInt8(ascii: "]") else {
            return true
        }
        let digits = authority[(colon + 1)...].drop { $0 == UInt8(ascii: "0") }
        return digits.isEmpty || Int(Array(digits).text).map { $0 <= 65_535 } ?? false
    }
}

// MARK: - What the fields mean together

extension ReferenceHead {
    /// The values of all fields of a name, given in lower case.
    public func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// The elements of a list without quoted strings, in lower case.
    private func elements(_ name: String) -> [String] {
        values(name).flatMap { $0.split(separator: ",") }
            .map { $0.trimmingWhitespace().lowercased() }
            .filter { !$0.isEmpty }
    }

    /// Says what is wrong with the fields, as far as they are there; decides framing and persistence.
    private mutating func settle(isComplete: Bool = true) -> String? {
        let hosts = values("host")
        if hosts.count > 1 { return "\(hosts.count) Host fields" }
        if hosts.isEmpty, isComplete, minorVersion == 1 { return "no Host" }
        if let host = hosts.first.map({ Array($0.utf8) }), !host.isEmpty {
            let isValid = Grammar.http.match("Host", host) == .whole && Self.hasPossiblePort(host)
            if !isValid { return "Host \(host.text)" }
        }
        if let fault = settleFraming(isComplete: isComplete) { return fault }
        let options = elements("connection")
        wantsKeepAlive = !options.contains("close") && (minorVersion == 1 || options.contains("keep-alive"))
        let expectations = elements("expect")
        expectsContinue = expectations.contains("100-continue") && minorVersion == 1 && framing != .none
        hasUnknownExpectation = expectations.contains { $0 != "100-continue" }
        return nil
    }

    private mutating func settleFraming(isComplete: Bool) -> String? {
        let (lengths, codings) = (values("content-length"), values("transfer-encoding"))
        if lengths.count > 1 { return "\(lengths.count) Content-Length fields" }
        if let length = lengths.first {
            guard Grammar.http.match("Content-Length", Array(length.utf8)) == .whole, let count = Int(length) else {
                return "Content-Length \(length)"
            }
            framing = count == 0 ? .none : .length(count)
        }
        guard !codings.isEmpty else { return nil }
        if minorVersion == 0 { return "Transfer-Encoding in HTTP/1.0" }
        if !lengths.isEmpty { return "Content-Length and Transfer-Encoding" }
        if codings.contains(where: { $0.contains("\t") }) { return "a tab in Transfer-Encoding" }
        let elements = elements("transfer-encoding")
        if elements != ["chunked"], isComplete || !elements.isEmpty { return "codings \(elements)" }
        framing = .chunked
        return nil
    }
}

extension ReferenceField {
    /// Reads a field line with its CRLF; nil if it is none.
    init?(row: [UInt8]) {
        guard let parts = Grammar.http.parts(["field-name", "field-value"], of: "field-row", in: row), parts.count == 2
        else { return nil }
        name = parts[0].octets.text
        value = parts[1].octets.text
    }
}

/// Octets, line by line.
struct Lines {
    let octets: [UInt8]
    /// Where the next line begins.
    private(set) var position: Int

    init(_ octets: [UInt8], from position: Int = 0) {
        self.octets = octets
        self.position = position
    }

    /// What no line was taken of.
    var rest: [UInt8] { Array(octets[position...]) }

    /// Whether an empty line comes next.
    var startsEmpty: Bool { octets[position...].starts(with: [0x0D, 0x0A]) }

    /// Passes over an empty line.
    mutating func skip() { position += 2 }

    /// The next line with its CRLF; nil where none ends.
    mutating func next() -> [UInt8]? {
        var index = position
        while index + 1 < octets.count {
            if octets[index] == 0x0D, octets[index + 1] == 0x0A {
                defer { position = index + 2 }
                return Array(octets[position..<index + 2])
            }
            index += 1
        }
        return nil
    }

    /// What can become of the rest, which is a part of what `rule` describes, or not.
    func prospect<Value>(of rule: String) -> Reading<Value> {
        Grammar.http.match(rule, rest) == .beginning ? .incomplete : .doomed("no \(rule): \(rest.text)")
    }
}

extension [UInt8] {
    /// As text; what is not UTF-8 reads as U+FFFD.
    var text: String { String(decoding: self, as: UTF8.self) }
}

extension Substring {
    fileprivate func trimmingWhitespace() -> Substring {
        var trimmed = drop { $0 == " " || $0 == "\t" }
        while trimmed.last == " " || trimmed.last == "\t" { trimmed.removeLast() }
        return trimmed
    }
}
