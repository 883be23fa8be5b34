import HTTPTypes
public import Martlet
import MartletWire

/// Who may do what where: `PUT,DELETE /inbox/** alice,bob`.
///
/// Three words, with spaces between them:
/// - **methods**, in capitals with commas between them, or `*` for all. GET stands for HEAD too.
/// - a **path**, percent-encoded as in a URL. `*` stands for any one segment, `**` at the end for whatever follows, also
///   nothing. A slash at the end makes no difference: `/inbox` and `/inbox/` are the same. Upper and lower case are two.
/// - **who**: names of users, and of groups or scopes as `@staff`, with commas between them; `*`: whoever is logged in;
///   `anyone`: all, without a login; `nobody`.
public struct AccessRule: Sendable {
    /// Who may.
    public enum Subject: Sendable, Hashable {
        /// Everybody; no login is asked for.
        case anyone
        /// Whoever is logged in.
        case anyUser
        /// Users of these names, and those in one of these groups.
        case some(users: Set<String>, groups: Set<String>)
        /// No user at all.
        case nobody

        /// Whether a user may.
        public func includes(_ user: AuthenticatedUser) -> Bool {
            switch self {
            case .anyone, .anyUser: true
            case .nobody: false
            case .some(let users, let groups): users.contains(user.name) || !groups.isDisjoint(with: user.groups)
            }
        }
    }

    private enum Segment: Equatable, Sendable {
        case literal([UInt8])
        case any
    }

    /// The rule as it was written.
    public let text: String
    /// Who may.
    public let subject: Subject
    /// Nil: all.
    private let methods: Set<HTTPRequest.Method>?
    private let segments: [Segment]
    /// The path ends in `**`.
    private let isOpen: Bool

    /// Reads a rule.
    /// - Throws: `AuthError` that says what is wrong with it, and how to write it.
    public init(_ text: String) throws(AuthError) {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard words.count == 3 else {
            let count = words.count == 1 ? "one word" : "\(words.count) words"
            let hasSpace = words.contains { $0.hasPrefix(",") || $0.hasSuffix(",") }
            let hint = hasSpace ? " No space stands beside a comma." : ""
            throw AuthError(
                "The rule \"\(text)\" has \(count) instead of three: methods, a path and users, "
                    + "as in \"PUT,DELETE /inbox/** alice,bob\" or \"* /public/** anyone\".\(hint)"
            )
        }
        self.text = words.joined(separator: " ")
        func refusal(_ reason: String) -> AuthError { AuthError("The rule \"\(text)\": \(reason)") }
        methods = try Self.methods(words[0], refusal)
        (segments, isOpen) = try Self.segments(words[1], refusal)
        subject = try Self.subject(words[2], refusal)
    }

    /// The methods that it names; none: all.
    package var methodNames: Set<String> { Set((methods ?? []).map(\.rawValue)) }

    // MARK: Reading

    private static func methods(
        _ word: String,
        _ refusal: (String) -> AuthError
    ) throws(AuthError) -> Set<HTTPRequest.Method>? {
        if word == "*" { return nil }
        var methods: Set<HTTPRequest.Method> = []
        for name in word.split(separator: ",", omittingEmptySubsequences: false) {
            guard name == name.uppercased() else {
                throw refusal("methods are written in capitals: \(name.uppercased()), not \(name).")
            }
            guard name != "*", let method = HTTPRequest.Method(rawValue: String(name)) else {
                throw refusal("\"\(name)\" is no method. Write methods with commas between them, or * for all.")
            }
            methods.insert(method)
        }
        if methods.contains(.get) { methods.insert(.head) }
        return methods
    }

    private static func segments(
        _ word: String,
        _ refusal: (String) -> AuthError
    ) throws(AuthError) -> (segments: [Segment], isOpen: Bool) {
        guard word.hasPrefix("/") else { throw refusal("the path \"\(word)\" does not begin with \"/\".") }
        var pieces = word.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let isOpen = pieces.last == "**"
        if isOpen || pieces.last == "" { pieces.removeLast() }
        var segments: [Segment] = []
        for piece in pieces {
            if piece == "*" {
                segments.append(.any)
                continue
            }
            guard !piece.isEmpty else { throw refusal("the path has two slashes side by side.") }
            guard !piece.contains(where: { "*?#".contains($0) }) else {
                throw refusal(
                    "\"\(piece)\" in the path is neither text, nor *, nor ** at the end. "
                        + "A character that means something is percent-encoded: %2A."
                )
            }
            guard let octets = PercentEncoding.decode(Array(piece.utf8).span), !octets.contains(0),
                !octets.contains(UInt8(ascii: "/"))
            else { throw refusal("\"\(piece)\" in the path is not percent-encoded as it should.") }
            guard octets != Array(".".utf8), octets != Array("..".utf8) else {
                throw refusal("no request has the segment \"\(piece)\".")
            }
            segments.append(.literal(octets))
        }
        return (segments, isOpen)
    }

    private static func subject(_ word: String, _ refusal: (String) -> AuthError) throws(AuthError) -> Subject {
        switch word {
        case "*": return .anyUser
        case "anyone": return .anyone
        case "nobody": return .nobody
        default: break
        }
        var users: Set<String> = []
        var groups: Set<String> = []
        for name in word.split(separator: ",", omittingEmptySubsequences: false) {
            let small = name.lowercased()
            guard name == small || !["anyone", "nobody"].contains(small) else {
                throw refusal("\(small) is written in small letters, not \(name).")
            }
            guard name != "**" else { throw refusal("whoever is logged in is *, not **.") }
            guard !["", "@", "*", "anyone", "nobody"].contains(name), !name.utf8.contains(UInt8(ascii: ":")) else {
                throw refusal(
                    "\"\(name)\" is no name of a user. Write names with commas between them, @ before groups; "
                        + "or one of *, anyone, nobody alone."
                )
            }
            if name.first == "@" { groups.insert(String(name.dropFirst())) } else { users.insert(String(name)) }
        }
        return .some(users: users, groups: groups)
    }

    // MARK: Applying

    /// Whether the rule is about requests with this method and path.
    func applies(to method: HTTPRequest.Method, _ path: RequestPath) -> Bool {
        if let methods, !methods.contains(method) { return false }
        let count = path.segmentCount
        guard isOpen ? count >= segments.count : count == segments.count else { return false }
        for (index, segment) in segments.enumerated() {
            guard case .literal(let octets) = segment else { continue }
            guard path.segment(index).equals(octets.span) else { return false }
        }
        return true
    }

    /// Whether the rule is about every path, so that it does not matter how one is written.
    var coversAllPaths: Bool { isOpen && segments.isEmpty }

    /// Whether the rule is about every method.
    var coversAllMethods: Bool { methods == nil }

    /// Whether every request that `other` is about is this one's already.
    func hides(_ other: AccessRule) -> Bool {
        if let methods {
            guard let others = other.methods, others.isSubset(of: methods) else { return false }
        }
        let count = other.segments.count
        guard isOpen ? count >= segments.count : !other.isOpen && count == segments.count else { return false }
        return zip(segments, other.segments).allSatisfy { $0 == .any || $0 == $1 }
    }
}
