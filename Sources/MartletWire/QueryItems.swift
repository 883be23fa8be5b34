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
        private var position = 0

        fileprivate init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        /// The next item; nil at the end.
        public mutating func next() -> (name: String, value: String)? {
            while position < bytes.count {
                let start = position
                let end = bytes[start...].firstIndex(of: UInt8(ascii: "&")) ?? bytes.count
                position = end + 1
                if end > start { return item(start..<end) }
            }
            return nil
        }

        private func item(_ range: Range<Int>) -> (name: String, value: String) {
            let equals = bytes[range].firstIndex(of: UInt8(ascii: "=")) ?? range.upperBound
            let value = Swift.min(equals + 1, range.upperBound)..<range.upperBound
            return (decoded(range.lowerBound..<equals), decoded(value))
        }

        private func decoded(_ range: Range<Int>) -> String {
            let text = bytes.span.extracting(range)
            var output: [UInt8] = []
            output.reserveCapacity(range.count)
            var index = 0
            while index < text.count {
                if let octet = PercentEncoding.triplet(text, at: index) {
                    output.append(octet)
                    index += 3
                } else {
                    output.append(text[index] == UInt8(ascii: "+") ? UInt8(ascii: " ") : text[index])
                    index += 1
                }
            }
            return String(decoding: output, as: UTF8.self)
        }
    }
}
