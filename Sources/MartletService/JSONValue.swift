/// JSON (RFC 8259) that this program itself made: what the argument parser says of its options. It has no other way to say
/// it, and Foundation's coder would be the largest part of the program.
enum JSONValue: Equatable {
    case object([String: JSONValue])
    case array([JSONValue])
    case string(String)
    /// `true`, `null`, a number: as written.
    case word(String)

    /// - Returns: nil for what is no JSON.
    init?(_ text: String) {
        var reader = Reader(rest: Array(text.utf8)[...])
        guard let value = reader.value(depth: 0), reader.isAtEnd else { return nil }
        self = value
    }

    subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var isTrue: Bool { self == .word("true") }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return rest.isEmpty
            }
        }

        mutating func value(depth: Int) -> JSONValue? {
            guard depth < 32 else { return nil }
            skipSpace()
            switch rest.first {
            case UInt8(ascii: "{"): return object(depth: depth + 1)
            case UInt8(ascii: "["): return array(depth: depth + 1)
            case UInt8(ascii: "\""): return string().map(JSONValue.string)
            default:
                let word = rest.prefix { $0 > 0x20 && !",]}".utf8.contains($0) }
                rest = rest.dropFirst(word.count)
                return word.isEmpty ? nil : .word(String(decoding: word, as: UTF8.self))
            }
        }

        private mutating func skipSpace() {
            rest = rest.drop { $0 <= 0x20 }
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }

        private mutating func object(depth: Int) -> JSONValue? {
            var members: [String: JSONValue] = [:]
            guard take("{") else { return nil }
            if take("}") { return .object(members) }
            repeat {
                skipSpace()
                guard let key = string(), take(":"), let value = value(depth: depth) else { return nil }
                members[key] = value
            } while take(",")
            return take("}") ? .object(members) : nil
        }

        private mutating func array(depth: Int) -> JSONValue? {
            var elements: [JSONValue] = []
            guard take("[") else { return nil }
            if take("]") { return .array(elements) }
            repeat {
                guard let value = value(depth: depth) else { return nil }
                elements.append(value)
            } while take(",")
            return take("]") ? .array(elements) : nil
        }

        private mutating func string() -> String? {
            guard take("\"") else { return nil }
            var octets: [UInt8] = []
            while let octet = rest.popFirst() {
                switch octet {
                case UInt8(ascii: "\""): return String(decoding: octets, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let character = escaped() else { return nil }
                    octets += Array(String(character).utf8)
                default: octets.append(octet)
                }
            }
            return nil
        }

        private static let escapes: [UInt8: Unicode.Scalar] = [
            UInt8(ascii: "n"): "\n", UInt8(ascii: "t"): "\t", UInt8(ascii: "r"): "\r", UInt8(ascii: "b"): "\u{8}",
            UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/",
        ]

        /// What follows a backslash. Pairs of surrogates are none of ours: the coder writes UTF-8.
        private mutating func escaped() -> Unicode.Scalar? {
            guard let octet = rest.popFirst() else { return nil }
            guard octet == UInt8(ascii: "u") else { return Self.escapes[octet] }
            let digits = rest.prefix(4)
            rest = rest.dropFirst(digits.count)
            guard digits.count == 4, let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
                return nil
            }
            return Unicode.Scalar(code)
        }
    }
}
