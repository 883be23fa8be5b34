/// One page of the listing of a directory, to be written as HTML (`html()`) or JSON (`json()`).
///
/// It is a value made of what somebody else read from the directory; writing it does no I/O.
public struct Listing: Sendable {
    /// The names of the directories from the root of the site down to this one, percent-decoded; empty for the root.
    public var path: [[UInt8]]
    /// What the request asked for: the order, and where the page begins.
    public var query: ListingQuery
    /// The entries of this page, in the order of the listing.
    public var entries: [DirectoryEntry]
    /// Whether there is a page after this one.
    public var hasMore: Bool
    /// The number of entries of all pages, where it is known.
    public var total: Int?
    /// Whether a link leads to the directory above.
    public var hasParent: Bool
    /// What the page says it was made by, for instance `Martlet 1.0`; nothing where it is empty.
    public var serverName: String

    /// Makes a listing.
    ///
    /// - Parameters:
    ///   - path: The directory, as the segments of its path, percent-decoded.
    ///   - query: What the request asked for.
    ///   - page: What `PageSelection` found for that query.
    ///   - total: The number of entries of all pages; `nil` where nobody counted.
    ///   - hasParent: Whether to link to the directory above; `nil` for everywhere but at the root.
    ///   - serverName: What the page says it was made by.
    public init(
        path: [[UInt8]],
        query: ListingQuery = ListingQuery(),
        page: PageSelection.Page,
        total: Int? = nil,
        hasParent: Bool? = nil,
        serverName: String = "Martlet"
    ) {
        self.path = path
        self.query = query
        self.entries = page.entries
        self.hasMore = page.hasMore
        self.total = total
        self.hasParent = hasParent ?? !path.isEmpty
        self.serverName = serverName
    }

    /// The query of the next page; `nil` on the last one.
    public var next: ListingQuery? {
        guard hasMore, let last = entries.last else {
            return nil
        }
        return ListingQuery(order: query.order, after: ListingKey(last, in: query.order))
    }

    /// Whether every entry of the directory is on this page.
    var isWhole: Bool {
        query.after == nil && !hasMore
    }
}
