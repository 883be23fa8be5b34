/// The cookies of a request: the pairs of its `Cookie` field (RFC 6265 §4.2, §5.4), in the order sent.
///
/// Reading never fails: what has no `=`, or nothing before it, is passed over. Values are as sent, quotes included; their
/// meaning is the program's (§4.2.2). A client sends the cookie with the longest path first. Nothing tells who set a
/// cookie: trust a value only if it is signed, or looked up.
public struct Cookies: Sendable, Sequence {
    /// One cookie.
    public typealias Element = (name: String, value: String)

    private let bytes: [UInt8]

    /// The cookies of a field value.
    public init(_ field: Span<UInt8>) {
        var bytes: [UInt8] = []
        bytes.append(copying: field)
        self.bytes = bytes
    }

    /// The cookies of a field value, several lines being joined by `; `.
    public init(_ field: String) {
        bytes = Array(field.utf8)
    }

    /// The value of the first cookie named `name`, with case; nil when there is none.
    public subscript(_ name: String) -> String? {
        for cookie in self where cookie.name == name { return cookie.value }
        return nil
    }

    /// The values of every cookie named `name`, in order.
    public func values(of name: String) -> [String] {
        filter { $0.name == name }.map(\.value)
    }

    /// The cookies from the first on.
    public func makeIterator() -> Iterator {
        Iterator(bytes: bytes)
    }

    /// Walks through the cookies.
    public struct Iterator: IteratorProtocol {
        fileprivate let bytes: [UInt8]
        private var position = 0

        fileprivate init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        /// The next cookie; nil at the end.
        public mutating func next() -> (name: String, value: String)? {
            while position < bytes.count {
                let start = position
                let end = bytes[start...].firstIndex(of: UInt8(ascii: ";")) ?? bytes.count
                position = end + 1
                guard let equals = bytes[start..<end].firstIndex(of: UInt8(ascii: "=")) else { continue }
                let name = text(start..<equals)
                if !name.isEmpty { return (name, text(equals + 1..<end)) }
            }
            return nil
        }

        /// The octets without white space at both ends (RFC 6265 §5.2, as clients read cookies).
        private func text(_ range: Range<Int>) -> String {
            let trimmed = bytes.span.extracting(range).trimmed
            return String(decoding: trimmed.indices.map { trimmed[$0] }, as: UTF8.self)
        }
    }
}
