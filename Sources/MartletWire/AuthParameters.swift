/// The parameters of credentials, of a challenge or of `Authentication-Info` (RFC 9110 §11.2): each name once at most,
/// compared without case.
public struct AuthParameters: Sendable, Equatable {
    /// A parameter's value, without quotes and backslashes. Quoted or not, it means the same (§11.2); how it stands there
    /// matters to who reads what Martlet sends.
    public struct Value: Sendable, Equatable {
        /// The octets, which need not be UTF-8.
        public let octets: [UInt8]
        /// Whether it is, or is to be, in quotes.
        public let isQuoted: Bool

        /// The octets as text; nil when they are not UTF-8.
        public var text: String? { String(validating: octets, as: UTF8.self) }
    }

    private struct Member: Sendable, Equatable {
        let name: String
        /// The name in lower case.
        let key: String
        let value: Value
    }

    private var members: [Member] = []

    /// Makes none.
    public init() {}

    /// The parameters that `value` spells, as in `Authentication-Info`; nil when it is not wholly that, or has one twice or
    /// more than `limit`.
    public init?(parsing value: Span<UInt8>, limit: Int = AuthorizationField.parameterLimit) {
        var scanner = ValueScanner(value)
        self.init(&scanner, limit: limit)
    }

    /// Reads a list of parameters to the end; nil when that cannot be, or there is none.
    init?(_ scanner: inout ValueScanner, limit: Int) {
        while scanner.nextMember() {
            let name = scanner.token()
            guard !name.isEmpty, members.count < limit else { return nil }
            scanner.skipWhitespace()
            guard scanner.consume(UInt8(ascii: "=")) else { return nil }
            scanner.skipWhitespace()
            let isQuoted = scanner.current == UInt8(ascii: "\"")
            let octets: [UInt8]
            if isQuoted {
                guard let quoted = scanner.quotedString() else { return nil }
                octets = quoted
            } else {
                let token = scanner.token()
                guard !token.isEmpty else { return nil }
                octets = token.map { scanner.bytes[$0] }
            }
            guard scanner.endsMember() else { return nil }
            let key = scanner.lowercasedString(name)
            guard !members.contains(where: { $0.key == key }) else { return nil }
            members.append(Member(name: key, key: key, value: Value(octets: octets, isQuoted: isQuoted)))
        }
        if members.isEmpty { return nil }
    }

    /// How many there are.
    public var count: Int { members.count }

    /// The names, in lower case where they were read, in order.
    public var names: [String] { members.map(\.name) }

    /// The value of a parameter; nil where there is none of this name, which is compared without case.
    public subscript(_ name: String) -> Value? {
        let key = name.lowercased()
        return members.first { $0.key == key }?.value
    }

    /// Sets a parameter to a quoted-string, in place of another of its name. Control characters, which none can hold, become
    /// spaces.
    public mutating func quote(_ name: String, _ value: String) {
        quote(name, octets: Array(value.utf8))
    }

    /// The same for octets that need not be UTF-8.
    public mutating func quote(_ name: String, octets: [UInt8]) {
        set(name, Value(octets: octets.map { OctetSet.isText($0) ? $0 : 0x20 }, isQuoted: true))
    }

    /// Sets a parameter to a token, in place of another of its name; to a quoted-string when `value` is no token.
    public mutating func set(_ name: String, _ value: String) {
        let octets = Array(value.utf8)
        guard !octets.isEmpty, octets.allSatisfy({ OctetSet.token.contains($0) }) else { return quote(name, value) }
        set(name, Value(octets: octets, isQuoted: false))
    }

    private mutating func set(_ name: String, _ value: Value) {
        precondition(
            !name.isEmpty && name.utf8.allSatisfy { OctetSet.token.contains($0) },
            "AuthParameters: \"\(name)\" is no token"
        )
        let member = Member(name: name, key: name.lowercased(), value: value)
        if let index = members.firstIndex(where: { $0.key == member.key }) {
            members[index] = member
        } else {
            members.append(member)
        }
    }

    /// As they stand in a field: `realm="a", qop=auth`.
    public var fieldValue: [UInt8] {
        var text: [UInt8] = []
        for member in members {
            if !text.isEmpty { text.append(", ") }
            text += Array(member.name.utf8)
            text.append(UInt8(ascii: "="))
            guard member.value.isQuoted else {
                text += member.value.octets
                continue
            }
            text.append(UInt8(ascii: "\""))
            for octet in member.value.octets {
                if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
                text.append(octet)
            }
            text.append(UInt8(ascii: "\""))
        }
        return text
    }
}

extension AuthParameters: CustomStringConvertible, CustomReflectable {
    /// The names alone: values may be secret.
    public var description: String { "(\(names.joined(separator: ", ")): not shown)" }
    /// Without children, for the same reason.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
