import Martlet
import MartletWire

/// What a share has in a URL or cookie beside the path: `1.EXPIRES.TIMES.SCOPE.ID.SIGNATURE`, all of it characters that
/// nothing percent-encodes.
struct ShareToken: Equatable {
    /// What it is for: one cannot be used for the other, since a cookie is not counted.
    enum Kind: String {
        case link, cookie
    }

    /// Another one, and nothing of an older server's counts any more.
    static let version = 1

    private let expires: Int
    private let times: Int?
    private let depth: Int?
    private let id: String
    private let signature: String

    /// Reads one; nil for anything else. Nothing is said of the signature yet.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "\(Self.version)", let expires = Self.number(parts[1]),
            let times = Self.number(parts[2]), times <= Share.mostTimes,
            Base64.decode(parts[4], as: .url)?.count == Share.idLength
        else { return nil }
        if parts[3] == "p" {
            depth = nil
        } else {
            guard let depth = Self.number(parts[3]) else { return nil }
            self.depth = depth
        }
        self.expires = expires
        self.times = times == 0 ? nil : times
        id = String(parts[4])
        signature = String(parts[5])
    }

    /// Signs a share.
    /// - Throws: `ShareError` when OpenSSL does not.
    init(_ share: Share, _ kind: Kind, for audience: String, with key: ShareKey) throws(ShareError) {
        guard let signature = key.signature(of: share.message(for: audience, as: kind)) else {
            throw ShareError("OpenSSL cannot make an HMAC with SHA-256.")
        }
        (expires, times, depth, id) = (share.expires, share.times, share.depth, share.id)
        self.signature = signature
    }

    var text: String {
        let scope = depth.map(String.init) ?? "p"
        return "\(Self.version).\(expires).\(times ?? 0).\(scope).\(id).\(signature)"
    }

    /// The share for a request, if the signature says that there is one. Its time may be over.
    /// - Parameter query: of the request, without this token.
    func share(_ path: RequestPath, query: String, _ kind: Kind, for audience: String, with key: ShareKey) -> Share? {
        let granted: String
        if let depth {
            guard let folder = Self.folder(of: path, depth: depth) else { return nil }
            granted = folder
        } else {
            granted = String(decoding: path.encoded, as: UTF8.self)
        }
        let share = Share(path: granted, query: query, depth: depth, expires: expires, times: times, id: id)
        return key.isSignature(signature, of: share.message(for: audience, as: kind)) ? share : nil
    }

    /// The first `depth` segments of a path as a folder; nil where the path is not below it.
    private static func folder(of path: RequestPath, depth: Int) -> String? {
        guard depth < path.segmentCount || (depth == path.segmentCount && path.hasTrailingSlash) else { return nil }
        var folder: [UInt8] = []
        for index in 0..<depth {
            folder.append(UInt8(ascii: "/"))
            PercentEncoding.appendSegment(path.segment(index), to: &folder)
        }
        return String(decoding: folder, as: UTF8.self) + "/"
    }

    /// A number as it is written here: digits, and no zero in front. At most twelve, so that sums hold.
    private static func number(_ text: some StringProtocol) -> Int? {
        guard 1...12 ~= text.utf8.count, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
            text == "0" || !text.hasPrefix("0")
        else { return nil }
        return Int(text)
    }
}

/// A query, taken apart into the tokens of shares and all else.
struct ShareParameter {
    static let name = "share"

    /// More than one is a mistake, or an attempt.
    let tokens: [String]
    /// The query without them, in its order.
    let rest: String

    init(_ query: String) {
        let items = query.split(separator: "&", omittingEmptySubsequences: false)
        let prefix = "\(Self.name)="
        tokens = items.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        rest = items.filter { !$0.hasPrefix(prefix) }.joined(separator: "&")
    }
}
