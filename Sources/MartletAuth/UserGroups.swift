/// Which users are in which groups, for rules such as `GET /reports/** @staff`.
///
/// As a file, a line for each group, as Apache has it; what follows a `#` at the beginning of a line is a comment:
/// ```
/// staff: alice bob
/// admins: alice
/// ```
public struct UserGroups: Sendable {
    private var groups: [String: Set<String>] = [:]

    /// Nobody is in a group.
    public init() {}

    /// The users of each group.
    public init(_ members: [String: [String]]) {
        for (group, users) in members { for user in users { groups[user, default: []].insert(group) } }
    }

    /// Reads a file. It is read once.
    /// - Throws: `AuthError` when it cannot be read, or has a line that is not `group: user user`.
    public init(file path: String) throws(AuthError) {
        for (number, line) in try TextFile(path, "groups").lines() {
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            let name = parts[0].filter { $0 != " " }
            guard parts.count == 2, !name.isEmpty else {
                throw AuthError("\(path):\(number): a line is \"group: user user\", with one colon.")
            }
            for user in parts[1].split(whereSeparator: { $0 == " " || $0 == "\t" }) {
                groups[String(user), default: []].insert(name)
            }
        }
    }

    /// Those that somebody is in.
    package var names: Set<String> { groups.values.reduce(into: []) { $0.formUnion($1) } }

    /// The groups of a user.
    public subscript(_ user: String) -> Set<String> { groups[user] ?? [] }
}
