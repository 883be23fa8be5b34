import Martlet
public import MartletReactor
import MartletWire

/// A path that somebody else may read for a while: what a signed URL says.
///
/// A path that ends in "/" stands for everything below it, any other for itself alone, with the query it has.
public struct Share: Hashable, Sendable {
    /// The path as it stands in a link, each segment percent-encoded.
    let path: String
    /// What follows the "?", without the share's own parameter; "" where there is none. Counts only for a path by itself.
    let query: String
    /// How many segments the path of a folder has; nil for a path by itself.
    let depth: Int?
    /// The end, in seconds since 1970.
    public let expires: Int
    /// How often it can be used; nil: as often as one likes until the end.
    public let times: Int?
    /// Tells its uses from those of others: 64 random bits as text.
    public let id: String

    /// The longest time, in seconds: a year.
    public static let longest = 366 * 86_400
    /// The highest count of uses.
    public static let mostTimes = 10_000
    /// Octets of `id`.
    static let idLength = 8

    /// Of a folder's path and depth as they stand in a request, or of a path by itself.
    init(path: String, query: String, depth: Int?, expires: Int, times: Int?, id: String) {
        self.path = path
        self.query = depth == nil ? query : ""
        self.depth = depth
        self.expires = expires
        self.times = times
        self.id = id
    }

    /// A new one.
    /// - Parameters:
    ///   - target: the path as it stands in a URL, percent-encoded, with a query if it has one: "/a%20b.pdf". With "/" at
    ///     the end: all below.
    ///   - duration: whole seconds, 1 to a year.
    ///   - times: 1 to 10,000; nil: no limit.
    ///   - now: seconds since 1970.
    /// - Throws: `ShareError` for what is no path, and numbers out of range.
    public init(
        _ target: String,
        for duration: Duration,
        times: Int? = nil,
        now: Int = WallClock.seconds()
    ) throws(ShareError) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let raw = parts.first, raw.hasPrefix("/"), target.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x23 }),
            let path = try? RequestPath(decoding: raw.utf8.span)
        else { throw ShareError("'\(target)' is no path as it stands in a URL, such as /a%20b.pdf.") }
        let seconds = duration.components.seconds
        guard 1...Int64(Self.longest) ~= seconds else { throw ShareError("A share lasts from a second to a year.") }
        if let times, !(1...Self.mostTimes ~= times) {
            throw ShareError("A share can be used 1 to \(Self.mostTimes) times, or without limit.")
        }
        let query = parts.count == 2 ? String(parts[1]) : ""
        guard ShareParameter(query).tokens.isEmpty else { throw ShareError("'\(target)' is a share already.") }
        self.init(
            path: String(decoding: path.encoded, as: UTF8.self),
            query: query,
            depth: path.hasTrailingSlash ? path.segmentCount : nil,
            expires: now + Int(seconds),
            times: times,
            id: Base64.encode(try ShareKey.random(Self.idLength), as: .url)
        )
    }
}

extension Share {
    /// What is signed. Each part ends where no other can begin: neither paths nor queries hold a line feed, and the
    /// audience, which may hold anything, has its length before it.
    func message(for audience: String, as kind: ShareToken.Kind) -> [UInt8] {
        let scope = depth.map { "folder \($0)" } ?? "path"
        let lines = [
            "martlet \(kind.rawValue) \(ShareToken.version)", "\(audience.utf8.count) \(audience)", "GET", path, query,
            scope, "\(expires)", times.map(String.init) ?? "unlimited", id,
        ]
        return Array(lines.joined(separator: "\n").utf8)
    }
}
