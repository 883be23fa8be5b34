/// The names and values of a query string or of an `application/x-www-form-urlencoded` body, decoded.
///
/// The rules are those of the WHATWG URL Standard, section 5.1: items are split at `&` and at the first `=`, `+` is a
/// space, `%XX` an octet, a `%` without two hexadecimal digits itself, and the octets are UTF-8 with U+FFFD for what is
/// not. Items without a single octet are left out. Nothing is decoded until asked for.
public struct QueryItems: Sendable, Sequence {
    /// One item.
    public typealias Element = (name: String, value: String)

    private let bytes: [UInt8]

    /// The items of `query`, given without its `?`.
    public init(_ query: [UInt8]) {
        bytes = query
    }

    /// The items of `query`, given without its `?`; the octets are copied.
    public init(_ query: Span<UInt8>) {
        bytes = query.indices.map { query[$0] }
    }

    /// The items of `query`, given without its `?`.
    public init(_ query: String) {
        bytes = Array(query.utf8)
    }

    /// The value of the first item named `name`; nil when there is none.
    public subscript(_ name: String) -> String? {
        for item in self where item.name == name { return item.value }
        return nil
    }

    /// The values of every item named `name`, in order.
    public func values(of name: String) -> [String] {
        filter { $0.name == name }.map(\.value)
    }

    /// The items from the first on.
    public func makeIterator() -> Iterator {
        Iterator(bytes: bytes)
    }

    /// Walks through the items.
    public struct Iterator: IteratorProtocol {
        fileprivate let bytes: [UInt8]
        private var list = ItemList()

        fileprivate init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        /// The next item; nil at the end.
        public mutating func next() -> (name: String, value: String)? {
            let bytes = bytes
            guard let item = list.next(in: bytes.span) else { return nil }
            return (decoded(item.name), decoded(item.value))
        }

        private func decoded(_ range: Range<Int>) -> String {
            let octets = bytes.span.extracting(range)
            guard PercentEncoding.isEncodedItem(octets) else { return String(decoding: bytes[range], as: UTF8.self) }
            var output: [UInt8] = []
            PercentEncoding.appendDecodedItem(octets, to: &output)
            return String(decoding: output, as: UTF8.self)
        }
    }
}

/// The items of a query or form, one after the other: where their names and values stand.
struct ItemList {
    private var position = 0

    /// The bounds in `octets` of the next item that is not empty, or nil after the last.
    mutating func next(in octets: Span<UInt8>) -> (name: Range<Int>, value: Range<Int>)? {
        while position < octets.count {
            let start = position
            let end = octets.firstIndex(of: UInt8(ascii: "&"), from: start)
            position = end + 1
            if end > start {
                let equals = octets.extracting(0..<end).firstIndex(of: UInt8(ascii: "="), from: start)
                return (start..<equals, min(equals + 1, end)..<end)
            }
        }
        return nil
    }
}
