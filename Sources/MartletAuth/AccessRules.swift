import HTTPTypes
public import Martlet
import MartletWire

/// Rules in order: the first that is about a request's method and path decides it. Where none is, a user is needed, whoever
/// that is.
///
/// Paths are compared as the router and the file handler see them, decoded once and without dot segments. Where rules
/// differ by path, a request that others might read another way is answered 400: one with `%2F`, empty segments or dot
/// segments in its path. Browsers send none of these. Where rules differ by method, so is one whose method has small
/// letters: to HTTP `put` is not `PUT`, to some applications it is.
public struct AccessRules: Sendable {
    private let rules: [AccessRule]
    /// It matters how a path is read.
    private let dependOnPath: Bool
    /// It matters which method it is.
    private let dependOnMethod: Bool

    /// No rule: a user is needed for everything.
    public init() {
        rules = []
        dependOnPath = false
        dependOnMethod = false
    }

    /// These rules, in this order.
    /// - Throws: `AuthError` when one of them can never apply, since one before it always does.
    public init(_ rules: [AccessRule]) throws(AuthError) {
        for (index, rule) in rules.enumerated() {
            if let first = rules[..<index].first(where: { $0.hides(rule) }) {
                throw AuthError(
                    "The rule \"\(rule.text)\" can never apply: \"\(first.text)\" stands before it, and the first that fits "
                        + "decides. Put it before that one."
                )
            }
        }
        self.rules = rules
        dependOnPath = rules.contains { !$0.coversAllPaths }
        dependOnMethod = rules.contains { !$0.coversAllMethods }
    }

    /// Rules as text; see ``AccessRule``.
    /// - Throws: `AuthError` that names the rule and what is wrong with it.
    public init(_ texts: [String]) throws(AuthError) {
        var rules: [AccessRule] = []
        for text in texts { rules.append(try AccessRule(text)) }
        try self.init(rules)
    }

    /// Who may make a request.
    /// - Throws: `HTTPError` 400 when its path or method could be read in more than one way.
    public func subject(of request: Request) throws(HTTPError) -> AccessRule.Subject {
        guard !rules.isEmpty else { return .anyUser }
        // The whole path, wherever the middleware stands.
        let path = request.head.path
        if dependOnPath, Self.isAmbiguous(request.head) {
            throw HTTPError(
                .badRequest,
                "The path has an encoded slash, an empty segment or a dot segment: send it without."
            )
        }
        if dependOnMethod, request.method.rawValue.utf8.contains(where: { (0x61...0x7A).contains($0) }) {
            throw HTTPError(.badRequest, "A method is written in capitals.")
        }
        return rules.first { $0.applies(to: request.method, path) }?.subject ?? .anyUser
    }

    /// Whether a server behind this one, or a handler that reads the raw path, might take another path out of it.
    private static func isAmbiguous(_ head: RequestHead) -> Bool {
        if head.path.hasEncodedSlash { return true }
        let raw = head.rawPathBytes
        guard !raw.isEmpty else { return false }
        // Segments that were dropped are missing now.
        var slashes = 0
        for index in raw.indices where raw[index] == UInt8(ascii: "/") { slashes += 1 }
        let endsInSlash = raw[raw.count - 1] == UInt8(ascii: "/")
        return slashes - (endsInSlash ? 1 : 0) != head.path.segmentCount
    }
}
