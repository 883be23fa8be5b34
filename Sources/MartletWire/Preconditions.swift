public import HTTPTypes

/// What identifies the current state of a representation (RFC 9110 §8.8).
public struct Validators: Sendable {
    /// The entity tag; nil when the representation has none.
    public var entityTag: EntityTag?
    /// The modification time in seconds since 1970; nil when it is not known.
    public var lastModified: Int?

    /// Validators as given; without arguments, none.
    public init(entityTag: EntityTag? = nil, lastModified: Int? = nil) {
        self.entityTag = entityTag
        self.lastModified = lastModified
    }
}

/// What the conditional fields of a request decide.
public enum PreconditionResult: Sendable {
    /// Perform the method.
    case proceed
    /// Answer 304 (Not Modified).
    case notModified
    /// Answer 412 (Precondition Failed).
    case failed
}

/// The conditional request fields of RFC 9110 §13.
public enum Preconditions {
    /// Evaluates the fields in the order of RFC 9110 §13.2.2.
    ///
    /// Call it once the answer without conditions would be 2xx or 412, just before the method acts. A field with several
    /// lines comes combined with `, `: that makes a list of tags, but an invalid date, which is ignored. A member that
    /// is no entity tag matches nothing.
    /// - Parameters:
    ///   - method: Only GET and HEAD give `notModified`; CONNECT, OPTIONS and TRACE have no conditions.
    ///   - current: The selected representation's validators; nil when no representation exists.
    ///   - now: Seconds since 1970, for two-digit years.
    public static func evaluate(
        method: HTTPRequest.Method,
        ifMatch: Span<UInt8>?,
        ifNoneMatch: Span<UInt8>?,
        ifModifiedSince: Span<UInt8>?,
        ifUnmodifiedSince: Span<UInt8>?,
        current: Validators?,
        now: Int
    ) -> PreconditionResult {
        if method == .connect || method == .options || method == .trace { return .proceed }
        let isRead = method == .get || method == .head

        if let ifMatch {
            guard matches(ifMatch, current, isStrong: true) else { return .failed }
        } else if let wasModified = wasModified(current, since: ifUnmodifiedSince, now: now), wasModified {
            return .failed
        }

        if let ifNoneMatch {
            if matches(ifNoneMatch, current, isStrong: false) { return isRead ? .notModified : .failed }
        } else if isRead, let wasModified = wasModified(current, since: ifModifiedSince, now: now), !wasModified {
            return .notModified
        }
        return .proceed
    }

    /// Whether `Range` may be applied (RFC 9110 §13.1.5): true without `ifRange`.
    ///
    /// A tag has to match strongly. A date has to be Last-Modified exactly, and a strong validator by §8.8.2.2: at least
    /// one second older than `now` (seconds since 1970), so that no second change can hide in the same second.
    public static func rangeApplies(ifRange: Span<UInt8>?, current: Validators, now: Int) -> Bool {
        guard let ifRange else { return true }
        for index in 0..<min(3, ifRange.count) where ifRange[index] == UInt8(ascii: "\"") {
            guard let tag = EntityTag(parsing: ifRange), let currentTag = current.entityTag else { return false }
            return tag.stronglyMatches(currentTag)
        }
        guard let lastModified = current.lastModified, lastModified < now else { return false }
        return HTTPDate.parse(ifRange, now: now) == lastModified
    }

    /// Whether `*` or a member of the list in `field` matches the current representation.
    private static func matches(_ field: Span<UInt8>, _ current: Validators?, isStrong: Bool) -> Bool {
        guard let current else { return false }
        var scanner = ValueScanner(field)
        scanner.skipWhitespace()
        if scanner.consume(UInt8(ascii: "*")), scanner.endsMember(), scanner.isAtEnd { return true }
        guard let currentTag = current.entityTag, !(isStrong && currentTag.isWeak) else { return false }

        // Clients mostly send the one tag that they were given.
        let end = field.count - 1
        if end > 0, field[0] == UInt8(ascii: "\""), field[end] == UInt8(ascii: "\""),
            field.extracting(1..<end).equals(currentTag.opaque.span)
        {
            return true
        }
        scanner.position = 0
        while scanner.nextMember() {
            let start = scanner.position
            guard let tag = scanner.entityTag(), scanner.endsMember() else {
                scanner.skipMember(from: start)
                continue
            }
            if isStrong && tag.isWeak { continue }
            if field.extracting(tag.opaque).equals(currentTag.opaque.span) { return true }
        }
        return false
    }

    /// Whether the representation changed after the date in `field`, at a resolution of one second; nil when the field
    /// is to be ignored: absent, not one valid date, or no modification time to compare with.
    private static func wasModified(_ current: Validators?, since field: Span<UInt8>?, now: Int) -> Bool? {
        guard let field, let lastModified = current?.lastModified, let date = HTTPDate.parse(field, now: now) else {
            return nil
        }
        return lastModified > date
    }
}

extension Fields {
    /// Whether there may be a condition (RFC 9110 §13.1): a field whose name begins with `If-`. Most requests have none.
    package var mayHaveConditions: Bool {
        let (lines, octets) = (lines.span, bytes.span)
        for index in lines.indices {
            let start = lines[index].name.lowerBound  // A name is followed by a colon: there is a second octet.
            if octets[start] | 0x20 == UInt8(ascii: "i"), octets[start + 1] | 0x20 == UInt8(ascii: "f") { return true }
        }
        return false
    }
}
