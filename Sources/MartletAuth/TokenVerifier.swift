public import Martlet
public import MartletReactor
import MartletWire

/// Knows users by tokens: a ``TokenFile``, ``Tokens`` in memory, or what you have, such as a service that issues them.
///
/// Called on the loop of the request's connection. It has to find out that the token is meant for this server (its
/// audience), is within its lifetime and was not altered, and which scopes it has (RFC 6750 §5.2).
public protocol TokenVerifier: Sendable {
    /// Says whose token it is.
    /// - Parameter token: letters, digits, `-._~+/`, and `=` at its end.
    /// - Returns: the user, with the scopes as groups; nil: it is nobody's, or not any more.
    /// - Throws: `TokenRefusal` for the same, with a reason that the client is told; `HTTPError` when it cannot be said.
    func user(of token: String, for request: Request) async throws -> AuthenticatedUser?
}

/// Why a token is not good, for the client (RFC 6750 §3): goes into the challenge of a 401 with `error="invalid_token"`.
public struct TokenRefusal: Error, Sendable, Hashable {
    /// `error_description`, for the client's developer: ASCII without quotes and backslashes; what is not becomes `?`.
    public let detail: String
    /// `error_uri`, a page about it: a URI without quotes, backslashes and spaces; nil, or when it is something else, none.
    public let uri: String?

    /// A reason.
    public init(_ detail: String, uri: String? = nil) {
        self.detail = String(
            decoding: detail.utf8.map { BearerAuth.isText($0) ? $0 : UInt8(ascii: "?") },
            as: UTF8.self
        )
        self.uri = uri.flatMap { uri in
            uri.isEmpty || !uri.utf8.allSatisfy { $0 != 0x20 && BearerAuth.isText($0) } ? nil : uri
        }
    }
}

/// Tokens in memory, kept as their SHA-256. So are those of a file: what cannot be guessed needs no slow hash.
public struct Tokens: TokenVerifier {
    struct Entry: Sendable {
        let name: String
        let scopes: Set<String>
    }

    private var entries: [[UInt8]: Entry] = [:]

    /// None yet.
    public init() {}

    /// Adds a token.
    /// - Parameters:
    ///   - token: best 32 random octets in base64 or hexadecimal: `openssl rand -hex 32`.
    ///   - name: of whoever has it.
    ///   - scopes: what it is good for.
    /// - Throws: `AuthError` when a client could not send it, or it is shorter than 16 characters: it could be guessed.
    public mutating func add(_ token: String, name: String, scopes: Set<String> = []) throws(AuthError) {
        guard AuthorizationField("Bearer \(token)")?.token68 == token else {
            throw AuthError("A token is made of letters, digits, -._~+/ and = at its end: that of \"\(name)\" is not.")
        }
        guard token.utf8.count >= 16 else {
            throw AuthError("The token of \"\(name)\" is so short that it can be guessed: openssl rand -hex 32")
        }
        try add(digest: Hash.sha256.digest(of: Array(token.utf8)), name: name, scopes: scopes)
    }

    mutating func add(digest: [UInt8], name: String, scopes: Set<String>) throws(AuthError) {
        if name.isEmpty || name.hasControl { throw AuthError("a token needs a name, without control characters.") }
        for scope in scopes where !BearerAuth.isScope(scope) {
            throw AuthError("\"\(scope)\" is no scope: ASCII without spaces, quotes and backslashes.")
        }
        guard entries[digest] == nil else { throw AuthError("the token of \"\(name)\" is somebody's already.") }
        entries[digest] = Entry(name: name, scopes: scopes)
    }

    /// Whose tokens there are.
    var names: Set<String> { Set(entries.values.map(\.name)) }

    /// What they are good for.
    var scopes: Set<String> { entries.values.reduce(into: []) { $0.formUnion($1.scopes) } }

    /// Says whose token it is.
    public func user(of token: String, for request: Request) async throws -> AuthenticatedUser? {
        // Looked up by its hash: how long that takes tells nothing of tokens.
        guard let entry = entries[Hash.sha256.digest(of: Array(token.utf8))] else { return nil }
        return AuthenticatedUser(name: entry.name, scheme: "Bearer", groups: entry.scopes)
    }
}

/// A file of tokens, a line for each: its name, its scopes with spaces between them, the SHA-256 of the token in
/// hexadecimal.
/// ```
/// backup:read write:7d9c…
/// ```
/// `printf %s "$TOKEN" | sha256sum` makes the last part. The file is read again when it changes, as a ``PasswordFile`` is:
/// a line that is removed ends its token within a second.
public final class TokenFile: TokenVerifier {
    private let path: String
    private let file: WatchedFile<Tokens>

    /// Reads the file.
    /// - Parameter now: the clock; for tests.
    /// - Throws: `AuthError` that names the line, what is wrong there and what to do.
    public init(_ path: String, now: @escaping @Sendable () -> Instant = Instant.now) throws(AuthError) {
        self.path = path
        file = try WatchedFile(path, "tokens", now: now) { file throws(AuthError) in
            var tokens = Tokens()
            for (number, line) in file.lines() { try Self.add(line, "\(path):\(number)", to: &tokens) }
            return tokens
        }
    }

    /// What is likely to be wrong with the file now, in sentences for people.
    public var warnings: [String] {
        file.isOpenToAll ? ["Everybody on this machine can read the tokens' hashes in \(path): chmod 600 \(path)"] : []
    }

    /// Whose tokens there are.
    package var userNames: Set<String> { file.lastContents.names }

    /// What any of them is good for.
    package var scopes: Set<String> { file.lastContents.scopes }

    private static func add(_ line: String, _ place: String, to tokens: inout Tokens) throws(AuthError) {
        let parts = line.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let digest = Cryptography.octets(ofHex: Array(parts[2].utf8)), digest.count == 32 else {
            throw AuthError(
                "\(place): a line is \"name:scopes:hash\", the hash 64 hexadecimal digits: "
                    + "printf %s \"$TOKEN\" | sha256sum"
            )
        }
        do throws(AuthError) {
            let scopes = Set(parts[1].split(separator: " ").map(String.init))
            try tokens.add(digest: digest, name: String(parts[0]), scopes: scopes)
        } catch {
            throw AuthError("\(place): \(error)")
        }
    }

    /// Says whose token it is.
    public func user(of token: String, for request: Request) async throws -> AuthenticatedUser? {
        try await file.contents(request.logger).user(of: token, for: request)
    }
}
