public import HTTPTypes

/// The field lines of a request, a response or a trailer section, kept as the bytes they have on the wire.
///
/// A table of offsets says where names and values stand; a `String` is built only when asked for. Names compare without
/// regard to case and keep the case they came in (RFC 9110 §5.1), lines keep their order.
///
/// No bytes given to `append` or the subscript can end a line early or add one: CR, LF, NUL and the other controls but
/// HTAB are replaced by SP, and white space at the ends of a value is dropped (RFC 9110 §5.5). Use `isValidValue` first
/// to refuse such a value instead. Bytes that are not ASCII are kept as they are.
public struct Fields: Sendable {
    /// The field lines, each with its CRLF.
    var bytes = Refillable<UInt8>()
    /// Where names and values stand in `bytes`, in order.
    var lines = Refillable<FieldLine>()
    /// Whether `bytes` is just what `write(into:)` has to write: `Name: value` CRLF for each line.
    var isCanonical = true

    /// Makes an empty set of fields; allocates nothing.
    public init() {}

    /// Makes a set of one field line; see `append`.
    public init(_ name: HTTPField.Name, _ value: String) {
        append(name, value)
    }

    /// The number of field lines.
    public var count: Int { lines.count }

    /// Whether there are no field lines.
    public var isEmpty: Bool { lines.isEmpty }

    /// Makes room for `lines` lines of `bytes` octets in all, four octets a line (`: ` and CRLF) included.
    public mutating func reserveCapacity(bytes: Int, lines: Int) {
        self.bytes.reserveCapacity(bytes)
        self.lines.reserveCapacity(lines)
    }

    /// Removes every line, and keeps the memory they had if `keepingCapacity` is true.
    public mutating func removeAll(keepingCapacity: Bool) {
        guard keepingCapacity else {
            self = Fields()
            return
        }
        bytes.removeAll()
        lines.removeAll()
        isCanonical = true
    }
}

// MARK: - Reading

extension Fields {
    /// The value of the field `name`: its lines joined in order by `, ` (RFC 9110 §5.3), by `; ` for Cookie; nil if there
    /// is none. Setting replaces all its lines by one at the end; setting nil removes them.
    ///
    /// Set-Cookie is the one field whose lines must not be joined: use `values(of:)` and `append` for it. Bytes that are
    /// not UTF-8 read as U+FFFD; `first(_:)` has them as they came.
    public subscript(_ name: HTTPField.Name) -> String? {
        get {
            guard var index = firstIndex(of: name.canonicalName) else { return nil }
            var value = String(decoding: bytes[lines[index].value], as: UTF8.self)
            let separator = name == .cookie ? "; " : ", "
            while let next = firstIndex(of: name.canonicalName, from: index + 1) {
                value += separator
                value += String(decoding: bytes[lines[next].value], as: UTF8.self)
                index = next
            }
            return value
        }
        set {
            remove(name)
            if let newValue {
                append(name, newValue)
            }
        }
    }

    /// As the subscript, in octets: what the parsers of lists read.
    package func combined(_ name: HTTPField.Name) -> [UInt8]? {
        self[name].map { Array($0.utf8) }
    }

    /// The values of the field `name`, one for each line, in order; empty if there is none.
    public func values(of name: HTTPField.Name) -> [String] {
        var values: [String] = []
        var start = 0
        while let index = firstIndex(of: name.canonicalName, from: start) {
            values.append(String(decoding: bytes[lines[index].value], as: UTF8.self))
            start = index + 1
        }
        return values
    }

    /// Whether there is a line with this name.
    public func contains(_ name: HTTPField.Name) -> Bool {
        firstIndex(of: name.canonicalName) != nil
    }

    /// Whether there is a line that says how this very message is sent, which the server has to know: Connection,
    /// Content-Length, Date, Keep-Alive, Proxy-Connection, Server, Transfer-Encoding or Upgrade; or Close, a name that none
    /// may have (RFC 9112 §9.6). Cheap: it looks closer only at names of these lengths.
    public var hasMessageFields: Bool {
        for line in lines {
            let name: String
            switch line.name.count {
            case 4: name = "date"
            case 5: name = "close"
            case 6: name = "server"
            case 7: name = "upgrade"
            case 10: name = bytes[line.name.lowerBound] | 0x20 == UInt8(ascii: "k") ? "keep-alive" : "connection"
            case 14: name = "content-length"
            case 16: name = "proxy-connection"
            case 17: name = "transfer-encoding"
            default: continue
            }
            if bytes.span.extracting(line.name).equals(ignoringCase: name) { return true }
        }
        return false
    }

    /// The value of the first line with this name, as the bytes it came in without white space at its ends; nil if there
    /// is none. Borrowed from these fields: no copy is made.
    @_lifetime(borrow self)
    public func first(_ name: HTTPField.Name) -> Span<UInt8>? {
        first(named: name.canonicalName)
    }

    /// The value of the first line named `lowercase`, as `first(_:)` gives it: for names that HTTPTypes withholds.
    @_lifetime(borrow self)
    func first(named lowercase: String) -> Span<UInt8>? {
        guard let index = firstIndex(of: lowercase) else { return nil }
        return bytes.span.extracting(lines[index].value)
    }

    /// The index of the first line at or after `start` with the name that reads `lowercase` in lower case.
    func firstIndex(of lowercase: String, from start: Int = 0) -> Int? {
        let count = lowercase.utf8.count
        var index = start
        while index < lines.count {
            let name = lines[index].name
            if name.count == count, bytes.span.extracting(name).equals(ignoringCase: lowercase) {
                return index
            }
            index += 1
        }
        return nil
    }
}

// MARK: - Writing

extension Fields {
    /// Adds a line at the end, whatever lines of that name there are.
    ///
    /// The value is cleaned as the type's description says. A pseudo field name of HTTP/2 (`:path`) is no field name and
    /// adds nothing. All fields together must stay below 4 GiB.
    public mutating func append(_ name: HTTPField.Name, _ value: String) {
        append(name, value.utf8.span)
    }

    /// Adds a line at the end, whatever lines of that name there are; see the overload that takes a `String`.
    public mutating func append(_ name: HTTPField.Name, _ value: [UInt8]) {
        append(name, value.span)
    }

    /// Adds a line at the end, whatever lines of that name there are; see the overload that takes a `String`.
    public mutating func append(_ name: HTTPField.Name, _ value: Span<UInt8>) {
        let rawName = name.rawName.utf8.span
        guard !rawName.isEmpty, rawName[0] != UInt8(ascii: ":") else { return }
        append(rawName, value.extracting(Self.kept(of: value)))
    }

    /// Adds the lines of `other` at the end, in order.
    public mutating func append(contentsOf other: Fields) {
        let octets = other.bytes.span
        for index in other.lines.indices {
            let line = other.lines[index]
            append(octets.extracting(line.name), octets.extracting(line.value))
        }
    }

    private mutating func append(_ rawName: Span<UInt8>, _ value: Span<UInt8>) {
        lines.append(FieldLine(start: bytes.count, nameCount: rawName.count, valueCount: value.count))
        bytes.append(copying: rawName)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(UInt8(ascii: " "))
        if firstControl(in: value, from: 0, to: value.count) == value.count {
            bytes.append(copying: value)
        } else {
            for index in value.indices {
                bytes.append(Self.isAllowed(value[index]) ? value[index] : UInt8(ascii: " "))
            }
        }
        bytes.append(0x0D)
        bytes.append(0x0A)
    }

    /// Whether `value` can be a field value as it is: no control but HTAB in it, no white space at its ends
    /// (RFC 9110 §5.5). The empty value is valid.
    public static func isValidValue(_ value: String) -> Bool {
        let octets = value.utf8.span
        guard kept(of: octets).count == octets.count else { return false }
        for index in octets.indices where !isAllowed(octets[index]) {
            return false
        }
        return true
    }

    /// Appends every line as `Name: value` CRLF to `output`, without the empty line that ends a head.
    public func write(into output: inout [UInt8]) {
        if isCanonical {
            output.append(copying: bytes.span)
            return
        }
        for line in lines {
            output.append(copying: bytes.span.extracting(line.name))
            output.append(UInt8(ascii: ":"))
            output.append(UInt8(ascii: " "))
            output.append(copying: bytes.span.extracting(line.value))
            output.append(0x0D)
            output.append(0x0A)
        }
    }

    /// Removes the lines with this name.
    private mutating func remove(_ name: HTTPField.Name) {
        guard contains(name) else { return }
        var kept = Fields()
        kept.reserveCapacity(bytes: bytes.count, lines: lines.count)
        let removed = name.canonicalName
        for line in lines where !bytes.span.extracting(line.name).equals(ignoringCase: removed) {
            kept.append(bytes.span.extracting(line.name), bytes.span.extracting(line.value))
        }
        self = kept
    }

    /// The part of `value` without white space, and controls that would become white space, at its ends.
    private static func kept(of value: Span<UInt8>) -> Range<Int> {
        var start = 0
        var end = value.count
        while start < end, value[start] <= 0x20 || value[start] == 0x7F { start += 1 }
        while end > start, value[end - 1] <= 0x20 || value[end - 1] == 0x7F { end -= 1 }
        return start..<end
    }

    private static func isAllowed(_ octet: UInt8) -> Bool {
        octet >= 0x20 && octet != 0x7F || octet == 0x09
    }
}

// MARK: - Iterating

extension Fields: Sequence {
    /// Makes an iterator over the lines in order, each with its name in the case it came in.
    public func makeIterator() -> Iterator {
        Iterator(fields: self)
    }

    /// The number of field lines.
    public var underestimatedCount: Int { lines.count }

    /// Walks over field lines; builds two strings for each.
    public struct Iterator: IteratorProtocol, Sendable {
        private let fields: Fields
        private var index = 0

        init(fields: Fields) {
            self.fields = fields
        }

        /// The next line's name and value, or nil after the last.
        public mutating func next() -> (name: String, value: String)? {
            guard index < fields.lines.count else { return nil }
            let line = fields.lines[index]
            index += 1
            return (
                String(decoding: fields.bytes[line.name], as: UTF8.self),
                String(decoding: fields.bytes[line.value], as: UTF8.self)
            )
        }
    }
}
