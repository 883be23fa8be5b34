import MartletReactor
import MartletWire

/// Where a server is, and who wants in there: a URL that was read.
struct RedisAddress: Sendable, Equatable {
    enum Place: Sendable, Equatable {
        case address(SocketAddress)
        case name(String, port: UInt16)
    }

    static let usualPort: UInt16 = 6379

    let place: Place
    /// The place in words, without the password.
    let description: String
    var user: String?
    var password: String?
    var database: Int?

    /// Reads `redis://[[user]:password@]host[:port][/database]`, `host[:port]` or `unix:PATH`.
    /// - Throws: `RedisError.address`. The message has no password in it.
    init(_ url: String) throws(RedisError) {
        if let path = url.dropping("unix:") {
            guard path.hasPrefix("/"), path.utf8.count <= SocketAddress.longestPath, !path.utf8.contains(0) else {
                throw .address(
                    "a Unix socket of Redis is unix: and an absolute path of \(SocketAddress.longestPath) octets at most"
                )
            }
            place = .address(.unix(path: path))
            description = url
            return
        }
        if url.dropping("rediss://") != nil {
            throw .address("Redis behind TLS cannot be reached: use redis:// or unix:, through a tunnel if need be")
        }
        var rest = url.dropping("redis://") ?? url
        let hasScheme = rest.utf8.count < url.utf8.count
        guard hasScheme || !rest.contains("://") else {
            throw .address("the URL of a Redis server begins with redis:// or unix:")
        }
        if hasScheme, let slash = rest.lastIndex(of: "/") {
            let text = rest[rest.index(after: slash)...]
            guard text.isEmpty || text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), text.utf8.count <= 9 else {
                throw .address("behind the / of a Redis server's URL stands the number of its database")
            }
            database = Int(text)
            rest = String(rest[..<slash])
        }
        if hasScheme, let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            rest = String(rest[rest.index(after: at)...])
            guard parts.count == 2 else {
                throw .address("before the @ of a Redis server's URL stands user:password, or :password")
            }
            if !parts[0].isEmpty { user = try Self.decode(parts[0]) }
            password = try Self.decode(parts[1])
        }
        guard let authority = Authority(parsing: rest.utf8.span), !authority.host.isEmpty, authority.port != 0 else {
            throw .address("a Redis server is named as redis://user:password@host:port/database")
        }
        let port = authority.port ?? Self.usualPort
        let host = authority.host.hasPrefix("[") ? String(authority.host.dropFirst().dropLast()) : authority.host
        place = SocketAddress(numeric: host, port: port).map(Place.address) ?? .name(host, port: port)
        description = "\(authority.host):\(port)"
    }

    private static func decode(_ text: Substring) throws(RedisError) -> String {
        guard let octets = PercentEncoding.decode(Array(text.utf8).span),
            let decoded = String(validating: octets, as: UTF8.self)
        else { throw .address("user or password in a Redis server's URL have a % that stands for nothing") }
        return decoded
    }
}

extension String {
    /// What is behind the prefix; nil where it has another.
    fileprivate func dropping(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
