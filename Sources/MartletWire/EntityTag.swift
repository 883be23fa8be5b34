/// An entity tag (RFC 9110 §8.8.3): the name of one state of a representation.
public struct EntityTag: Sendable, Hashable {
    /// Whether the tag has the `W/` mark: equal tags then mean equivalent, not identical, content.
    public let isWeak: Bool
    /// The octets between the quotes: `%x21`, `%x23-7E` and `%x80-FF` only.
    public let opaque: [UInt8]

    /// The tag that `value` spells, quotes and `W/` included; nil when it is not wholly one.
    public init?(parsing value: Span<UInt8>) {
        var scanner = ValueScanner(value)
        guard let tag = scanner.entityTag(), scanner.isAtEnd else { return nil }
        self.init(isWeak: tag.isWeak, unchecked: tag.opaque.map { value[$0] })
    }

    /// A strong tag of `text`, given without quotes. Octets that a tag cannot hold, and `%` and the backslash, are
    /// written as `%XX`: different texts give different tags.
    public init(strong text: String) {
        self.init(isWeak: false, unchecked: Self.escaped(text))
    }

    /// A weak tag of `text`; see `init(strong:)`.
    public init(weak text: String) {
        self.init(isWeak: true, unchecked: Self.escaped(text))
    }

    /// A strong tag of numbers, such as inode, size and modification time: hexadecimal, joined by `-`.
    public init(strong numbers: [UInt]) {
        var opaque: [UInt8] = []
        opaque.reserveCapacity(17 * numbers.count)
        for number in numbers {
            if !opaque.isEmpty { opaque.append(UInt8(ascii: "-")) }
            appendHexadecimal(number, to: &opaque)
        }
        self.init(isWeak: false, unchecked: opaque)
    }

    private init(isWeak: Bool, unchecked opaque: [UInt8]) {
        self.isWeak = isWeak
        self.opaque = opaque
    }

    /// Strong comparison (RFC 9110 §8.8.3.2): equal, and neither is weak.
    public func stronglyMatches(_ other: EntityTag) -> Bool {
        !isWeak && !other.isWeak && opaque == other.opaque
    }

    /// Weak comparison (RFC 9110 §8.8.3.2): equal, whatever the `W/` marks.
    public func weaklyMatches(_ other: EntityTag) -> Bool {
        opaque == other.opaque
    }

    /// The tag of the same state in another form, such as a compressed one: `suffix` is added to the opaque part. It holds
    /// only octets that a tag can hold.
    package func adding(_ suffix: String) -> EntityTag {
        EntityTag(isWeak: isWeak, unchecked: opaque + Array(suffix.utf8))
    }

    /// The tag that ``adding(_:)`` made this one of; nil when this one does not end so.
    package func removing(_ suffix: String) -> EntityTag? {
        let end = suffix.utf8
        guard opaque.count >= end.count, opaque.suffix(end.count).elementsEqual(end) else { return nil }
        return EntityTag(isWeak: isWeak, unchecked: Array(opaque.dropLast(end.count)))
    }

    /// The tags of a list such as that of If-None-Match, in order. What is none is left out, `*` too.
    package static func list(in field: Span<UInt8>) -> [EntityTag] {
        var tags: [EntityTag] = []
        var scanner = ValueScanner(field)
        while scanner.nextMember() {
            let start = scanner.position
            guard let tag = scanner.entityTag(), scanner.endsMember() else {
                scanner.skipMember(from: start)
                continue
            }
            tags.append(EntityTag(isWeak: tag.isWeak, unchecked: tag.opaque.map { field[$0] }))
        }
        return tags
    }

    /// Appends the tag as a field spells it, with quotes and `W/`.
    public func append(to output: inout [UInt8]) {
        if isWeak { output.append("W/") }
        output.append(UInt8(ascii: "\""))
        output.append(contentsOf: opaque)
        output.append(UInt8(ascii: "\""))
    }

    private static func escaped(_ text: String) -> [UInt8] {
        var opaque: [UInt8] = []
        for octet in text.utf8 {
            if ValueScanner.isEntityTagOctet(octet), octet != UInt8(ascii: "%"), octet != UInt8(ascii: "\\") {
                opaque.append(octet)
            } else {
                PercentEncoding.appendTriplet(octet, to: &opaque)
            }
        }
        return opaque
    }
}

extension EntityTag: CustomStringConvertible {
    /// The tag as a field spells it, such as `W/"33a64df5"`.
    public var description: String {
        var output: [UInt8] = []
        append(to: &output)
        return String(decoding: output, as: UTF8.self)
    }
}

extension ValueScanner {
    /// Steps over an entity-tag; nil, with the cursor anywhere, when there is none. A backslash in it escapes nothing.
    mutating func entityTag() -> (isWeak: Bool, opaque: Range<Int>)? {
        let isWeak = consume(UInt8(ascii: "W"))
        if isWeak, !consume(UInt8(ascii: "/")) { return nil }
        guard consume(UInt8(ascii: "\"")) else { return nil }
        let start = position
        position = bytes.first(from: start) { word in
            ~(word.isIn(0x21...0x7E) | word.isNotASCII) | word.equals(UInt8(ascii: "\"")) & ~word.isNotASCII
        }
        let opaque = start..<position
        return consume(UInt8(ascii: "\"")) ? (isWeak, opaque) : nil
    }

    /// `etagc` of RFC 9110 §8.8.3.
    static func isEntityTagOctet(_ octet: UInt8) -> Bool {
        octet >= 0x21 && octet != UInt8(ascii: "\"") && octet != 0x7F
    }
}
