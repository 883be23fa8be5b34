/// How `Files` serves a folder.
public struct FilesOptions: Sendable {
    /// How long clients may use what they have without asking.
    public enum Freshness: Sendable, Hashable {
        /// They ask every time (`Cache-Control: no-cache`), and get a 304 when nothing changed: a page is never stale.
        case revalidate
        /// They ask after so many seconds (`Cache-Control: max-age`); less than 0 counts as 0.
        case seconds(Int)

        var field: String {
            switch self {
            case .revalidate: "no-cache"
            case .seconds(let seconds): "max-age=\(max(0, seconds))"
            }
        }
    }

    /// Default: `revalidate`.
    public var freshness = Freshness.revalidate
    /// Serve names that begin with a dot; default false: they answer 404. `/.well-known/` (RFC 8615) is always served.
    public var showsHidden = false
    /// Follow symbolic links wherever they lead; default false: links that leave the folder, and absolute ones, answer
    /// 404.
    public var followsLinks = false
    /// List folders without an index page; default true, else they answer 404.
    public var listsFolders = true
    /// The page of a folder; default `index.html`.
    public var indexName = "index.html"
    /// Answer with the root's index page, status 200, where there is nothing and the client wants HTML: for
    /// applications that route in the browser. Names with an extension still answer 404. Default false.
    public var fallsBackToIndex = false

    /// The defaults.
    public init() {}
}
