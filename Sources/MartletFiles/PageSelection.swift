/// Finds one page of a directory's entries while they are read in any order, in memory for about two pages.
///
/// Offer every entry, then read `page`. In the order of names only the name and the kind of an entry are looked at, so a
/// scanner may offer entries whose size and time it does not know yet and ask for those of the chosen ones alone.
public struct PageSelection: Sendable {
    /// The most entries that a page may have.
    public static let maximumLimit = 1_000

    /// The entries of the page in order, and whether others come after them.
    public struct Page: Sendable, Hashable {
        /// At most `limit` entries, in the order of the listing.
        public var entries: [DirectoryEntry]
        /// Whether there is a next page.
        public var hasMore: Bool
    }

    /// An entry while its page is sorted: its name is a range of one array for all, so that comparing counts no references.
    private struct Place {
        let key: (isDirectory: Bool, value: Int)
        let name: Range<Int>
        let index: Int
    }

    private let order: ListingOrder
    private let after: ListingKey?
    private let limit: Int
    /// What may be on the page; trimmed to `limit` whenever twice as many have come together.
    private var candidates: [DirectoryEntry] = []
    /// The key of the last candidate of a full page: what comes after it is not on the page.
    private var last: ListingKey?
    private var hasMore = false

    /// Starts a selection.
    ///
    /// - Parameters:
    ///   - order: The order of the listing.
    ///   - after: The key of the last entry of the page before; `nil` for the first page.
    ///   - limit: The most entries of a page, 1...1,000; a value outside is taken for the nearest one inside.
    public init(order: ListingOrder, after: ListingKey? = nil, limit: Int = maximumLimit) {
        self.order = order
        self.after = after
        self.limit = min(max(limit, 1), Self.maximumLimit)
    }

    /// Takes note of an entry of the directory.
    public mutating func offer(_ entry: DirectoryEntry) {
        let key = ListingKey(entry, in: order)
        if let after, !order.precedes(after, key) {
            return
        }
        if let last, order.precedes(last, key) {
            hasMore = true
            return
        }
        candidates.append(entry)
        if candidates.count == 2 * limit {
            trim()
        }
    }

    /// The page, once every entry has been offered.
    public consuming func page() -> Page {
        trim()
        return Page(entries: candidates, hasMore: hasMore)
    }

    /// The number of entries that are held just now.
    var held: Int {
        candidates.count
    }

    private mutating func trim() {
        sort()
        guard candidates.count >= limit else {
            return
        }
        hasMore = hasMore || candidates.count > limit
        candidates.removeLast(candidates.count - limit)
        last = candidates.last.map { ListingKey($0, in: order) }
    }

    private mutating func sort() {
        var names: [UInt8] = []
        var places: [Place] = []
        names.reserveCapacity(candidates.count * 16)
        places.reserveCapacity(candidates.count)
        for (index, entry) in candidates.enumerated() {
            let start = names.count
            names.append(contentsOf: entry.name)
            let key = (entry.kind == .directory, ListingKey.value(of: entry, in: order))
            places.append(Place(key: key, name: start..<names.count, index: index))
        }
        let octets = names.span
        places.sort { order.precedes($0.key, octets.extracting($0.name), $1.key, octets.extracting($1.name)) }
        candidates = places.map { candidates[$0.index] }
    }
}
