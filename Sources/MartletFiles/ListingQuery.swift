import MartletWire

/// What the query of a listing's URI asks for: `?sort=size&order=desc&after=f1024.report.txt`.
///
/// `sort` is `name`, `size` or `date` (default `name`), `order` is `asc` or `desc` (default `asc`), and `after` is the
/// key of the last entry of the page before, percent-encoded.
public struct ListingQuery: Sendable, Hashable {
    /// The order of the listing.
    public var order: ListingOrder
    /// The page begins after this key; `nil` for the first page.
    public var after: ListingKey?

    /// Makes a query for the first page, or the one after a key.
    public init(order: ListingOrder = ListingOrder(), after: ListingKey? = nil) {
        self.order = order
        self.after = after
    }

    /// Reads the query of a request target, without the question mark.
    ///
    /// Names that are not ours are passed over, since anybody may add some to a link.
    ///
    /// - Returns: `nil` where one of ours has a value that makes no sense, which wants a 400: starting again at the first
    ///   page would send a client that follows `next` round in circles.
    public init?(query: some Collection<UInt8>) {
        self.init()
        for parameter in query.split(separator: UInt8(ascii: "&")) {
            let parts = parameter.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first, let value = parts.last, parts.count == 2 else {
                continue
            }
            switch String(decoding: name, as: UTF8.self) {
            case "sort":
                guard let property = ListingOrder.Property(rawValue: String(decoding: value, as: UTF8.self)) else {
                    return nil
                }
                order.property = property
            case "order":
                guard let direction = ListingOrder.Direction(rawValue: String(decoding: value, as: UTF8.self)) else {
                    return nil
                }
                order.direction = direction
            case "after":
                guard let key = PercentEncoding.decode(Array(value).span).flatMap(ListingKey.init(text:)) else {
                    return nil
                }
                after = key
            default:
                break
            }
        }
    }

    /// Appends the query with its question mark. Nothing in it needs escaping in HTML or JSON but the `&`, which is
    /// written as `separator` says.
    func append(to bytes: inout [UInt8], separator: String = "&") {
        bytes.append("?sort=")
        bytes.append(contentsOf: order.property.rawValue.utf8)
        bytes.append(contentsOf: separator.utf8)
        bytes.append("order=")
        bytes.append(contentsOf: order.direction.rawValue.utf8)
        if let after {
            var text: [UInt8] = []
            after.append(to: &text)
            bytes.append(contentsOf: separator.utf8)
            bytes.append("after=")
            PercentEncoding.appendSegment(text, to: &bytes)
        }
    }
}
